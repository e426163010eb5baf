"""The simulated participants, each with a connection, and what they share."""

import asyncio
import random
import secrets
import time
from array import array
from collections import Counter
from contextlib import suppress

from chatdemo.crowd.connection import ClientConnection, Connector, within
from chatdemo.crowd.deliveries import Deliveries
from chatdemo.crowd.join_errors import JoinError
from chatdemo.crowd.messages import Refusal, RunMessages, read_seq

#: How often connections are chosen to be cut.
CUT_PERIOD_SECONDS = 0.1
#: The range of the random delay before a participant reconnects.
RECONNECT_DELAY_SECONDS = (0.05, 0.5)


class Crowd:
    """The participants, numbered from 0, and what is recorded of them.

    ``failed_joins`` counts those that couldn't join, by reason; ``disconnections`` the connections
    that the server closed or that broke, by code and reason; ``refused_messages`` the server's
    error frames.

    If it ``reconnects``, participants come back after a disconnection. ``connections_cut`` counts
    those that it cut itself, ``catch_up_seconds`` has the times from a disconnection until nothing
    was missing any more, and ``latest_seq`` is the greatest ``seq`` that anyone received.
    """

    def __init__(
        self, connector: Connector, messages: RunMessages, deliveries: Deliveries, reconnects: bool
    ):
        self.connector, self.messages, self.deliveries = connector, messages, deliveries
        self.reconnects = reconnects
        self.failed_joins: Counter[str] = Counter()
        self.disconnections: Counter[tuple[int, str]] = Counter()
        self.refused_messages: Counter[str] = Counter()
        self.joined_count = self.connections_cut = self.latest_seq = 0
        self.catch_up_seconds = array("d")
        self.reconnecting: set[asyncio.Task] = set()
        kind = ReconnectingParticipant if reconnects else SimulatedParticipant
        self.participants = [kind(self, number) for number in range(deliveries.people)]

    @property
    def recipient_count(self) -> int:
        """How many should receive a message that is sent now."""
        gone_count = 0 if self.reconnects else self.disconnections.total()
        return self.joined_count - gone_count

    @property
    def away_count(self) -> int:
        """How many were disconnected and haven't caught up yet."""
        return sum(participant.is_away for participant in self.participants)

    async def cut_connections(self, share: float) -> None:
        """Cut this share of the connections each second, until cancelled."""
        while True:
            await asyncio.sleep(CUT_PERIOD_SECONDS)
            for participant in self.participants:
                if participant.is_connected and random.random() < share * CUT_PERIOD_SECONDS:
                    participant.cut()


class SimulatedParticipant:
    """Joins, sends messages, and records what it receives."""

    is_away = False
    is_leaving = False
    connection: ClientConnection | None = None

    def __init__(self, crowd: Crowd, number: int):
        self.crowd, self.number = crowd, number

    @property
    def is_connected(self) -> bool:
        return self.connection is not None and self.connection.is_open

    @property
    def accepts_messages(self) -> bool:
        """Whether the run may give it a message to send."""
        return self.is_connected

    async def join(self) -> None:
        """Connect for the first time. Raises JoinError."""
        await self._connect()
        self.crowd.joined_count += 1

    async def _connect(self, query: str = "") -> None:
        connect = self.crowd.connector.connect
        self.connection = await connect(query, self._receive, self._on_close)

    def send_message(self) -> None:
        """Send the next message of the run."""
        self._send(self.crowd.messages.encode(self.number, self._next_number()))

    async def probe_history(self, timeout: float) -> bool:
        """Ask whether the server has a history, if the participant needs one."""
        return True

    def _next_number(self) -> int:
        crowd = self.crowd
        return crowd.deliveries.add_message(self.number, crowd.recipient_count, time.perf_counter())

    def _send(self, frame: bytes) -> None:
        if self.connection is not None:
            self.connection.send(frame)

    def cut(self) -> None:
        """Drop the connection without a close frame, as when a browser is killed."""
        self.crowd.connections_cut += 1
        if self.connection is not None:
            self.connection.abort()

    def _receive(self, frame: bytes) -> None:
        content = self.crowd.messages.read(frame)
        if isinstance(content, Refusal):
            self.crowd.refused_messages[content] += 1
        elif content is not None:
            self.crowd.deliveries.add_delivery(self.number, content, time.perf_counter())

    def _on_close(self, code: int, reason: str) -> None:
        if not self.is_leaving:
            self.crowd.disconnections[code, reason] += 1


class ReconnectingParticipant(SimulatedParticipant):
    """Reconnects, asks for the messages that it missed, and sends unconfirmed ones again.

    ``unconfirmed`` has the frames, by number, that it hasn't received back, sent or not. ``resent``
    has the numbers of those that it sent again: the server may answer them a second time, to this
    participant only.
    """

    def __init__(self, crowd: Crowd, number: int):
        super().__init__(crowd, number)
        self.last_seq = 0
        self.unconfirmed: dict[int, bytes] = {}
        self.resent: set[int] = set()
        self._client_id = secrets.token_hex(16)
        self._probe_seq: asyncio.Future[int | None] | None = None
        self._disconnected_at = 0.0
        self._is_cut = False
        self._catch_up_seq = 0  # it has caught up once it has this one

    @property
    def accepts_messages(self) -> bool:
        """Whether it has joined: while it is disconnected, it keeps messages to send later."""
        return self.connection is not None

    async def _connect(self, query: str = "") -> None:
        await super()._connect(f"?after={self.last_seq}&client={self._client_id}")

    async def probe_history(self, timeout: float) -> bool:
        """Send a message, and return whether the server numbers it.

        Only then can the participant ask for messages that it missed.
        """
        self._probe_seq = asyncio.get_running_loop().create_future()
        self._send(self.crowd.messages.probe)
        with suppress(TimeoutError):
            return await within(timeout, self._probe_seq) is not None
        return False

    def send_message(self) -> None:
        number = self._next_number()
        frame = self.crowd.messages.encode(self.number, number, with_id=True)
        self.unconfirmed[number] = frame
        self._send(frame)

    def cut(self) -> None:
        self._is_cut = True
        super().cut()

    def _on_close(self, code: int, reason: str) -> None:
        if self.is_leaving:
            return
        if not self._is_cut:
            super()._on_close(code, reason)
        self._is_cut = False
        if not self.is_away:
            self.is_away, self._disconnected_at = True, time.perf_counter()
        task = asyncio.create_task(self._reconnect())
        self.crowd.reconnecting.add(task)
        task.add_done_callback(self.crowd.reconnecting.discard)

    async def _reconnect(self) -> None:
        while True:
            await asyncio.sleep(random.uniform(*RECONNECT_DELAY_SECONDS))
            with suppress(JoinError):
                await self._connect()
                break
        self._catch_up_seq = self.crowd.latest_seq
        if self.is_connected:  # and not closed again already
            self.resent.update(self.unconfirmed)
            for frame in self.unconfirmed.values():
                self._send(frame)
        self._record_catch_up_if_complete()

    def _receive(self, frame: bytes) -> None:
        messages = self.crowd.messages
        seq, number = read_seq(frame), messages.read(frame)
        if self._probe_seq and not self._probe_seq.done() and messages.is_probe(frame):
            self._probe_seq.set_result(seq)
        if seq is not None:
            if isinstance(number, int):
                self.unconfirmed.pop(number, None)
            if seq <= self.last_seq and number in self.resent:
                return
            self.last_seq = max(seq, self.last_seq)
            self.crowd.latest_seq = max(seq, self.crowd.latest_seq)
        super()._receive(frame)
        self._record_catch_up_if_complete()

    def _record_catch_up_if_complete(self) -> None:
        if self.is_away and self.is_connected and self.last_seq >= self._catch_up_seq:
            self.crowd.catch_up_seconds.append(time.perf_counter() - self._disconnected_at)
            self.is_away = False
