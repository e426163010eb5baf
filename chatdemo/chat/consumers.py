"""The consumers: one instance for each participant's WebSocket."""

from typing import Any

from chatdemo.chat import frames, message_events
from chatdemo.chat.frames import Message
from chatdemo.chat.message_errors import MessageError
from chatdemo.chat.participant import SUBPROTOCOL, ParticipantConsumer
from chatdemo.realtime.base_consumer import AsyncWebsocketConsumer


class ChatConsumer(ParticipantConsumer):
    """Joins its participant to the room in the URL, and exchanges messages with the room."""

    async def connect(self) -> None:
        """Join the room, or refuse the handshake with the reason."""
        try:
            self.enter_room()
        except ValueError as error:
            await self.close(reason=str(error))
            return
        await self.room.open()
        await self.channel_layer.group_add(self.room.group, self.channel_name)
        await self.accept(SUBPROTOCOL if self.wants_page_events else None)
        await self.room.join(self)
        if self.after is not None and self.room.log.stores_messages:
            self.start_catch_up(self.after)

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
        if (seq - 1 != self.last_seq or self.is_catching_up) and not self.handle_gap(seq):
            return
        self.last_seq = seq
        if event["id"] and event["sender_token"] == self.person:
            frame = frames.with_id(frame, event["id"])
        await self.send(frame)

    async def chat_messages(self, event: dict[str, Any]) -> None:
        """Send several messages that came in one event.

        They are sent together if none is missing before them and none is the person's own.
        """
        is_next = event["first"] - 1 == self.last_seq and not self.is_catching_up
        if is_next and self.person not in event["sender_tokens"]:
            self.last_seq = event["last"]
            await self.send_joined(event["frames"], message_events.SEPARATOR)
        else:
            for one in message_events.split_batch(event):
                await self.chat_message(one)

    async def chat_page_event(self, event: dict[str, Any]) -> None:
        """Send a page event from the room's group to a page, unless its person has caused it."""
        if self.wants_page_events and event.get("except_token") != self.person:
            await self.send(event["frame"])

    async def chat_new_history(self, event: dict[str, Any]) -> None:
        """Tell the participant if its messages are gone from the log."""
        self.check_history()

    async def chat_answer(self, event: dict[str, Any]) -> None:
        """Send the answer to a message of the participant's own.

        ``seq`` is that of the message, if it is stored: then the participant gets it in order.
        """
        if not event["seq"] or self.catch_up_to(event["seq"]):
            await self.send(event["frame"])


class RefusingConsumer(AsyncWebsocketConsumer):
    """Refuses the handshake (403) for a path without a consumer. Channels would fail with 500."""

    async def connect(self) -> None:
        """Refuse the handshake."""
        await self.close(reason="There is no consumer at this path: use /ws/chat/<room>/.")
