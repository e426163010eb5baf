"""The faults to find: each is what `chatdemo check` names, and what its learner sees."""

import json
import re
from typing import NamedTuple

import pytest
from websockets.exceptions import ConnectionClosedError, InvalidHandshake, InvalidMessage
from websockets.sync.client import connect

from chatdemo.course import outline
from chatdemo.course.code_listing import ADDED, REMOVED, listed_exercises
from tests.course.checker.projects import check_folder, write
from tests.support.own import save
from tests.support.served import TIMEOUT_SECONDS, Process, clean_environ
from tests.support.written import Runserver, Written

#: Seconds in which no message may come.
QUIET_SECONDS = 0.5
EXERCISES = [(step, exercise) for step in outline.steps() for exercise in step.exercises]


def name(part) -> str:
    return part.name if isinstance(part, outline.Step) else part.fault


EVERY_EXERCISE = pytest.mark.parametrize("step, exercise", EXERCISES, ids=name)


class Seen(NamedTuple):
    """What two participants receive of one "hello" of the first, and how their WebSockets end."""

    first: list[str]
    second: list[str]
    closes: tuple[bool, bool] = (False, False)


#: By step and fault. None: the WebSocket isn't opened.
SEEN = {
    ("echo", "C306"): None,
    ("echo", "C311"): Seen([], [], closes=(True, False)),
    ("groups", "C506"): Seen([], []),
    ("groups", "C507"): Seen([], [], closes=(True, True)),
    ("groups", "C510"): Seen(["hello", "hello"], ["hello"]),
    ("async", "C601"): Seen([], []),
    ("async", "C603"): Seen([], [], closes=(True, True)),
}


def errors(exercise: outline.Exercise) -> list[str]:
    """The errors that the exercise says the terminal shows."""
    return [" ".join(code.split()) for code in re.findall(r"`([\w.]+: [^`]+)`", exercise.seen)]


def written(folder, step: outline.Step, exercise: outline.Exercise) -> Written:
    """The step as `chatdemo new` writes it, with the fault."""
    project = Written(folder / "mysite", "--step", step.name)
    save(project.folder / exercise.file, exercise.right, exercise.wrong)
    return project


def test_each_step_from_the_room_on_has_an_exercise():
    with_exercises = list(dict.fromkeys(step.name for step, _ in EXERCISES))
    assert with_exercises == ["room", "echo", "layer", "groups", "async", "tests"]


@EVERY_EXERCISE
def test_a_fault_is_one_change_to_what_the_step_has_written(step, exercise):
    text = step.project()[exercise.file]
    before = step.previous.project().get(exercise.file, "") if exercise.file in step.adds else ""
    assert text.count(exercise.right) == 1 and exercise.right not in before
    assert step.project_with(exercise)[exercise.file] == text.replace(
        exercise.right, exercise.wrong
    )


@EVERY_EXERCISE
def test_the_check_names_the_fault_that_the_answer_names(
    step, exercise, tmp_path, warm, browser_flags
):
    project = write(tmp_path / "project", step.project_with(exercise))
    fault = check_folder(project, step.name).fault
    assert (fault.id, fault.file) == (exercise.fault, exercise.file), fault


@EVERY_EXERCISE
def test_the_listing_has_the_fault_in_it_and_the_correction_leads_back(step, exercise):
    listed = listed_exercises(step)[step.exercises.index(exercise)]
    wrong = step.project_with(exercise)[exercise.file].splitlines()
    right = step.project()[exercise.file].splitlines()
    numbers = [line.number for line in listed.lines]
    assert numbers == list(range(numbers[0], len(wrong) + 1))
    assert (numbers[0] == 1) is (exercise.file in step.files)
    assert listed.number in numbers
    assert wrong[listed.number - 1] != right[listed.number - 1]
    assert {line.kind for line in listed.correction} <= {ADDED, REMOVED}
    added = sum(line.kind == ADDED for line in listed.correction)
    assert len(wrong) + added - (len(listed.correction) - added) == len(right)
    texts = listed.seen + listed.answer
    assert "`" not in texts and "<code>" in texts


@pytest.mark.parametrize(
    "step, exercise",
    [row for row in EXERCISES if row[0].name not in ("room", "layer", "tests")],
    ids=name,
)
def test_two_participants_see_what_the_exercise_says(step, exercise, tmp_path):
    project = written(
        tmp_path, step, exercise
    )  # without tables, which nobody needs who isn't logged in
    with project.runserver("--noreload") as server:
        if seen := SEEN[step.name, exercise.fault]:
            expect(seen, server)
        else:
            expect_no_websocket(server)
        server.stop()
    for error in errors(exercise):
        assert error in server.output
    assert ("Traceback" in server.output) is bool(errors(exercise))
    assert "never awaited" not in server.output  # as the lessons say of runserver


@pytest.mark.parametrize(
    "step, exercise", [row for row in EXERCISES if row[0].name == "room"], ids=name
)
def test_the_browser_says_of_the_rooms_page_what_the_exercise_says(
    step, exercise, tmp_path, warm, page_browser
):
    project = write(tmp_path / "project", step.project_with(exercise))
    fault = check_folder(project, step.name).fault
    assert [fault.seen] == errors(exercise)
    wrong = [line.strip() for line in exercise.wrong.splitlines()]
    assert any(line in fault.hint for line in wrong)


def enter(server: Runserver):
    return connect(server.socket_url("/ws/chat/lobby/"), origin=server.url.removesuffix("/"))


def expect(seen: Seen, server: Runserver) -> None:
    with enter(server) as first, enter(server) as second:
        first.send(json.dumps({"message": "hello"}))
        for participant, messages, closes in zip(
            (first, second), (seen.first, seen.second), seen.closes, strict=True
        ):
            for message in messages:
                assert json.loads(participant.recv(TIMEOUT_SECONDS)) == {"message": message}
            with pytest.raises(ConnectionClosedError if closes else TimeoutError) as caught:
                participant.recv(TIMEOUT_SECONDS if closes else QUIET_SECONDS)
            assert not closes or caught.value.rcvd.code == 1011


def expect_no_websocket(server: Runserver) -> None:
    with pytest.raises((InvalidHandshake, InvalidMessage)):
        enter(server)


def output(project: Written, *arguments: str, **environ: str) -> str:
    """What a command of manage.py prints, whether it fails or not."""
    command = [project.python, "manage.py", *arguments]
    environ = {**clean_environ(installed=True), **environ}
    with Process(project.folder, command, environ, group=True) as process:
        process.wait(3 * TIMEOUT_SECONDS)
    return " ".join(process.output.split())


@pytest.mark.parametrize(
    "step, exercise", [row for row in EXERCISES if row[0].name == "layer"], ids=name
)
def test_in_the_shell_there_is_no_channel_layer(step, exercise, tmp_path):
    project = written(tmp_path, step, exercise)
    experiment = (
        "from asgiref.sync import async_to_sync; from channels.layers import get_channel_layer;"
        "async_to_sync(get_channel_layer().send)('test_channel', {'type': 'hello'})"
    )
    [error] = errors(exercise)
    assert error in output(project, "shell", "-c", experiment)


@pytest.mark.parametrize(
    "step, exercise", [row for row in EXERCISES if row[0].name == "tests"], ids=name
)
def test_the_projects_tests_say_what_the_exercise_says(step, exercise, tmp_path, browser_flags):
    project = written(tmp_path, step, exercise)
    consumer_tests = output(project, "test", "chat.test_consumers")
    if exercise.file == "chat/test_consumers.py":
        assert "TimeoutError" in consumer_tests
        assert "first.receive_json_from()" in consumer_tests
        assert "FAILED (errors=1)" in consumer_tests
    else:
        assert "Ran 2 tests" in consumer_tests and " OK" in consumer_tests
        [error] = errors(exercise)
        assert error in output(project, "test")
