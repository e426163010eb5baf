"""Rooms that are pinned to a step by their name."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatdemo.course import outline, step_rooms

ECHO, GROUPS = outline.find_step("echo"), outline.find_step("groups")
ROOMS = st.text(st.characters(exclude_categories=()), min_size=1)


@settings(deadline=None)
@given(room=ROOMS, step=st.sampled_from(outline.steps()))
def test_a_pinned_name_leads_back_to_its_step_whatever_the_room_is_called(room, step):
    assert step_rooms.pinned_step(step_rooms.pinned_name(step, room)) is step


@settings(deadline=None)
@given(room=ROOMS, other=ROOMS)
def test_a_pin_holds_for_its_own_room_alone(room, other):
    name = step_rooms.pinned_name(ECHO, room)
    forged = name.removesuffix(room) + other
    assert (step_rooms.pinned_step(forged) is None) == (room != other)


@settings(deadline=None)
@given(name=ROOMS)
def test_a_name_that_was_not_made_by_a_pin_is_pinned_to_nothing(name):
    assert step_rooms.pinned_step(name) is None


@pytest.mark.parametrize(
    "room", ["lobby", "café", "日本語", "a b", "a_b_c", "\n", "\udcff\ud800", "👩🏽‍🏫", "x" * 100]
)
def test_a_pinned_name_has_the_step_in_front_and_the_room_behind(room):
    name = step_rooms.pinned_name(ECHO, room)
    step, signature, rest = name.split("_", 2)
    assert (step, rest) == ("echo", room)
    assert (
        len(signature) == 6 and signature.isalnum() and signature.islower() or signature.isdigit()
    )


def test_the_same_room_of_two_steps_has_two_names():
    assert step_rooms.pinned_name(ECHO, "lobby") != step_rooms.pinned_name(GROUPS, "lobby")


def test_a_name_that_was_altered_is_pinned_to_nothing():
    name = step_rooms.pinned_name(ECHO, "lobby")
    altered = [
        name.upper(),
        name[1:],
        name + "s",
        f" {name}",
        name.replace("echo", "groups"),
        name.replace("_", "-"),
    ]
    for other in altered:
        assert step_rooms.pinned_step(other) is None, other


@pytest.mark.parametrize(
    "name",
    ["", "echo", "echo_", "echo__lobby", "echo_aaaaaa_", "echo_aaaaaa_lobby", "nope_aaaaaa_x"],
)
def test_a_name_that_merely_looks_like_it_is_pinned_to_nothing(name):
    assert step_rooms.pinned_step(name) is None


def test_a_pin_is_this_servers_own(settings):
    name = step_rooms.pinned_name(ECHO, "lobby")
    settings.SECRET_KEY = "another"
    assert step_rooms.pinned_step(name) is None


def test_a_pin_on_a_step_that_is_no_more_is_none(monkeypatch):
    name = step_rooms.pinned_name(ECHO, "lobby")
    monkeypatch.setattr(outline, "_steps_by_name", lambda: {"groups": GROUPS})
    assert step_rooms.pinned_step(name) is None
