"""What every participant of the load generator's room must get."""

import pytest

from benchmarks.room import Participant, Room, numbered
from tests.support.frames import PING, TEXT, Frame, encode


def frame(text: str, opcode: int = TEXT) -> bytes:
    return encode(Frame(opcode, text.encode()), key=b"")


def messages(*numbers: int) -> bytes:
    return b"".join(frame(numbered(number)) for number in numbers)


class Rooms:
    """A room with its first two participants; what else than the run's messages they hear."""

    def __init__(self, copies: int = 1):
        self.room, self.ann, self.ben = Room(copies, senders=4), Participant(), Participant()
        self.heard = []

    def get(self, person: Participant, data: bytes) -> int:
        return self.room.read(person, data, self.heard.append)


def test_what_all_get_in_one_order_is_in_order():
    rooms = Rooms()
    assert [rooms.get(person, messages(1, 0, 2)) for person in (rooms.ann, rooms.ben)] == [3, 3]
    assert (rooms.room.order, rooms.room.out_of_order) == ([1, 0, 2], 0)


@pytest.mark.parametrize(
    "numbers, frames, faults",
    [
        ((0, 1, 1, 2, 3), 4, 1),  # doubled
        ((0, 2, 3), 1, 2),  # lost: what comes after it is not in its place either
        ((0, 2, 1, 3), 2, 2),  # swapped
        ((3, 2, 1, 0), 1, 3),  # in another order
    ],
)
def test_what_the_second_participant_gets_otherwise_is_counted(numbers, frames, faults):
    rooms = Rooms()
    rooms.get(rooms.ann, messages(0, 1, 2, 3))
    assert rooms.get(rooms.ben, messages(*numbers)) == frames
    assert rooms.room.out_of_order == faults


def test_one_senders_messages_have_one_order_for_the_first_participant_too():
    rooms = Rooms()
    assert rooms.get(rooms.ann, messages(4, 0, 5, 5)) == 2  # 0 and 4 are of the same sender
    assert (rooms.room.order, rooms.room.out_of_order) == ([4, 5], 2)


def test_copies_of_a_message_are_counted():
    rooms = Rooms(copies=2)
    assert rooms.get(rooms.ann, messages(0, 0, 1, 1)) == 4
    assert rooms.get(rooms.ben, messages(0, 1, 1)) == 1
    assert rooms.room.out_of_order == 2


def test_what_is_not_the_runs_is_heard_and_not_counted():
    rooms = Rooms()
    rooms.get(rooms.ann, messages(0, 1))
    data = messages(0) + frame("well", PING) + frame("greeting 2.") + messages(1)
    assert rooms.get(rooms.ben, data) == 2
    assert [found for found in rooms.heard if found.payload[:1] != b"~"] == [
        Frame(PING, b"well"),
        Frame(TEXT, b"greeting 2."),
    ]
    assert rooms.room.out_of_order == 0


def test_frames_may_be_split_at_any_octet():
    data = messages(0) + frame("well", PING) + messages(1, 2)
    for cut in range(1, len(data)):
        rooms = Rooms()
        for person in (rooms.ann, rooms.ben):
            rooms.get(person, data[:cut])
            assert rooms.get(person, data[cut:]) == 3
        assert rooms.heard.count(Frame(PING, b"well")) == 2
        assert (rooms.room.stream, rooms.room.out_of_order) == (messages(0, 1, 2), 0)


def test_octets_that_are_in_the_stream_need_not_be_read_again():
    """As the load generator does: it compares, and has the rest read from where the frame under way begins."""
    rooms, size = Rooms(), len(messages(0))
    rooms.get(rooms.ann, messages(0, 1))
    rooms.ben.position = size + 3
    assert rooms.get(rooms.ben, messages(1)[3:] + messages(2)) == 3
    assert rooms.ben.position == 3 * size


def test_senders_frame_with_its_id_is_what_the_others_get_without():
    rooms = Rooms()
    rooms.room.as_others_get = lambda payload: payload.removesuffix(b" of mine")
    own = frame(numbered(0) + " of mine")
    assert [
        rooms.get(person, data) for person, data in ((rooms.ann, own), (rooms.ben, messages(0)))
    ] == [1, 1]
    assert (rooms.room.stream, rooms.room.out_of_order) == (messages(0), 0)
    assert rooms.get(rooms.ann, messages(1)) == 2
    assert [rooms.room.last_frame(count) for count in (0, 2)] == [b"", messages(1)]
