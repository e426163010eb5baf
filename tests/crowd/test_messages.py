"""The crowd's messages, and how it recognizes them."""

import json

import pytest

from chatdemo.crowd.messages import Refusal, RunMessages, new_run_id, read_seq

MINE = RunMessages("abcdef")


def test_a_message_is_recognized():
    assert MINE.read(MINE.encode(12, 345)) == 345


@pytest.mark.parametrize(
    "content",
    [
        {"message": "hello"},
        {"message": "crowd ghijkl 12 345"},
        {"message": "crowd abcdef 12"},
        {"message": None},
        {"text": "crowd abcdef 12 345"},
        "crowd abcdef 12 345",
        ["crowd abcdef 12 345"],
    ],
)
def test_messages_of_others_are_not_counted(content):
    assert MINE.read(json.dumps(content).encode()) is None


@pytest.mark.parametrize("frame", [b"", b"crowd abcdef 12 345", b"\xff\xfe", b'{"message": '])
def test_frames_without_json_are_not_counted(frame):
    assert MINE.read(frame) is None


def test_a_chat_may_put_a_name_before_the_text():
    assert MINE.read(b'{"message": "ann: crowd abcdef 12 345", "at": "12:00"}') == 345


def test_an_error_is_a_refusal():
    assert MINE.read(b'{"error": "too_long", "detail": "Shorten it."}') == Refusal(
        "too_long: Shorten it."
    )
    assert MINE.read(b'{"error": "no"}') == "no"


def test_a_message_that_may_be_sent_again_has_an_id():
    assert json.loads(MINE.encode(12, 345, with_id=True)) == {
        "message": "crowd abcdef 12 345",
        "id": "abcdef-345",
    }


def test_the_probe_has_no_number():
    assert MINE.is_probe(MINE.probe) and MINE.read(MINE.probe) is None
    assert not MINE.is_probe(MINE.encode(1, 2)) and not RunMessages("ghijkl").is_probe(MINE.probe)


@pytest.mark.parametrize(
    ("frame", "number"),
    [
        (b'{"message": "hello", "seq": 7}', 7),
        (b'{"message": "hello"}', None),
        (b'{"message": "hello", "seq": true}', None),
        (b'{"message": "hello", "seq": "7"}', None),
        (b'{"event": "presence", "seq": 7}', None),
        (b"[7]", None),
        (b"seq", None),
    ],
)
def test_only_a_message_s_own_number_is_one(frame, number):
    assert read_seq(frame) == number


def test_no_two_runs_have_one_id():
    assert len({new_run_id() for _ in range(100)}) == 100
    assert len(new_run_id()) == 6
