"""The steps on a running ``chatdemo serve``, in a browser: what the course says of each, under our policy."""

import pytest

from tests.browser.step_room import STEPS, StepRoom, go_through
from tests.support.served import Served, wait_for


@pytest.mark.parametrize("step", STEPS, ids=[step.name for step in STEPS])
def test_a_step_that_runs_in_every_room_does_what_the_course_says(step, context, tmp_path):
    with Served(tmp_path, "--step", step.name) as server:
        people = go_through(step, context, server.url)
    assert [line for person in people for line in person.console if "Security Policy" in line] == []


def test_pinned_rooms_and_the_finished_chat_talk_side_by_side(context, join, house, room):
    echo, groups = (StepRoom(context, house.url, room, step=name) for name in ("echo", "groups"))
    ada = join()
    for person in (echo, groups):
        person.await_socket(1)
        person.say("from a step")
        person.expect_log("from a step")
    ada.say("from the finished chat")
    ada.expect_log("from the finished chat")
    echo.expect_log("from a step")


def test_a_name_that_no_group_can_have_closes_the_socket_and_the_terminal_says_why(
    context, tmp_path
):
    with Served(tmp_path, "--step", "groups") as server:
        ana = StepRoom(context, server.url, "café")
        ana.await_socket(3)
        assert "The chat socket is closed." in ana.console
        wait_for(
            lambda: "TypeError: Group name must be a valid unicode string" in server.output,
            "the error",
        )
