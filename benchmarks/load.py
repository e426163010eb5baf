"""The load generator: many participants in one room, in one process, that count and check every delivery.

    python benchmarks/load.py --url ws://127.0.0.1:8000/ws/chat/lobby/ --people 300

prints a line of JSON when all have joined, and another at the end. In the closed loop (the default) ``--inflight``
messages are on their way at any time, and a latency is the time until the last participant has a message; in the open
loop (``--rate``) it is that of each delivery. With several URLs, those of servers that are one chat, the participants
take turns between them, and deliveries to other servers than the sender's are also counted alone.

It must never be what limits a server, so it doesn't read frames one by one. What the first participant to get something
got is parsed, checked and kept; whatever another gets must be the same octets at the same place, which takes one
comparison. What differs (a ping, a message that is not the run's) is parsed after all.
"""

import argparse
import json
import os
import sys
import time
from bisect import bisect_right
from functools import partial
from itertools import cycle, islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.dialects import DIALECTS  # noqa: E402
from benchmarks.joining import READ, Crowd  # noqa: E402
from benchmarks.room import Participant, Room, numbered  # noqa: E402
from tests.support.frames import TEXT, Frame, encode  # noqa: E402

#: Seconds without any delivery after which what is missing is lost.
SILENCE_SECONDS = 3.0
#: Messages whose frames are built before the run, and when those are used up.
PREPARED, MORE = 40_000, 1000
#: Seconds after which a participant tells how far it is, in dialects that do so: as the room's page.
TELLING = 0.4


class Load:
    """What ``crowd`` says to its room, and what it gets: ``copies`` of each message."""

    def __init__(self, crowd: Crowd, copies: int = 1):
        self.crowd, self.room = crowd, Room(copies, crowd.size, crowd.dialect.as_others_get)
        self.people, self.poll = crowd.people, crowd.poll
        self.senders = list(crowd.people.values())
        self.frames: list[bytes] = []
        self.sent: list[float] = []
        self.standing = [crowd.size]  # standing[k]: participants that have k frames
        self.slowest = 0  # frames that all have
        self.latencies: list[float] = []
        self.latencies_elsewhere: list[float] = []  # of those to another server than the sender's
        self.idle = 0.0  # seconds in which there was nothing to read
        self.tellers, self.told_at = cycle(self.senders), 0.0

    def run(self, seconds: float, inflight: int, rate: float | None = None) -> dict:
        """Send for ``seconds``, wait for what is on its way, and count."""
        self._prepare(PREPARED)
        start = time.perf_counter()
        self.ends_at, self.last = start + seconds, start
        (self._open if rate else self._closed)(rate or inflight)
        return self._report(self.last - start, self.idle / (time.perf_counter() - start))

    def _prepare(self, count: int) -> None:
        """Frames of the next messages: they are not built while a server waits for them."""
        first, say = len(self.frames), self.crowd.dialect.say
        self.frames += [
            encode(Frame(TEXT, say(numbered(number)))) for number in range(first, first + count)
        ]

    def _say_next(self, now: float) -> None:
        number = len(self.sent)
        if number == len(self.frames):
            self._prepare(MORE)
        self.sent.append(now)
        self.senders[number % len(self.senders)].socket.send(self.frames[number])

    def _closed(self, inflight: int) -> None:
        for _ in range(inflight):
            self._say_next(time.perf_counter())
        done, copies = 0, self.room.copies
        while done < len(self.sent) and (now := self._turn(SILENCE_SECONDS)):
            while done < self.slowest // copies:
                self.latencies.append(now - self.sent[self.room.order[done]])
                done += 1
                if now < self.ends_at:
                    self._say_next(time.perf_counter())

    def _open(self, rate: float) -> None:
        start = time.perf_counter()
        while (due := start + len(self.sent) / rate) < self.ends_at:
            if (now := time.perf_counter()) >= due:
                self._say_next(now)
            else:
                self._turn(due - now, each=True)
        while self.slowest < len(self.sent) and self._turn(SILENCE_SECONDS, each=True):
            pass

    def _turn(self, timeout: float, each: bool = False) -> float:
        """Read whatever has come; the time of it, or 0 if nothing came within ``timeout`` seconds."""
        clock, poll = time.perf_counter, self.poll.poll
        begin = now = clock()
        while not (ready := poll(0, 4096)) and now - begin < timeout:
            now = clock()
        self.idle += now - begin
        people, room, standing, read, bisect = (
            self.people,
            self.room,
            self.standing,
            os.read,
            bisect_right,
        )
        stream, ends = room.stream, room.ends
        for descriptor, _ in ready:
            person = people[descriptor]
            before = person.frames
            try:
                data = read(descriptor, READ)
            except ConnectionError:
                data = b""
            position = person.position
            if (
                data and not person.tail and stream.startswith(data, position)
            ):  # as everybody else got it
                person.position = position = position + len(data)
                frames = bisect(ends, position)
                standing[before] -= 1
                standing[frames] += 1
                person.frames = frames
            else:
                self._read_on(person, data)
            if each:
                self._note_latencies(person, before, now)
        if ready:
            self.last = now
            self._tell(now)
        while self.slowest < len(self.standing) - 1 and not self.standing[self.slowest]:
            self.slowest += 1
        return now if ready else 0

    def _note_latencies(self, person: Participant, before: int, now: float) -> None:
        """Those of the messages that the participant has got since it had ``before`` frames."""
        for number in self.room.order[before : person.frames]:
            sender = self.senders[number % len(self.senders)]
            is_elsewhere = sender.server != person.server
            (self.latencies_elsewhere if is_elsewhere else self.latencies).append(
                now - self.sent[number]
            )

    def _tell(self, now: float) -> None:
        """As many tell how far they are as are to do so by now, one after the other."""
        if count := int((now - self.told_at) / TELLING * len(self.senders)):
            self.told_at = now
            for person in islice(self.tellers, min(count, len(self.senders))):
                if told := self.crowd.dialect.acknowledge(self.room.last_frame(person.frames)):
                    self.crowd.send(person, told)

    def _read_on(self, person: Participant, data: bytes) -> None:
        """What isn't in the stream, or not yet."""
        if data:
            self._stand(person, self.room.read(person, data, partial(self.crowd.answer, person)))
        else:
            self.crowd.leave(person)

    def _stand(self, person: Participant, frames: int) -> None:
        self.standing += [0] * (frames + 1 - len(self.standing))
        self.standing[person.frames] -= 1
        self.standing[frames] += 1
        person.frames = frames

    def _report(self, seconds: float, idle: float) -> dict:
        deliveries = sum(person.frames for person in self.senders)
        return {
            "people": len(self.senders),
            "joined_s": round(self.crowd.joined_s, 3),
            "broadcasts": len(self.sent),
            "deliveries": deliveries,
            "seconds": round(seconds, 3),
            "per_second": round(deliveries / seconds) if seconds else 0,
            "lost": len(self.sent) * self.room.copies * len(self.senders) - deliveries,
            "out_of_order": self.room.out_of_order,
            "closed": self.crowd.closed,
            "p50_ms": quantile(self.latencies, 0.5),
            "p99_ms": quantile(self.latencies, 0.99),
            "p99_elsewhere_ms": quantile(self.latencies_elsewhere, 0.99),
            "worst_ms": quantile(self.latencies, 1),
            "idle": round(idle, 3),
        }


def quantile(latencies: list[float], part: float) -> float:
    """Milliseconds that ``part`` of the latencies don't exceed, 0 if there are none."""
    times = sorted(latencies) or [0.0]
    return round(times[min(int(len(times) * part), len(times) - 1)] * 1000, 3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", required=True, nargs="+")
    parser.add_argument("--people", type=int, default=30)
    parser.add_argument("--dialect", choices=list(DIALECTS), default="plain")
    parser.add_argument("--inflight", type=int, default=4, help="messages on their way at one time")
    parser.add_argument("--rate", type=float, help="messages a second in all, whatever has arrived")
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument(
        "--copies", type=int, default=1, help="frames that each message comes back as"
    )
    parser.add_argument(
        "--hold", action="store_true", help="join, say so, and stay until the standard input ends"
    )
    arguments = parser.parse_args()
    with Crowd(arguments.url, arguments.people, DIALECTS[arguments.dialect]()) as crowd:
        print(json.dumps({"people": crowd.size, "joined_s": round(crowd.joined_s, 3)}), flush=True)
        if arguments.hold:
            sys.stdin.read()
        else:
            load = Load(crowd, arguments.copies)
            print(json.dumps(load.run(arguments.seconds, arguments.inflight, arguments.rate)))


if __name__ == "__main__":
    main()
