"""The consumers: one instance for each participant's WebSocket."""

from collections.abc import Callable
from urllib.parse import parse_qs

from django.conf import settings

from chatdemo.chat import history, messages, people, rooms, saying
from chatdemo.chat.catching_up import CatchingUp
from chatdemo.chat.limits import Doors
from chatdemo.chat.presence import Presence
from chatdemo.chat.saying import Said, mouth
from chatdemo.common.rate_limit import TokenBucket
from chatdemo.realtime.consumer import AsyncWebsocketConsumer

#: A client that offers this subprotocol gets the events of the wire contract too.
SUBPROTOCOL = "chatdemo"
doors = Doors()


class ChatConsumer(Presence, CatchingUp, AsyncWebsocketConsumer):
    """Joins its participant to the room in the address, and carries messages between it and the room's group.

    With the setting ``history`` a message is kept before it goes to the group. Then ``seen`` is the last ``seq`` that
    the participant has got, None before the first.
    """

    room_group_name: str | None = None  # before the participant is let in

    async def __call__(self, scope: dict, receive: Callable, send: Callable) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:  # after a failure too, of which no disconnect() is told
            await self._leave()

    async def _leave(self) -> None:
        self.has_gone = True
        self.stop_catching_up()
        if self.room_group_name:
            self.depart()
            doors.leave(self.address)
            await self.channel_layer.group_discard(self.room_group_name, self.channel_name)

    async def connect(self) -> None:
        self.seen, self.has_gone = None, False
        self.room_name = self.scope["url_route"]["kwargs"]["room_name"]
        try:
            rooms.check_path(self.scope.get("raw_path", b""))
            rooms.check_name(self.room_name)
            after = _after(self.scope)
            self._enter(rooms.group_name(self.room_name))
        except rooms.RoomNameError as error:
            return await self.close(reason=f"that name can't be a room's. {error}")
        except ValueError as error:
            return await self.close(reason=str(error))
        self.person = people.key_of(self.scope)
        self.is_page = SUBPROTOCOL in self.scope.get("subprotocols", ())
        await self.channel_layer.group_add(self.room_group_name, self.channel_name)
        self.bucket = TokenBucket(settings.CHATDEMO.max_rate, settings.CHATDEMO.max_burst)
        await self.accept(SUBPROTOCOL if self.is_page else None)
        await self.arrive()
        if after is not None and settings.CHATDEMO.history:
            self.catch_up(after)

    def _enter(self, group: str) -> None:
        """Raises Full."""
        groups = getattr(self.channel_layer, "groups", {})
        self.address = (self.scope.get("client") or [""])[0]
        doors.enter(self.address, group not in groups, groups, settings.CHATDEMO)
        self.room_group_name = group

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """A frame from the participant: to the group if it is a message, or else its error back to the sender alone."""
        if self.is_page:
            self.note_life()
        try:
            message = self._read(text_data)
        except messages.MessageError as error:
            return await self.send(error.as_json())
        if isinstance(message, messages.Signal):
            return await self.on_signal(message)
        if settings.CHATDEMO.history:
            history.keep(self._draft(message))
        else:
            at = history.iso(history.now())
            frame = messages.encode(message.text, name=self._name(), at=at)
            await self._say(Said(frame, 0, message.id or "", self.person))

    def _read(self, text: str | None) -> messages.Message | messages.Signal:
        """What is in a frame. Raises MessageError; who sends too much isn't read from for a while."""
        if wait := self.bucket.rate and self.bucket.take():
            self.hold_up(wait)
        found = messages.parse(text, settings.CHATDEMO.max_message)
        if isinstance(found, messages.Signal) and not self.is_page:
            raise messages.MessageError("bad_message")
        if wait:
            id = found.id if isinstance(found, messages.Message) else None
            raise messages.MessageError("too_fast", id, rate=self.bucket.rate)
        return found

    def _draft(self, message: messages.Message) -> history.Draft:
        def on_kept(kept: history.Kept, is_new: bool) -> None:
            frame = messages.encode(kept.text, seq=kept.seq, name=kept.name, at=kept.at)
            if is_new:
                self.note_said(kept.seq)
                self._say_in_turn(Said(frame, kept.seq, message.id or "", self.person))
            else:
                mouth.now()  # it may be one of those
                self.post(self._confirm(frame, kept.seq, message.id))

        def on_failed(reason: str) -> None:
            error = messages.MessageError("not_kept", message.id, reason=reason)
            self.post(self._tell_sender(error.as_json()))

        return history.Draft(
            self.room_name, self.person, message.id, self._name(), message.text, on_kept, on_failed
        )

    def _name(self) -> str:
        return self.member.shown if self.member else ""

    def _say_in_turn(self, said: Said) -> None:
        if mouth.takes(self.channel_layer):
            mouth.say(self.channel_layer, self.room_group_name, said)
        else:
            self.post(self._say(said))

    async def _say(self, said: Said) -> None:
        await self.channel_layer.group_send(self.room_group_name, saying.event(said))

    async def _confirm(self, frame: str, seq: int, id: str) -> None:
        """The message was said before: its sender alone is told, who may have missed it."""
        await self._tell_sender(messages.with_id(frame, id), seq)

    async def _tell_sender(self, frame: str, seq: int = 0) -> None:
        if self.has_gone:  # in its channel it would wait for nobody
            return
        await self.channel_layer.send(
            self.channel_name, {"type": "chat.answer", "frame": frame, "seq": seq}
        )

    async def chat_answer(self, event: dict) -> None:
        """The answer to a message of the participant's own: what became of it (``seq``), or why nothing did (0)."""
        if not event["seq"] or self.has(event["seq"]):
            await self.send(event["frame"])

    async def chat_message(self, event: dict) -> None:
        """An event from the group: to the participant. The id goes to nobody but the message's sender."""
        seq = event["seq"]
        if seq - 1 != self.seen and not self.is_next(seq):
            return
        self.seen = seq
        frame = event["frame"]
        if event["id"] and event["sender_token"] == self.person:
            frame = messages.with_id(frame, event["id"])
        await self.send(frame)

    async def chat_messages(self, event: dict) -> None:
        """Several of those in one event."""
        if event["first"] - 1 == self.seen and self.person not in event["sender_tokens"]:
            self.seen = event["last"]
            return await self.send_texts(event["frames"], saying.BETWEEN)
        for one in saying.events_apart(event):
            await self.chat_message(one)


class RefusingConsumer(AsyncWebsocketConsumer):
    """For an address where no consumer is: a refusal in the handshake (403), where Channels would raise (500)."""

    async def connect(self) -> None:
        await self.close(
            reason="no consumer is at this address: the chat's are at /ws/chat/<room>/."
        )


def _after(scope: dict) -> int | None:
    """The ``?after=`` of a WebSocket's address. Raises ValueError if that is no ``seq``."""
    given = parse_qs(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True).get(
        "after"
    )
    if given is None:
        return None
    if not (given[0].isascii() and given[0].isdigit() and len(given[0]) < 16):
        raise ValueError(
            "its ?after= isn't a message's seq: give the last one that you have, or 0."
        )
    return int(given[0])
