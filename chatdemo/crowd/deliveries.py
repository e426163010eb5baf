"""Which messages were delivered: lost, duplicated, out of order, and after how long."""

import math
from array import array
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

#: The usual timeout.
DELIVERY_TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True)
class DeliveryCounts:
    """What became of the messages. A delivery is one message to one participant.

    ``on_the_way`` deliveries are missing but can still arrive. ``only_own`` is true if there were
    deliveries, and all of them to the message's own sender.
    """

    sent: int
    expected: int
    delivered: int
    lost: int
    on_the_way: int
    duplicated: int
    out_of_order: int
    only_own: bool


class Deliveries:
    """Records what ``people`` participants, numbered from 0, send and receive.

    A delivery that is missing is lost once nothing has been delivered for ``timeout`` seconds. All
    times are seconds of the same monotonic clock.
    """

    def __init__(self, people: int, timeout: float = DELIVERY_TIMEOUT_SECONDS):
        self.people, self.timeout = people, timeout
        self.senders = array("I")
        self.sent_at = array("d")
        #: By message: deliveries that are still missing.
        self.missing = array("I")
        #: By participant: the messages in the order of arrival, without duplicates.
        self.received = [array("I") for _ in range(people)]
        self._has_received = [bytearray() for _ in range(people)]
        self.latencies = array("d")  # of all deliveries
        self.expected = self.delivered = self.duplicated = 0
        self._last_delivery = self._last_activity = 0.0
        # Deliveries that were skipped: the participant has received later messages.
        self._latest = array("q", [-1]) * people
        self._skipped = 0

    def add_message(self, sender: int, recipients: int, now: float) -> int:
        """Record that ``sender`` sends a message to ``recipients`` participants.

        Returns its number, counted from 0.
        """
        if not self.senders:
            self._last_delivery = now
        self.senders.append(sender)
        self.sent_at.append(now)
        self.missing.append(recipients)
        self.expected += recipients
        self._last_activity = now
        return len(self.senders) - 1

    def add_delivery(self, participant: int, number: int, now: float) -> None:
        """Record that ``participant`` receives message ``number``, if it is one of the run's."""
        if number >= len(self.senders):
            return
        has_received = self._has_received[participant]
        if number >= len(has_received):
            has_received.extend(bytes(len(self.senders) - len(has_received)))
        if has_received[number]:
            self.duplicated += 1
            return
        has_received[number] = 1
        self.received[participant].append(number)
        self.delivered += 1
        self.missing[number] -= 1
        self._skipped += max(number - self._latest[participant], 0) - 1
        self._latest[participant] = max(number, self._latest[participant])
        self._last_activity = self._last_delivery = now
        self.latencies.append(now - self.sent_at[number])

    def overdue(self, now: float) -> int:
        """Return the missing deliveries of messages that were sent before the timeout."""
        return sum(self.missing[: bisect_left(self.sent_at, now - self.timeout)])

    def lost(self, now: float) -> int:
        """Return the deliveries that are lost already, while the run goes on.

        They are overdue, and skipped if others still arrive: a slow server hasn't lost anything.
        """
        overdue = self.overdue(now)
        has_stopped = now - self._last_delivery > self.timeout
        return overdue if has_stopped else min(overdue, self._skipped)

    def is_finished(self, now: float) -> bool:
        """Whether everything has been delivered, or nothing has for the timeout."""
        is_complete = self.delivered == self.expected
        return is_complete or now - self._last_activity > self.timeout

    def counts(self, now: float, finished: bool = True) -> DeliveryCounts:
        """Return the counts. In a ``finished`` run everything that is missing is lost."""
        missing = self.expected - self.delivered
        lost = missing if finished else self.lost(now)
        to_senders = sum(
            self.senders[number] == participant
            for participant, numbers in enumerate(self.received)
            for number in numbers
        )
        return DeliveryCounts(
            sent=len(self.senders),
            expected=self.expected,
            delivered=self.delivered,
            lost=lost,
            on_the_way=missing - lost,
            duplicated=self.duplicated,
            out_of_order=count_out_of_order(self.received, self.senders),
            only_own=0 < self.delivered == to_senders,
        )


def count_out_of_order(received: Sequence[array], senders: Sequence[int]) -> int:
    """Return how many deliveries came after a message that they should have come before.

    ``received`` has each participant's message numbers in the order of arrival, without
    duplicates; ``senders`` has the sender of each number. Numbers of one sender must arrive in
    ascending order, and all participants must receive the messages in the same order: that of the
    first participant with the most messages.
    """
    room_order = max(received, key=len, default=array("I"))
    if all(numbers == room_order for numbers in received):  # the usual case, and fast
        return _out_of_order(room_order, room_order, senders) * len(received)
    return sum(_out_of_order(numbers, room_order, senders) for numbers in received)


def _out_of_order(numbers: array, room_order: array, senders: Sequence[int]) -> int:
    positions = {number: position for position, number in enumerate(room_order)}
    last_position, found = -1, 0
    last_of_sender: dict[int, int] = {}
    for number in numbers:
        sender, position = senders[number], positions.get(number, last_position)
        last_own = last_of_sender.get(sender, -1)
        found += position < last_position or number < last_own
        last_position = max(last_position, position)
        last_of_sender[sender] = max(last_own, number)
    return found


def percentile(durations: Sequence[float], percent: float) -> float | None:
    """Return the duration that ``percent`` of all don't exceed, None if there are none."""
    rank = math.ceil(len(durations) * percent / 100)
    return sorted(durations)[rank - 1] if durations else None
