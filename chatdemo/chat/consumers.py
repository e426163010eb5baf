"""The consumers: one instance for each participant's WebSocket."""

from django.conf import settings

from chatdemo.chat import messages, rooms
from chatdemo.realtime.consumer import AsyncWebsocketConsumer

#: A client that offers this subprotocol gets the events of the wire contract too.
SUBPROTOCOL = "chatdemo"


class ChatConsumer(AsyncWebsocketConsumer):
    """Joins its participant to the room in the address, and carries messages between it and the room's group."""

    async def connect(self) -> None:
        self.room_group_name = None
        self.room_name = self.scope["url_route"]["kwargs"]["room_name"]
        try:
            rooms.check_path(self.scope.get("raw_path", b""))
            rooms.check_name(self.room_name)
        except rooms.RoomNameError as error:
            return await self.close(reason=f"that name can't be a room's. {error}")
        self.room_group_name = rooms.group_name(self.room_name)
        await self.channel_layer.group_add(self.room_group_name, self.channel_name)
        await self.accept(SUBPROTOCOL if SUBPROTOCOL in self.scope.get("subprotocols", ()) else None)

    async def disconnect(self, close_code: int) -> None:
        if self.room_group_name:
            await self.channel_layer.group_discard(self.room_group_name, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """A frame from the participant: to the group if it is a message, or else its error back to the sender alone."""
        try:
            message = messages.parse(text_data, settings.CHATDEMO.max_message)
        except messages.MessageError as error:
            return await self.send(error.as_json())
        event = {"type": "chat.message", "message": message.text, "id": message.id, "sender": self.channel_name}
        await self.channel_layer.group_send(self.room_group_name, event)

    async def chat_message(self, event: dict) -> None:
        """An event from the group: to the participant. The id goes to nobody but the message's sender."""
        id = event.get("id")
        if id and event["sender"] != self.channel_name:
            id = None
        await self.send(messages.encode(event["message"], id))


class RefusingConsumer(AsyncWebsocketConsumer):
    """For an address where no consumer is: a refusal in the handshake (403), where Channels would raise (500)."""

    async def connect(self) -> None:
        await self.close(reason="no consumer is at this address: the chat's are at /ws/chat/<room>/.")
