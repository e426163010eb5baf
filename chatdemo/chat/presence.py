"""Who is in the room, for the pages in it."""

import json
import logging
import time
from functools import partial

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import DatabaseError

from chatdemo.chat import people
from chatdemo.chat.heartbeat import heart
from chatdemo.chat.history import reader
from chatdemo.chat.messages import Signal
from chatdemo.chat.names import NO_NUMBERS, Numbers
from chatdemo.chat.reached import Reached
from chatdemo.chat.roster import Member, Roster
from chatdemo.realtime.tasks import spawn

logger = logging.getLogger(__name__)
#: By the group of each room that somebody is in: who they are, and what has reached them.
rosters: dict[str, Roster] = {}
reaches: dict[str, Reached] = {}


def rename(person: str, name: str) -> None:
    """Somebody is called something else now, in each room that they are in. From any thread."""
    for roster in [roster for roster in rosters.values() if person in roster.members]:
        _, numbers = _known(roster.room, person, name)
        roster.loop.call_soon_threadsafe(roster.rename, person, name, numbers)


class Presence:
    """For a consumer with ``person``, ``room_name`` and ``room_group_name``; ``is_page`` if its client takes events."""

    member: Member | None = None

    async def arrive(self) -> None:
        """Put the participant on the roster, if it has a session, and tell its page who else is there."""
        name = people.name_of(self.scope)
        key, numbers = "", NO_NUMBERS
        if settings.CHATDEMO.history and (name or self.is_page):
            key, numbers = await sync_to_async(_known)(self.room_name, self.person, name)
        if name:
            self.member = self._roster().join(self.person, name, self.channel_name, numbers)
        if self.is_page:
            here, you = self._roster().names(), self.member and self.member.shown
            await self.send_event("welcome", history=key, here=here, you=you)
            await self._tell_what_was_reached()
            heart().add(self)

    async def _tell_what_was_reached(self) -> None:
        """What has become of the participant's own messages while none of their pages was here to be told."""
        reached = reaches.get(self.room_group_name)
        if self.member and reached and (counts := reached.counts(self.person)):
            await self.send_event("reached", counts=counts)

    def depart(self) -> None:
        """Take it off again."""
        heart().remove(self)
        roster = rosters.get(self.room_group_name)
        if roster and self.member:
            roster.leave(self.person, self.channel_name)

    async def send_event(self, event: str, **values: object) -> None:
        """One of the wire contract's events, to this participant."""
        await self.send(json.dumps({"event": event, **values}))

    async def chat_event(self, event: dict) -> None:
        """An event for every page in the room."""
        if self.is_page and event.get("but_token") != self.person:
            await self.send(event["frame"])

    def note_life(self) -> None:
        """The page has sent something."""
        self.heard = time.monotonic()

    async def on_signal(self, signal: Signal) -> None:
        """Something that a page tells the server."""
        reached = reaches.get(self.room_group_name)
        if not self.member or not reached:
            return
        if signal.kind == "typing" and signal.value:
            await self._tell_others("typing", name=self.member.shown)
        elif signal.kind == "got":
            reached.got(self.person, signal.value)
        elif signal.kind == "who":
            got, missing = reached.names(signal.value, self.person) or (None, None)
            await self.send_event("who", seq=signal.value, got=got, missing=missing)

    def note_said(self, seq: int) -> None:
        """The participant's message was kept: its page is told whom it reaches."""
        if self.member and self.is_page and (reached := reaches.get(self.room_group_name)):
            reached.say(seq, self.person)

    async def _tell_others(self, event: str, **values: object) -> None:
        frame = json.dumps({"event": event, **values})
        await self.channel_layer.group_send(
            self.room_group_name, {"type": "chat.event", "frame": frame, "but_token": self.person}
        )

    def _roster(self) -> Roster:
        group = self.room_group_name
        if group not in rosters:
            roster = rosters[group] = Roster(
                partial(_tell, self.channel_layer, group), self.room_name
            )
            reaches[group] = Reached(roster, partial(_tell_sender, self.channel_layer, roster))
        return rosters[group]


def _known(room: str, person: str, name: str | None) -> tuple[str, Numbers]:
    """The key of a room's history, and the numbers that it has of a name; nothing if it is off or can't be read."""
    if not settings.CHATDEMO.history:
        return "", NO_NUMBERS
    try:
        return reader.key(room), reader.numbers(room, person, name) if name else NO_NUMBERS
    except DatabaseError as error:
        logger.error("The history of a room can't be read: %s", error)
        return "", NO_NUMBERS


def _tell(layer: object, group: str, changes: dict) -> None:
    roster = rosters[group]
    frame = json.dumps({"event": "people", **changes, "count": len(roster.members)})
    if roster.members:
        reaches[group].look_later()
    else:
        del rosters[group], reaches[group]
    spawn(layer.group_send(group, {"type": "chat.event", "frame": frame}))


def _tell_sender(layer: object, roster: Roster, person: str, counts: list[list[int]]) -> None:
    frame = json.dumps({"event": "reached", "counts": counts})
    member = roster.members.get(person)
    for connection in member.connections if member else ():
        spawn(layer.send(connection, {"type": "chat.event", "frame": frame}))
