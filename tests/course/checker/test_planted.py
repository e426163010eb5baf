"""Each fault that a learner may make is named by its own cause."""

import pytest

from chatdemo.course.checker.faults import catalogue
from tests.course.checker.planted import PLANTED, Plant
from tests.course.checker.projects import judge, planted


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: f"{plant.id}, {plant.what}")
def test_a_planted_fault_is_named_by_its_cause(plant: Plant, tmp_path, browser_flags):
    verdict = judge(planted(tmp_path / "project", plant))
    assert (verdict.fault.id, plant.cause in verdict.fault.cause) == (plant.id, True), verdict.fault
    assert not verdict.passes(None)
    assert "Traceback" not in str(verdict.fault)


def test_every_fault_of_the_catalogue_is_planted():
    assert {plant.id for plant in PLANTED} == set(catalogue()) - {
        "C600"
    }  # a good project at the step before
