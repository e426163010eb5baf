"""What was sent and what was delivered: pure arithmetic, fed by the participants."""

from array import array
from dataclasses import dataclass

from chatdemo.crowd import order
from chatdemo.crowd.histogram import Histogram

#: Seconds without any delivery after which one that is still missing is lost.
PATIENCE = 5.0


@dataclass(frozen=True)
class Counts:
    """What came of the messages so far. A delivery is one message to one participant.

    ``lost`` have been waited for in vain, ``on_the_way`` not long enough to say so. ``only_own`` is true where
    deliveries came, and every one of them to the message's own sender.
    """

    sent: int
    expected: int
    delivered: int
    lost: int
    on_the_way: int
    doubled: int
    out_of_order: int
    only_own: bool


class Tally:
    """The books of ``people`` participants, who are numbered from 0. Times are seconds of one monotonic clock."""

    def __init__(self, people: int):
        self.senders = array("I")
        self.sent_at = array("d")
        #: For each message, the deliveries that are still to come.
        self.missing = array("I")
        #: For each participant, its messages in the order of their coming, without doubles.
        self.logs = [array("I") for _ in range(people)]
        self._seen = [bytearray() for _ in range(people)]
        self.latencies = Histogram()
        self.expected = self.delivered = self.doubled = 0
        #: When a message was last sent or delivered.
        self.last_progress = 0.0
        self._last_delivery = 0.0
        self._judged = self._overdue = 0
        # What a participant hasn't got, though it has got later messages: not late but lost.
        self._highest = array("q", [-1]) * people
        self._gaps = 0

    def send(self, sender: int, listeners: int, now: float) -> int:
        """``sender`` says a message that ``listeners`` participants should get; returns its number, from 0 on."""
        if not self.senders:
            self._last_delivery = now
        self.senders.append(sender)
        self.sent_at.append(now)
        self.missing.append(listeners)
        self.expected += listeners
        self.last_progress = now
        return len(self.senders) - 1

    def deliver(self, participant: int, number: int, now: float) -> None:
        """Message ``number`` has come to ``participant``. A number that nobody has sent is not ours."""
        if number >= len(self.senders):
            return
        seen = self._seen[participant]
        if number >= len(seen):
            seen.extend(bytes(len(self.senders) - len(seen)))
        if seen[number]:
            self.doubled += 1
            return
        seen[number] = 1
        self.logs[participant].append(number)
        self.delivered += 1
        self.missing[number] -= 1
        self._overdue -= number < self._judged
        self._gaps += max(number - self._highest[participant], 0) - 1
        self._highest[participant] = max(number, self._highest[participant])
        self.last_progress = self._last_delivery = now
        self.latencies.add(now - self.sent_at[number])

    def overdue(self, now: float) -> int:
        """Deliveries missing of messages that were sent more than ``PATIENCE`` ago. ``now`` must not go back."""
        while self._judged < len(self.sent_at) and self.sent_at[self._judged] < now - PATIENCE:
            self._overdue += self.missing[self._judged]
            self._judged += 1
        return self._overdue

    def lost(self, now: float) -> int:
        """Deliveries that can be given up already: overdue, and passed by later ones or followed by nothing at all.

        A server that is slow keeps its participants waiting, but has lost nothing yet.
        """
        overdue = self.overdue(now)
        return overdue if now - self._last_delivery > PATIENCE else min(overdue, self._gaps)

    def settled(self, now: float) -> bool:
        """Whether everything has come, or nothing has for ``PATIENCE``."""
        return self.delivered == self.expected or now - self.last_progress > PATIENCE

    def counts(self, now: float, finished: bool = True) -> Counts:
        """The result. With ``finished`` nothing is on the way any more: what is missing is lost."""
        missing = self.expected - self.delivered
        lost = missing if finished else self.lost(now)
        return Counts(
            sent=len(self.senders),
            expected=self.expected,
            delivered=self.delivered,
            lost=lost,
            on_the_way=missing - lost,
            doubled=self.doubled,
            out_of_order=order.disorder(self.logs, self.senders),
            only_own=0 < self.delivered == self._to_senders(),
        )

    def _to_senders(self) -> int:
        return sum(
            self.senders[number] == who for who, log in enumerate(self.logs) for number in log
        )
