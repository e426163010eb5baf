"""Each fault that a learner may make is named by its own cause."""

import pytest

from chatdemo.course.checker import check_command
from chatdemo.course.checker.report import catalogue, codes_in
from tests.course.checker.planted import PLANTED, Plant
from tests.course.checker.projects import check_folder, planted


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: f"{plant.id}, {plant.what}")
def test_a_planted_fault_is_named_by_its_cause(
    plant: Plant, tmp_path, warm, browser_flags, monkeypatch
):
    if plant.needs:
        pytest.importorskip(plant.needs)
    if not plant.in_browser:
        monkeypatch.setattr(check_command, "find_browser", lambda: None)
    project = planted(tmp_path / "project", plant)
    result = check_folder(project)
    assert (result.fault.id, plant.cause in result.fault.cause) == (plant.id, True), result.fault
    assert not result.passes(None)
    assert "Traceback" not in str(result.fault)
    code = (
        "".join((project / result.fault.file).read_text("utf-8").split())
        if result.fault.file
        else ""
    )
    for remedy in codes_in(result.fault.hint):
        assert "".join(remedy.split()).replace("'", '"') not in code.replace("'", '"'), result.fault


#: One of each step, one that ends the process and one that needs a browser go the whole way of `chatdemo check`.
WHOLE_WAY = [
    *(
        next(plant for plant in PLANTED if plant.id == id)
        for id in ("C002", "C010", "C201", "C306", "C402", "C506", "C601", "C701")
    ),
    next(plant for plant in PLANTED if plant.in_browser),
]


@pytest.mark.parametrize("plant", WHOLE_WAY, ids=lambda plant: plant.id)
def test_the_fork_of_a_warm_process_finds_what_the_command_finds(
    plant, tmp_path, warm_process, monkeypatch
):
    if not plant.in_browser:
        monkeypatch.setattr(check_command, "find_browser", lambda: None)
    project = planted(tmp_path / "project", plant)
    result = check_folder(project)
    assert result.fault.id == plant.id and plant.cause in result.fault.cause
    if warm_process:
        monkeypatch.setattr(check_command, "run_checks", warm_process.run)
        assert check_folder(project) == result


def test_every_fault_of_the_catalogue_is_planted():
    assert {plant.id for plant in PLANTED} == set(catalogue()) - {
        "C600"
    }  # a good project at the step before
