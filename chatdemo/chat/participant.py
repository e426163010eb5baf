"""What a participant's consumer does besides what the tutorial's does."""

import json
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings

from chatdemo.chat import frames, identity, room_names
from chatdemo.chat.catch_up import CatchUpMixin, parse_after
from chatdemo.chat.frames import Message, Signal
from chatdemo.chat.members import Member
from chatdemo.chat.message_errors import MessageError
from chatdemo.chat.room import Room, Rooms
from chatdemo.common.rate_limit import TokenBucket
from chatdemo.realtime.base_consumer import AsyncWebsocketConsumer

#: A client that offers this subprotocol is a page: it gets the page events of the wire contract.
SUBPROTOCOL = "chatdemo"


class ParticipantConsumer(CatchUpMixin, AsyncWebsocketConsumer):
    """Enters and leaves the room in the URL, and reads frames within the rate limit."""

    room: Room
    is_in_room = False
    member: Member | None = None  # for a client with a session

    def __init__(self, rooms: Rooms):
        super().__init__()
        self.channel_layer_alias = settings.CHAT_CHANNEL_LAYER
        self.rooms = rooms

    def enter_room(self) -> None:
        """Read the scope, and enter the room. Raises ValueError if the participant is refused."""
        room_names.check_path(self.scope.get("raw_path", b""))
        name = room_names.check_name(self.scope["url_route"]["kwargs"]["room_name"])
        self.after = parse_after(self.scope)
        self.person = identity.key_of(self.scope)
        self.address = (self.scope.get("client") or [""])[0]
        self.room = self.rooms.enter(name, self.address, self.channel_layer)
        self.is_in_room = True
        self.wants_page_events = SUBPROTOCOL in self.scope.get("subprotocols", ())
        self.rate_limit = TokenBucket(settings.CHATDEMO.max_rate, settings.CHATDEMO.max_burst)
        self.last_frame_at = time.monotonic()

    async def leave(self) -> None:
        """Leave the room, if the participant is in it."""
        if self.is_in_room:
            self.is_in_room = False
            self.stop_catch_up()
            self.rooms.leave(self)
            await self.channel_layer.group_discard(self.room.group, self.channel_name)

    @property
    def given_name(self) -> str | None:
        """The name that the person gave last; None for a client without a session."""
        return self.rooms.given_name(self.person, self.scope)

    @property
    def name(self) -> str:
        """The person's name in the room, "" for one who isn't a member."""
        return self.member.display_name if self.member else ""

    def read_frame(self, text: str | None) -> Message | Signal:
        """Return what a frame contains. Raises MessageError.

        Reading pauses for a participant that sends too much.
        """
        if self.wants_page_events:  # for the heartbeat
            self.last_frame_at = time.monotonic()
        wait = self.rate_limit.rate and self.rate_limit.take()
        if wait:
            self.pause_reading(wait)
        content = frames.parse(text, settings.CHATDEMO.max_message)
        if isinstance(content, Signal) and not self.wants_page_events:
            raise MessageError("bad_message")
        if wait:
            id = content.id if isinstance(content, Message) else None
            raise MessageError("too_fast", id, rate=self.rate_limit.rate)
        return content

    def answer(self, frame: str, seq: int = 0) -> None:
        """Answer a message of the participant's own, after the events that were sent before."""
        if self.is_in_room:
            event = {"type": "chat.answer", "frame": frame, "seq": seq}
            self.send_in_background(self.channel_layer.send(self.channel_name, event))

    async def send_page_event(self, event: str, **values: Any) -> None:
        """Send a page event to the participant."""
        await self.send(json.dumps({"event": event, **values}))

    async def __call__(self, scope: dict[str, Any], receive: Callable, send: Callable) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self.leave()  # disconnect() isn't called for a consumer that has failed
