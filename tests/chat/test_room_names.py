"""Room names, and the groups of their rooms."""

import pytest
from channels.layers import BaseChannelLayer
from hypothesis import given
from hypothesis import strategies as st

from chatdemo.chat import room_names

letters = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/")
names = st.text(letters, min_size=1, max_size=room_names.MAX_ROOM_NAME_LENGTH).filter(
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
    assert room_names.group_name(name) == group


def test_a_room_whose_name_is_too_long_to_write_out_has_a_hash():
    group = room_names.group_name("日" * 100)
    assert group.startswith("chat-sha256_") and len(group) == 76


@given(names)
def test_any_channel_layer_takes_the_group_of_any_room(name):
    assert BaseChannelLayer().require_valid_group_name(
        room_names.group_name(room_names.check_name(name))
    )


@given(names, names)
def test_two_names_never_share_a_group(one, other):
    assert (room_names.group_name(one) == room_names.group_name(other)) == (one == other)


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
    groups = {room_names.group_name(name) for name in alike}
    assert len(groups) == len(alike)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "A room needs a name"),
        ("a" * 101, "That name has 101 characters; the limit is 100"),
        (".", "can't be only dots"),
        ("..", "can't be only dots"),
        ("a/b", "can't contain a slash"),
        ("a\nb", "control character"),
        ("\x00", "control character"),
        ("a\x7f", "control character"),
        ("\x85", "control character"),
        ("\ud800", "control character"),
    ],
)
def test_a_name_that_cannot_be_a_rooms_says_why(name, reason):
    with pytest.raises(room_names.RoomNameError, match=reason):
        room_names.check_name(name)


def test_a_path_that_is_not_utf_8_is_refused():
    room_names.check_path(b"/chat/caf%C3%A9/%EF%BF%BD/")
    with pytest.raises(room_names.RoomNameError, match="isn't UTF-8"):
        room_names.check_path(b"/chat/%FF/")


def test_what_people_type_is_tidied():
    assert room_names.clean_typed_name("  cafe\u0301 ") == "caf\u00e9"


def test_the_address_of_a_rooms_websocket_is_percent_encoded():
    assert room_names.socket_path("a b?#%é") == "/ws/chat/a%20b%3F%23%25%C3%A9/"
