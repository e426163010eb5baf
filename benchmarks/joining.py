"""The load generator's participants: how they connect, get into the room, and keep their connections."""

import re
import select
import socket
import sys
import time
from collections.abc import Sequence
from urllib.parse import SplitResult, urlsplit

from benchmarks.dialects import Plain
from benchmarks.room import Participant
from tests.support.frames import CLOSE, PING, PONG, TEXT, Frame, decode_all, encode

#: Handshakes that wait for their answer at one time: a class that joins at once, and less than any server's backlog.
JOINING = 64
#: Seconds until a handshake has its answer.
ANSWER_TIMEOUT = 20
#: Seconds for each greeting to reach everybody: longer and longer, as a slow server has the earlier ones to do too.
GREETINGS = (1, 2, 4, 8, 16, 32)
READ = 65_536
REQUEST = """\
GET {path} HTTP/1.1
Host: {host}
Upgrade: websocket
Connection: Upgrade
Sec-WebSocket-Version: 13
Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
{headers}
"""


class Crowd:
    """``size`` participants at one of ``urls`` each, in turn; several URLs are those of servers that are one chat.

    As a context manager, all of them join and get the same greeting, and leave.
    """

    def __init__(self, urls: Sequence[str], size: int, dialect: Plain):
        self.urls, self.size, self.dialect = [urlsplit(url) for url in urls], size, dialect
        self.people: dict[int, Participant] = {}
        self.poll = select.epoll()
        self.closed = 0
        self.joined_s = 0.0

    def __enter__(self):
        start = time.perf_counter()
        try:
            self._join()
            self.joined_s = time.perf_counter() - start
            self._greet()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_) -> None:
        for person in self.people.values():
            person.socket.close()
        self.poll.close()

    def _request(self, url: SplitResult, number: int) -> bytes:
        path, headers = self.dialect.request(url.path), self.dialect.headers(url, number)
        text = REQUEST.format(path=path, host=url.netloc, headers=headers)
        return text.replace("\n", "\r\n").encode()

    def _join(self) -> None:
        waiting = 0
        while len(self.people) < self.size or waiting:
            while len(self.people) < self.size and waiting < JOINING:
                self._connect()
                waiting += 1
            if not (ready := self.poll.poll(ANSWER_TIMEOUT)):
                sys.exit("The server didn't answer a handshake.")
            for descriptor, _ in ready:
                waiting -= self._read(self.people[descriptor])

    def _connect(self) -> None:
        number = len(self.people)
        server = number % len(self.urls)
        url = self.urls[server]
        request = self._request(url, number)
        connection = socket.create_connection((url.hostname, url.port), ANSWER_TIMEOUT)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(request)
        connection.setblocking(False)
        self.people[connection.fileno()] = Participant(connection, server)
        self.poll.register(connection.fileno(), select.EPOLLIN)

    def _read(self, person: Participant) -> bool:
        """Whether the participant has joined by what it just read."""
        waited = person.greeted < 0
        if not (data := person.socket.recv(READ)):
            sys.exit(f"The server closed a connection before all had joined: {person.tail[:200]!r}")
        person.tail += data
        if not person.upgraded:
            self._read_head(person)
        if person.upgraded:
            self._read_frames(person)
        return waited and person.greeted >= 0

    def _read_head(self, person: Participant) -> None:
        head, found, rest = person.tail.partition(b"\r\n\r\n")
        if found and not head.startswith(b"HTTP/1.1 101"):
            sys.exit(f"The server refused a WebSocket: {head[:200]!r}")
        if found:
            person.tail, person.upgraded = rest, True
            person.greeted = -1 if self.dialect.welcome else 0
            if self.dialect.hello:
                self.send(person, self.dialect.hello)

    def _read_frames(self, person: Participant) -> None:
        whole = 0
        for frame, end in decode_all(person.tail):
            whole = end
            self.answer(person, frame)
            if person.greeted < 0 and frame.payload.startswith(self.dialect.welcome):
                person.greeted = 0
            elif found := re.search(rb"greeting (\d+)\.", frame.payload):
                person.greeted = int(found[1])
        person.tail = person.tail[whole:]

    def _greet(self) -> None:
        """Messages, until one has reached everybody: a server may let participants into its room late."""
        for number, seconds in enumerate(GREETINGS, 1):
            self.send(next(iter(self.people.values())), self.dialect.say(f"greeting {number}."))
            if self._await_greeting(number, time.perf_counter() + seconds):
                return
        sys.exit("The server's room never had everybody in it.")

    def _await_greeting(self, number: int, until: float) -> bool:
        while (
            not (everybody := self._all_got(number)) and (left := until - time.perf_counter()) > 0
        ):
            for descriptor, _ in self.poll.poll(left):
                self._read(self.people[descriptor])
        return everybody

    def _all_got(self, number: int) -> bool:
        return all(person.greeted >= number for person in self.people.values())

    def send(self, person: Participant, payload: bytes, opcode: int = TEXT) -> None:
        person.socket.send(encode(Frame(opcode, payload)))

    def answer(self, person: Participant, frame: Frame) -> None:
        """What keeps the connection: an answer to a ping, to the dialect's own too."""
        if frame.opcode == PING:
            self.send(person, frame.payload, PONG)
        elif frame.opcode == CLOSE:
            self.closed += 1
        elif answer := self.dialect.answer(frame.payload):
            self.send(person, answer)

    def leave(self, person: Participant) -> None:
        """The server has ended the connection."""
        self.closed += 1
        self.poll.unregister(person.socket.fileno())
