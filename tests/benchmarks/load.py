"""The load generator: many participants in one room, in one process, that count and check every delivery.

    python tests/benchmarks/load.py --url ws://127.0.0.1:8000/ws/chat/lobby/ --people 300

prints a line of JSON when all have joined, and another at the end. In the closed loop (the default) ``--inflight``
messages are on their way at any time, and a latency is the time until the last participant has a message; in the open
loop (``--rate``) it is that of each delivery.

It must never be what limits a server, so it doesn't read frames one by one. What the first participant to get something
got is parsed, checked and kept; whatever another gets must be the same octets at the same place, which takes one
comparison. What differs (a ping, a message that is not the run's) is parsed after all.
"""

import argparse
import json
import os
import re
import select
import socket
import sys
import time
from bisect import bisect_right
from urllib.parse import urlsplit

from frames import CLOSE, PING, PONG, TEXT, client_frame, server_frames

#: Handshakes that wait for their answer at one time: a class that joins at once, and less than any server's backlog.
JOINING = 64
#: Seconds without any delivery after which what is missing is lost.
PATIENCE = 3.0
READ = 65_536
#: Messages whose frames are built before the run.
PREPARED = 40_000


class Plain:
    """The tutorial's own way to talk."""

    hello = b""
    welcome = b""  # what a participant must get before it may talk

    def request(self, path: str) -> str:
        return path

    def say(self, text: str) -> bytes:
        return json.dumps({"message": text}).encode()

    def answer(self, payload: bytes) -> bytes | None:
        """What a participant must answer to keep its connection."""
        return None


class SocketIO(Plain):
    """Engine.IO 4 over WebSocket: 40 joins the namespace, 2 is a ping, 42 an event."""

    hello = b"40"
    welcome = b"40{"  # whoever talks earlier is thrown out

    def request(self, path: str) -> str:
        return "/socket.io/?EIO=4&transport=websocket"

    def say(self, text: str) -> bytes:
        return b"42" + json.dumps(["message", {"message": text}]).encode()

    def answer(self, payload: bytes) -> bytes | None:
        return b"3" if payload == b"2" else None


class Room:
    """What every participant must get: one stream of frames, ``copies`` of each message.

    Messages of several senders may be taken in any order, but everybody must see the one that somebody saw first.
    """

    def __init__(self, copies: int = 1):
        self.copies = copies
        self.stream = bytearray()
        self.ends: list[int] = []  # where each frame ends in the stream
        self.order: list[int] = []  # the messages' numbers
        self.latest: dict[int, int] = {}  # of each sender, the number of its last message

    def append(self, frame: bytes, number: int, senders: int) -> bool:
        """Whether the frame of message ``number`` is in its place; if it isn't, it is not taken."""
        if len(self.ends) % self.copies:
            in_place = number == self.order[-1]
        elif in_place := number > self.latest.get(number % senders, -1):
            self.latest[number % senders] = number
            self.order.append(number)
        if in_place:
            self.stream += frame
            self.ends.append(len(self.stream))
        return in_place

    def frames_until(self, position: int) -> int:
        """How many frames of the stream are whole at ``position``."""
        return bisect_right(self.ends, position)


class Participant:
    """One connection: how far it is in the room's stream."""

    __slots__ = ("socket", "position", "frames", "tail", "greeted")

    def __init__(self, connection: socket.socket):
        self.socket = connection
        self.position = 0  # octets
        self.frames = 0
        self.tail = b""  # of a frame that differs from the stream, or of the handshake's answer
        self.greeted = -2  # -1: the handshake has been answered; 0: may talk; or the last greeting's number


class Load:
    """``people`` participants at ``url``."""

    def __init__(self, url: str, people: int, dialect: Plain, copies: int = 1):
        self.url, self.dialect, self.room = urlsplit(url), dialect, Room(copies)
        self.people: dict[int, Participant] = {}
        self.poll = select.epoll()
        self.mark = "~"  # messages of the run; greetings have none
        self.frames: list[bytes] = []
        self.sent: list[float] = []
        self.standing = [0]  # standing[k]: participants that have k frames
        self.slowest = 0  # frames that all have
        self.latencies: list[float] | None = None
        self.out_of_order = 0
        self.closed = 0
        self.idle = 0.0  # seconds in which there was nothing to read
        self.joined_s = self._join(people)

    def _join(self, people: int) -> float:
        """Seconds until all are connected, and each has got the same message."""
        start, waiting = time.perf_counter(), 0
        while len(self.people) < people or waiting:
            while len(self.people) < people and waiting < JOINING:
                self._connect()
                waiting += 1
            for descriptor, _ in self.poll.poll():
                waiting -= self._read_answer(self.people[descriptor])
        joined = time.perf_counter() - start
        self._greet()
        return joined

    def _connect(self) -> None:
        connection = socket.create_connection((self.url.hostname, self.url.port), timeout=20)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(
            f"GET {self.dialect.request(self.url.path)} HTTP/1.1\r\nHost: {self.url.netloc}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        connection.setblocking(False)
        self.people[connection.fileno()] = Participant(connection)
        self.poll.register(connection.fileno(), select.EPOLLIN)

    def _read_answer(self, person: Participant) -> bool:
        """Whether this participant may talk from now on."""
        if person.greeted >= 0:
            self._read_greetings(person)
            return False
        data = person.socket.recv(READ)
        person.tail += data
        head, found, rest = person.tail.partition(b"\r\n\r\n")
        if not data or found and not head.startswith(b"HTTP/1.1 101"):
            sys.exit(f"The server refused a WebSocket: {head[:200]!r}")
        if found and person.greeted == -2:
            person.greeted = -1
            if self.dialect.hello:
                self.send(person, self.dialect.hello)
        if may_talk := bool(found) and self.dialect.welcome in rest:
            person.tail, person.greeted = rest, 0
        return may_talk

    def _greet(self) -> None:
        """Messages, until one has reached everybody: a server may let participants into its room late."""
        number, deadline = 0, time.perf_counter() + 30
        while any(person.greeted < number for person in self.people.values()) or not number:
            if time.perf_counter() > deadline:
                sys.exit("The server's room never had everybody in it.")
            number += 1
            self.send(next(iter(self.people.values())), self.dialect.say(f"greeting {number}."))
            until = time.perf_counter() + 1
            while (left := until - time.perf_counter()) > 0:
                for descriptor, _ in self.poll.poll(left):
                    self._read_greetings(self.people[descriptor])
                if all(person.greeted >= number for person in self.people.values()):
                    break

    def _read_greetings(self, person: Participant) -> None:
        data = person.tail + person.socket.recv(READ)
        end = 0
        for opcode, payload, end in server_frames(data):  # noqa: B007 (it is what is left after the last)
            self._answer(person, opcode, payload)
            if found := re.search(rb"greeting (\d+)\.", payload):
                person.greeted = int(found[1])
        person.tail = data[end:]

    def send(self, person: Participant, payload: bytes, opcode: int = TEXT) -> None:
        person.socket.send(client_frame(payload, opcode))

    def _answer(self, person: Participant, opcode: int, payload: bytes) -> None:
        if opcode == PING:
            self.send(person, payload, PONG)
        elif opcode == CLOSE:
            self.closed += 1
        elif answer := self.dialect.answer(payload):
            self.send(person, answer)

    def run(self, seconds: float, inflight: int, rate: float | None) -> dict:
        """Send for ``seconds``, wait for what is on its way, and count."""
        self.standing[0] = len(self.people)
        self.senders = list(self.people.values())
        self.latencies = []
        self._prepare(PREPARED)
        start = time.perf_counter()
        self.ends_at, self.last = start + seconds, start
        (self._open if rate else self._closed)(rate or inflight)
        return self._report(self.last - start, self.idle / (time.perf_counter() - start))

    def _prepare(self, count: int) -> None:
        """Frames of the next messages: they are not built while a server waits for them."""
        first = len(self.frames)
        texts = (f"{self.mark}{number:08d} how are you" for number in range(first, first + count))
        self.frames += [client_frame(self.dialect.say(text)) for text in texts]

    def _say_next(self, now: float) -> None:
        number = len(self.sent)
        if number == len(self.frames):
            self._prepare(1000)
        self.sent.append(now)
        self.senders[number % len(self.senders)].socket.send(self.frames[number])

    def _closed(self, inflight: int) -> None:
        for _ in range(inflight):
            self._say_next(time.perf_counter())
        done, copies = 0, self.room.copies
        while done < len(self.sent) and (now := self._turn(PATIENCE)):
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
        while self.slowest < len(self.sent) and self._turn(PATIENCE, each=True):
            pass

    def _turn(self, timeout: float, each: bool = False) -> float:
        """Read whatever has come; the time of it, or 0 if nothing came within ``timeout`` seconds."""
        clock, poll = time.perf_counter, self.poll.poll
        begin = now = clock()
        while not (ready := poll(0, 4096)) and now - begin < timeout:
            now = clock()
        self.idle += now - begin
        people, room, standing, read, bisect = self.people, self.room, self.standing, os.read, bisect_right
        stream, ends = room.stream, room.ends
        for descriptor, _ in ready:
            person = people[descriptor]
            before = person.frames
            try:
                data = read(descriptor, READ)
            except ConnectionError:
                data = b""
            position = person.position
            if data and not person.tail and stream.startswith(data, position):  # as everybody else got it
                person.position = position = position + len(data)
                frames = bisect(ends, position)
                standing[before] -= 1
                standing[frames] += 1
                person.frames = frames
            else:
                self._read_on(person, data)
            if each:
                self.latencies += [now - self.sent[number] for number in self.room.order[before : person.frames]]
        if ready:
            self.last = now
        while self.slowest < len(self.standing) - 1 and not self.standing[self.slowest]:
            self.slowest += 1
        return now if ready else 0

    def _read_on(self, person: Participant, data: bytes) -> None:
        """What isn't in the stream, or not yet."""
        if data:
            self._parse(person, data)
            self._stand(person, self.room.frames_until(person.position))
        else:
            self._leave(person)

    def _stand(self, person: Participant, frames: int) -> None:
        self.standing += [0] * (frames + 1 - len(self.standing))
        self.standing[person.frames] -= 1
        self.standing[frames] += 1
        person.frames = frames

    def _parse(self, person: Participant, data: bytes) -> None:
        """What is not (yet) in the stream: frame by frame, from the beginning of the frame that is under way."""
        room = self.room
        whole = room.frames_until(person.position)
        begin = room.ends[whole - 1] if whole else 0
        data = person.tail + bytes(room.stream[begin : person.position]) + data
        end = 0
        for opcode, payload, next_end in server_frames(data):
            frame, end = data[end:next_end], next_end
            self._answer(person, opcode, payload)
            if found := re.search(rb"%b(\d{8})" % self.mark.encode(), payload):
                whole = self._place(whole, int(found[1]), frame)
        person.position = room.ends[whole - 1] if whole else 0
        person.tail = data[end:]

    def _place(self, whole: int, number: int, frame: bytes) -> int:
        """Frames of the stream that a participant has, who had ``whole`` and now got one of message ``number``."""
        room = self.room
        if whole < len(room.ends):
            in_place = number == room.order[whole // room.copies]
        else:
            in_place = room.append(frame, number, len(self.senders))
        self.out_of_order += not in_place
        return whole + in_place

    def _leave(self, person: Participant) -> None:
        self.closed += 1
        self.poll.unregister(person.socket.fileno())

    def _report(self, seconds: float, idle: float) -> dict:
        deliveries = sum(person.frames for person in self.senders)
        times = sorted(self.latencies) or [0.0]
        quantile = lambda part: round(times[min(int(len(times) * part), len(times) - 1)] * 1000, 3)  # noqa: E731
        return {
            "people": len(self.senders),
            "joined_s": round(self.joined_s, 3),
            "broadcasts": len(self.sent),
            "deliveries": deliveries,
            "seconds": round(seconds, 3),
            "per_second": round(deliveries / seconds) if seconds else 0,
            "lost": len(self.sent) * self.room.copies * len(self.senders) - deliveries,
            "out_of_order": self.out_of_order,
            "closed": self.closed,
            "p50_ms": quantile(0.5),
            "p99_ms": quantile(0.99),
            "worst_ms": quantile(1),
            "idle": round(idle, 3),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", required=True)
    parser.add_argument("--people", type=int, default=30)
    parser.add_argument("--dialect", choices=["plain", "socketio"], default="plain")
    parser.add_argument("--inflight", type=int, default=4, help="messages on their way at one time")
    parser.add_argument("--rate", type=float, help="messages a second in all, whatever has arrived")
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--copies", type=int, default=1, help="frames that each message comes back as")
    parser.add_argument("--hold", action="store_true", help="join, say so, and stay until the standard input ends")
    arguments = parser.parse_args()
    dialect = SocketIO() if arguments.dialect == "socketio" else Plain()
    load = Load(arguments.url, arguments.people, dialect, arguments.copies)
    print(json.dumps({"people": arguments.people, "joined_s": round(load.joined_s, 3)}), flush=True)
    if arguments.hold:
        sys.stdin.read()
    else:
        print(json.dumps(load.run(arguments.seconds, arguments.inflight, arguments.rate)))


if __name__ == "__main__":
    main()
