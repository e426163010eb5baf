"""The order in which messages came: each sender's own, and one of the room that all participants must share."""

from array import array
from collections.abc import Sequence


def disorder(logs: Sequence[array], senders: Sequence[int]) -> int:
    """The deliveries that came out of order.

    ``logs`` has for each participant the numbers of its messages as they came, each once; ``senders`` has the sender
    of each number, who has sent them in ascending order. A delivery is out of order if it came after a later message
    of the same sender, or after one that stands behind it in the room's order: that of the first participant who got
    the most messages.
    """
    room = max(logs, key=len, default=array("I"))
    if all(log == room for log in logs):  # as it should be, and quick
        return _disorder(room, room, senders) * len(logs)
    return sum(_disorder(log, room, senders) for log in logs)


def _disorder(log: array, room: array, senders: Sequence[int]) -> int:
    place = {number: position for position, number in enumerate(room)}
    furthest, latest, found = -1, {}, 0
    for number in log:
        sender, position = senders[number], place.get(number, furthest)
        found += position < furthest or number < latest.get(sender, -1)
        furthest = max(furthest, position)
        latest[sender] = max(latest.get(sender, -1), number)
    return found
