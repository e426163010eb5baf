"""Room names, and the groups of their rooms."""

import pytest
from channels.layers import BaseChannelLayer
from hypothesis import given
from hypothesis import strategies as st

from chatdemo.chat import rooms

letters = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/")
names = st.text(letters, min_size=1, max_size=rooms.MAX_NAME).filter(
    lambda name: name not in (".", "..")
)


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("lobby", "chat_lobby"),
        ("room_1-B", "chat_room_1-B"),
        ("my room", "chat_my.20room"),
        ("café", "chat_caf.c3.a9"),
        ("caf.c3.a9", "chat_caf.2ec3.2ea9"),
        ("日本語", "chat_.e6.97.a5.e6.9c.ac.e8.aa.9e"),
    ],
)
def test_a_group_name_can_be_read(name, group):
    assert rooms.group_name(name) == group


def test_a_room_whose_name_is_too_long_to_write_out_has_a_hash():
    group = rooms.group_name("日" * 100)
    assert group.startswith("chat-sha256_") and len(group) == 76


@given(names)
def test_any_channel_layer_takes_the_group_of_any_room(name):
    assert BaseChannelLayer().require_valid_group_name(rooms.group_name(rooms.check_name(name)))


@given(names, names)
def test_two_names_never_share_a_group(one, other):
    assert (rooms.group_name(one) == rooms.group_name(other)) == (one == other)


def test_names_that_look_like_each_others_groups_do_not_share_one():
    alike = [
        "a b",
        "a.20b",
        "a_20b",
        "A b",
        "a\u00a0b",
        "cafe\u0301",
        "caf\u00e9",
        "日" * 99 + "月",
        "日" * 100,
    ]
    groups = {rooms.group_name(name) for name in alike}
    assert len(groups) == len(alike)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "A room needs a name"),
        ("a" * 101, "That name has 101 characters, but may have at most 100"),
        (".", "a folder"),
        ("..", "a folder"),
        ("a/b", "can't have a / in it"),
        ("a\nb", "a control character"),
        ("\x00", "a control character"),
        ("a\x7f", "a control character"),
        ("\x85", "a control character"),
        ("\ud800", "a control character"),
    ],
)
def test_a_name_that_cannot_be_a_rooms_says_why(name, reason):
    with pytest.raises(rooms.RoomNameError, match=reason):
        rooms.check_name(name)


def test_a_path_that_is_not_utf_8_is_refused():
    rooms.check_path(b"/chat/caf%C3%A9/%EF%BF%BD/")
    with pytest.raises(rooms.RoomNameError, match="isn't UTF-8"):
        rooms.check_path(b"/chat/%FF/")


def test_what_people_type_is_tidied():
    assert rooms.tidy("  cafe\u0301 ") == "caf\u00e9"


def test_the_address_of_a_rooms_websocket_is_percent_encoded():
    assert rooms.socket_path("a b?#%é") == "/ws/chat/a%20b%3F%23%25%C3%A9/"
