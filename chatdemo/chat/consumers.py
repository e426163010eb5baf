"""The consumers: one instance for each participant's WebSocket."""

import json
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings

from chatdemo.chat import frames, identity, message_events, room_names
from chatdemo.chat.catch_up import CatchUpMixin, parse_after
from chatdemo.chat.frames import Message, Signal
from chatdemo.chat.members import Member
from chatdemo.chat.message_errors import MessageError
from chatdemo.chat.room import Room, Rooms
from chatdemo.common.rate_limit import TokenBucket
from chatdemo.realtime.base_consumer import AsyncWebsocketConsumer

#: A client that offers this subprotocol is a page: it gets the page events of the wire contract.
SUBPROTOCOL = "chatdemo"


class ChatConsumer(CatchUpMixin, AsyncWebsocketConsumer):
    """Joins its participant to the room in the URL, and exchanges messages with the room."""

    room: Room
    is_in_room = False
    member: Member | None = None  # for a client with a session

    def __init__(self, rooms: Rooms):
        super().__init__()
        self.rooms = rooms

    async def connect(self) -> None:
        """Join the room, or refuse the handshake with the reason."""
        try:
            room_names.check_path(self.scope.get("raw_path", b""))
            name = room_names.check_name(self.scope["url_route"]["kwargs"]["room_name"])
            after = parse_after(self.scope)
            self.person = identity.key_of(self.scope)
            self.address = (self.scope.get("client") or [""])[0]
            self.room = self.rooms.enter(name, self.address, self.channel_layer)
        except ValueError as error:
            await self.close(reason=str(error))
            return
        self.is_in_room = True
        config = settings.CHATDEMO
        self.wants_page_events = SUBPROTOCOL in self.scope.get("subprotocols", ())
        self.rate_limit = TokenBucket(config.max_rate, config.max_burst)
        self.last_frame_at = time.monotonic()
        await self.channel_layer.group_add(self.room.group, self.channel_name)
        await self.accept(SUBPROTOCOL if self.wants_page_events else None)
        await self.room.join(self)
        if after is not None and self.room.log.stores_messages:
            self.start_catch_up(after)

    async def disconnect(self, code: int) -> None:
        """Leave the room."""
        await self.leave()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Say the message in the room, or handle the signal. A faulty frame is answered."""
        try:
            content = self.read_frame(text_data)
        except MessageError as error:
            await self.send(error.as_json())
        else:
            if isinstance(content, Message):
                self.room.say(self, content)
            else:
                await self.room.handle_signal(self, content)

    async def chat_message(self, event: dict[str, Any]) -> None:
        """Send a message from the room's group to the participant."""
        seq, frame = event["seq"], event["frame"]
        if seq - 1 != self.last_seq and not self.handle_gap(seq):
            return
        self.last_seq = seq
        if event["id"] and event["sender_token"] == self.person:
            frame = frames.with_id(frame, event["id"])
        await self.send(frame)

    async def chat_messages(self, event: dict[str, Any]) -> None:
        """Send several messages that came in one event.

        They are sent together if none is missing before them and none is the person's own.
        """
        if event["first"] - 1 == self.last_seq and self.person not in event["sender_tokens"]:
            self.last_seq = event["last"]
            await self.send_joined(event["frames"], message_events.SEPARATOR)
        else:
            for one in message_events.split_batch(event):
                await self.chat_message(one)

    async def chat_page_event(self, event: dict[str, Any]) -> None:
        """Send a page event from the room's group to a page, unless its person has caused it."""
        if self.wants_page_events and event.get("except_token") != self.person:
            await self.send(event["frame"])

    async def chat_answer(self, event: dict[str, Any]) -> None:
        """Send the answer to a message of the participant's own.

        ``seq`` is that of the message, if it is stored: then the participant gets it in order.
        """
        if not event["seq"] or self.catch_up_to(event["seq"]):
            await self.send(event["frame"])

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

    async def leave(self) -> None:
        """Leave the room, if the participant is in it."""
        if self.is_in_room:
            self.is_in_room = False
            self.stop_catch_up()
            self.rooms.leave(self)
            await self.channel_layer.group_discard(self.room.group, self.channel_name)

    async def __call__(self, scope: dict[str, Any], receive: Callable, send: Callable) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self.leave()  # disconnect() isn't called for a consumer that has failed


class RefusingConsumer(AsyncWebsocketConsumer):
    """Refuses the handshake (403) for a path without a consumer. Channels would fail with 500."""

    async def connect(self) -> None:
        """Refuse the handshake."""
        await self.close(reason="There is no consumer at this path: use /ws/chat/<room>/.")
