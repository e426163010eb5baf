"""Rooms: who is in a room, what is said there, and who has received it."""

import asyncio
import json
import logging
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from asgiref.sync import sync_to_async
from django.conf import settings

from chatdemo.chat import identity, message_events
from chatdemo.chat.connection_limits import ConnectionLimits, LimitReached
from chatdemo.chat.frames import Message, Signal, with_id
from chatdemo.chat.heartbeat import Heartbeat
from chatdemo.chat.member_exchange import MemberExchange
from chatdemo.chat.members import Members
from chatdemo.chat.message_errors import MessageError
from chatdemo.chat.message_log import Appended, Draft, MessageLog, MessageLogError, StoredMessage
from chatdemo.chat.name_numbers import NameNumbers
from chatdemo.chat.receipts import Receipts
from chatdemo.chat.room_names import group_name
from chatdemo.realtime.background_tasks import run_in_background
from chatdemo.realtime.layer import ChannelLayer

if TYPE_CHECKING:
    from chatdemo.chat.consumers import ChatConsumer

logger = logging.getLogger(__name__)

#: The names given last, kept for people whose handshake began before.
MAX_NEW_NAMES = 2000


class Room:
    """A room that participants of this process are in.

    Its methods are called in the event loop of its participants. It exists until it has neither a
    participant nor a member: ``close_if_empty(room)`` is called whenever one has left.
    """

    def __init__(
        self,
        name: str,
        layer: ChannelLayer,
        log: MessageLog,
        exchange: MemberExchange,
        close_if_empty: Callable[["Room"], None],
    ):
        self.name, self.group = name, group_name(name)
        self.layer, self.log, self.exchange = layer, log, exchange
        self.loop = asyncio.get_running_loop()
        self.participant_count = 0
        self.last_seq = 0
        self.members = Members(self._report_members, partial(exchange.leave, name))
        self.receipts = Receipts(self.members, self._report_receipts)
        self.heartbeat = Heartbeat()
        self._close_if_empty = close_if_empty
        log.subscribe(name, self.publish, self.start_new_history, self.report_lost)
        exchange.open(name, self.members, self.receipts.acknowledge)

    @property
    def person_count(self) -> int:
        """How many people are in the room; how many connections if none of them has a session."""
        return len(self.members.present) or self.participant_count

    async def open(self) -> None:
        """Wait until the room gets what other servers publish, if there are any."""
        seq = await self.log.wait_until_subscribed(self.name)
        self.last_seq = max(self.last_seq, seq)
        await self.exchange.wait_until_open(self.name)

    async def join(self, participant: "ChatConsumer") -> None:
        """Make the participant's person a member, and tell a page who is in the room.

        A client without a session has no name and is no member.
        """
        name = participant.given_name
        epoch, numbers = "", NameNumbers()
        if self.log.stores_messages and (name or participant.wants_page_events):
            name, epoch, numbers = await self._read_for(participant)
        if name:
            participant.member = self.members.join(
                participant.person, name, participant.channel_name, self.last_seq, numbers
            )
            await self.exchange.join(self.name, participant.person, participant.member)
        if participant.wants_page_events:
            # The wire contract calls the epoch "history".
            await participant.send_page_event(
                "welcome", history=epoch, here=self.members.names(), you=participant.name or None
            )
            if participant.member and (counts := self.receipts.counts(participant.person)):
                await participant.send_page_event("reached", counts=counts)
            self.heartbeat.add(participant)

    def leave(self, participant: "ChatConsumer") -> None:
        """Take the participant out of the room. The person remains a member for a moment."""
        self.participant_count -= 1
        self.heartbeat.remove(participant)
        if participant.member:
            self.members.leave(participant.person, participant.channel_name)
        self._close_if_empty(self)

    def say(self, sender: "ChatConsumer", message: Message) -> None:
        """Append a message to the log, which publishes it to the room."""
        draft = Draft(self.name, sender.person, message.id, sender.name, message.text)
        draft.on_repeated = partial(self._confirm, sender)
        draft.on_failed = partial(self._report_failure, sender, message.id)
        self.log.append(draft)

    def publish(self, appended: Sequence[Appended]) -> None:
        """Send new messages to the room's group, in one event where the layer allows it."""
        for message, _, _ in appended:
            self._update_receipts(message.seq, message.sender)
        if len(appended) > 1 and self.layer.batching_allowed:
            event = message_events.batch_event([message for message, _, _ in appended])
            self.layer.group_send_nowait(self.group, event, len(appended))
        else:
            for message, _, context in appended:
                event = message_events.message_event(message)
                context.run(self.layer.group_send_nowait, self.group, event)

    def start_new_history(self) -> None:
        """Tell all pages that the room's messages are gone."""
        self._forget_receipts()
        self.layer.group_send_nowait(self.group, {"type": "chat.new_history"})

    def report_lost(self, first: int, last: int) -> None:
        """Tell all pages that these messages are gone: nobody who comes later can see them."""
        frame = json.dumps({"event": "lost", "first": first, "last": last})
        self.layer.group_send_nowait(self.group, {"type": "chat.page_event", "frame": frame})

    async def handle_signal(self, sender: "ChatConsumer", signal: Signal) -> None:
        """Handle what a page of a member reports."""
        if not sender.member:
            return
        if signal.kind == "typing" and signal.value:
            frame = json.dumps({"event": "typing", "name": sender.name})
            event = {"type": "chat.page_event", "frame": frame, "except_token": sender.person}
            await self.layer.group_send(self.group, event)
        elif signal.kind == "got":
            self.receipts.acknowledge(sender.person, signal.value)
            self.exchange.acknowledge(self.name, sender.person, signal.value)
        elif signal.kind == "who":
            names = self.receipts.recipients(signal.value, sender.person)
            got, missing = names or (None, None)
            await sender.send_page_event("who", seq=signal.value, got=got, missing=missing)

    def rename(self, person: str, name: str) -> None:
        """Give a member another name. To be called in a thread."""
        _, numbers = self._read_history(person, name)
        self.loop.call_soon_threadsafe(self._rename, person, name, numbers)

    def _rename(self, person: str, name: str, numbers: NameNumbers) -> None:
        self.members.rename(person, name, numbers)
        if member := self.members.present.get(person):
            run_in_background(self.exchange.join(self.name, person, member))

    async def _read_for(self, participant: "ChatConsumer") -> tuple[str | None, str, NameNumbers]:
        """Return the participant's name, the epoch of the history, and its numbers of the name."""
        while True:
            name = participant.given_name
            epoch, numbers = await sync_to_async(self._read_history)(participant.person, name)
            if name == participant.given_name:  # and not another one, given meanwhile
                return name, epoch, numbers

    def _read_history(self, person: str, name: str | None) -> tuple[str, NameNumbers]:
        """Return the epoch of the history, and the numbers that it has of a name."""
        try:
            numbers = self.log.name_numbers(self.name, person, name) if name else NameNumbers()
            return self.log.epoch(self.name), numbers
        except MessageLogError:  # the log has reported it
            return "", NameNumbers()

    def _update_receipts(self, seq: int, sender: str) -> None:
        """Update ``last_seq`` and the receipts for a message that is published now."""
        if not seq:  # it isn't stored
            return
        if seq <= self.last_seq:
            self._forget_receipts()
        self.last_seq = seq
        if sender in self.members.present:
            self.receipts.add(seq, sender)

    def _forget_receipts(self) -> None:
        """Count receipts from 1 again: the room's messages were deleted."""
        self.last_seq = 0
        self.members.start_new_history()
        self.receipts.start_new_history()

    def _confirm(self, sender: "ChatConsumer", message: StoredMessage) -> None:
        """Answer a sender whose message is stored already, and who may have missed it."""
        frame = message_events.message_event(message)["frame"]
        sender.answer(with_id(frame, message.id or ""), message.seq)

    def _report_failure(self, sender: "ChatConsumer", id: str | None, reason: str) -> None:
        """Answer a sender whose message couldn't be stored."""
        sender.answer(MessageError("not_kept", id, reason=reason).as_json())

    def _report_members(self, changes: dict[str, list[Any]]) -> None:
        count = len(self.members.present)
        frame = json.dumps({"event": "people", **changes, "count": count})
        event = {"type": "chat.page_event", "frame": frame}
        self.layer.group_send_nowait(self.group, event)
        self.receipts.schedule_report()
        self._close_if_empty(self)

    def _report_receipts(self, person: str, counts: list[list[int]]) -> None:
        frame = json.dumps({"event": "reached", "counts": counts})
        member = self.members.present.get(person)
        for channel in member.channels if member else ():
            run_in_background(self.layer.send(channel, {"type": "chat.page_event", "frame": frame}))


class OpenRoom(NamedTuple):
    """A room where somebody is, and how many people are there."""

    name: str
    people: int


class Rooms:
    """The rooms of this process that somebody is in, and the limits on connections."""

    def __init__(self, log: MessageLog, exchange: MemberExchange):
        self.log, self.exchange = log, exchange
        exchange.rename_here = self.rename_here
        self.limits = ConnectionLimits()
        self._rooms: dict[str, Room] = {}
        self._new_names: OrderedDict[str, str] = OrderedDict()

    def __iter__(self) -> Iterator[Room]:
        return iter(list(self._rooms.values()))

    def with_people(self) -> list[OpenRoom]:
        """Return the rooms where somebody is, the fullest first. To be called in a thread."""
        here = {room.name: room.person_count for room in self}  # with those who are elsewhere
        rooms = (OpenRoom(*room) for room in (self.exchange.people_elsewhere() | here).items())
        return sorted(
            (room for room in rooms if room.people), key=lambda room: (-room.people, room.name)
        )

    def given_name(self, person: str, scope: dict[str, Any]) -> str | None:
        """Return the name that a person gave, "Guest" if they gave none.

        It may be newer than the session in ``scope``, which was read when the handshake began. None
        for a client without a session.
        """
        name = identity.name_of(scope)
        return name and self._new_names.get(person, name)

    def name_of(self, scope: dict[str, Any]) -> str | None:
        """Return the name that a room shows for the person behind a WebSocket, if it shows one."""
        room = self._rooms.get(scope.get("url_route", {}).get("kwargs", {}).get("room_name", ""))
        member = room.members.present.get(identity.key_of(scope)) if room else None
        return member.display_name if member else None

    async def stop(self) -> None:
        """Tell the chat's other servers that this one ends, and publish nothing more."""
        await self.exchange.stop()
        await self.log.close()

    def enter(self, name: str, address: str, layer: ChannelLayer) -> Room:
        """Count a participant from ``address`` in the room ``name``, and return the room.

        Raises LimitReached if the chat accepts no more connections or rooms.
        """
        room = self._rooms.get(name)
        if room is None or not room.participant_count:
            in_use = sum(bool(other.participant_count) for other in self)
            if in_use >= settings.CHATDEMO.max_rooms:
                raise LimitReached(
                    f"{in_use:,} rooms are in use, the limit of the setting max_rooms."
                )
        self.limits.add(address, settings.CHATDEMO)
        if room is None:
            room = self._rooms[name] = Room(
                name, layer, self.log, self.exchange, self._close_if_empty
            )
        room.participant_count += 1
        return room

    def leave(self, participant: "ChatConsumer") -> None:
        """Remove a participant from its room, and the room if nobody is left in it."""
        self.limits.remove(participant.address)
        participant.room.leave(participant)

    def rename_here(self, person: str, name: str) -> None:
        """Give a person another name in their rooms of this server. To be called in a thread.

        A room that they enter at this moment takes it from ``given_name``.
        """
        self._new_names[person] = name
        self._new_names.move_to_end(person)
        if len(self._new_names) > MAX_NEW_NAMES:
            self._new_names.popitem(last=False)
        for room in self:
            if person in room.members.present:
                room.rename(person, name)

    def _close_if_empty(self, room: Room) -> None:
        is_empty = not room.participant_count and not room.members.present
        if is_empty and self._rooms.get(room.name) is room:  # and not a new room of this name
            self.log.unsubscribe(room.name)
            self.exchange.close(room.name)
            del self._rooms[room.name]
