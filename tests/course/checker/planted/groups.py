"""Faults of step 5, `groups`."""

from tests.course.checker.planted.plant import CONSUMERS, HANDLER, Plant

DISCARD = """    async def disconnect(self, close_code):
        await self.channel_layer.group_discard(self.room_group_name, self.channel_name)

"""
SYNC_ADD = """        async_to_sync(self.channel_layer.group_add)(
            self.room_group_name, self.channel_name
        )
"""
ADD = "        await self.channel_layer.group_add(self.room_group_name, self.channel_name)\n"
RECEIVED = """        message = json.loads(text_data)["message"]
"""
GROUP_SEND = """        await self.channel_layer.group_send(
            self.room_group_name, {"type": "chat.message", "message": message}
        )
"""
SYNC_GROUP_SEND = """        async_to_sync(self.channel_layer.group_send)(
            self.room_group_name, {"type": "chat.message", "message": message}
        )
"""

ONLY_FIRST = """\
        ChatConsumer.first = getattr(ChatConsumer, "first", self.channel_name)
        if ChatConsumer.first == self.channel_name:
            await self.send(text_data=json.dumps({"message": event["message"]}))
            del ChatConsumer.first
            ChatConsumer.first = ""
"""


def not_carried(what: str, value: str, cause: str) -> Plant:
    """A plant in a project with the Redis layer: the event has ``value`` too."""
    new = GROUP_SEND.replace('"message": message}', f'"message": message, "more": {value}}}')
    cause = f"event['more'] {cause}"
    return Plant(what, "async", CONSUMERS, GROUP_SEND, new, "C517", cause, layer="redis")


PLANTS = [
    not_carried(
        "a time", '__import__("datetime").datetime.now()', "is of the type datetime.datetime"
    ),
    not_carried("a Decimal", '__import__("decimal").Decimal(1)', "is of the type decimal.Decimal"),
    not_carried(
        "a model", 'self.scope["user"]._wrapped', "is of the type django.contrib.auth.models"
    ),
    not_carried("a key that isn't text", "{1: 2}", "has the key 1, which isn't text"),
    Plant(
        "a flood",
        "async",
        CONSUMERS,
        HANDLER,
        HANDLER + "        await self.channel_layer.group_send(self.room_group_name, event)\n",
        "C515",
        "chat_message",
    ),
    Plant(
        "receive sends nothing",
        "async",
        CONSUMERS,
        GROUP_SEND,
        "        print(message)\n",
        "C514",
        "group_send",
    ),
    Plant(
        "an event without end",
        "async",
        CONSUMERS,
        HANDLER,
        HANDLER
        + "        if len(event) < 5:\n            await self.channel_layer.group_send(self.room_group_name, event | {'x': 1} | ({'y': 1} if 'x' in event else {}) | ({'z': 1} if 'y' in event else {}))\n",
        "C515",
        "chat_message",
    ),
    Plant(
        "the event's type is receive",
        "async",
        CONSUMERS,
        '"chat.message"',
        '"receive"',
        "C522",
        "calls receive() with the event",
    ),
    Plant("only for some", "async", CONSUMERS, HANDLER, ONLY_FIRST, "C516", "chat_message"),
    Plant(
        "a tuple",
        "async",
        CONSUMERS,
        'f"chat_{self.room_name}"',
        'f"chat_{self.room_name}",',
        "C503",
        "tuple",
    ),
    Plant(
        "arguments in the wrong order",
        "async",
        CONSUMERS,
        "group_add(self.room_group_name, self.channel_name)",
        "group_add(self.channel_name, self.room_group_name)",
        "C505",
        "wrong order",
    ),
    Plant("group_add forgotten", "async", CONSUMERS, ADD, "", "C501"),
    Plant(
        "group_add in receive",
        "async",
        CONSUMERS,
        ADD,
        "",
        "C501",
        "that is at chat/consumers.py:1",
        also=(CONSUMERS, RECEIVED, RECEIVED + ADD),
    ),
    Plant("group_add forgotten, synchronous", "groups", CONSUMERS, SYNC_ADD, "", "C501"),
    Plant("group_discard forgotten", "async", CONSUMERS, DISCARD, "", "C512", "never called"),
    Plant(
        "group_discard of another group",
        "async",
        CONSUMERS,
        "group_discard(self.room_group_name",
        "group_discard(self.room_name",
        "C512",
        "another group",
    ),
    Plant(
        "no handler",
        "async",
        CONSUMERS,
        "def chat_message",
        "def chat_messages",
        "C507",
        "'chat_messages'",
    ),
    Plant(
        "a hyphen in the type",
        "groups",
        CONSUMERS,
        '"chat.message"',
        '"chat-message"',
        "C507",
        "only a dot becomes an underscore",
    ),
    Plant(
        "type misspelt",
        "groups",
        CONSUMERS,
        '"chat.message"',
        '"chat.mesage"',
        "C507",
        "chat_mesage",
    ),
    Plant(
        "async_to_sync forgotten: group_add",
        "groups",
        CONSUMERS,
        "async_to_sync(self.channel_layer.group_add)",
        "self.channel_layer.group_add",
        "C506",
        "group_add",
    ),
    Plant(
        "async_to_sync forgotten: group_send",
        "groups",
        CONSUMERS,
        "async_to_sync(self.channel_layer.group_send)",
        "self.channel_layer.group_send",
        "C506",
        "group_send",
    ),
    Plant(
        "back to oneself alone",
        "async",
        CONSUMERS,
        GROUP_SEND,
        '        await self.send(text_data=json.dumps({"message": message}))\n',
        "C502",
    ),
    Plant(
        "back to oneself alone, synchronous",
        "groups",
        CONSUMERS,
        SYNC_GROUP_SEND,
        '        self.send(text_data=json.dumps({"message": message}))\n',
        "C502",
    ),
    Plant(
        "one group for every room",
        "async",
        CONSUMERS,
        'f"chat_{self.room_name}"',
        '"chat_room"',
        "C513",
        "chat_room",
    ),
    Plant(
        "the f is missing",
        "groups",
        CONSUMERS,
        'f"chat_{self.room_name}"',
        '"chat_self.room_name"',
        "C513",
    ),
    Plant(
        "the name is cut off",
        "async",
        CONSUMERS,
        "{self.room_name}",
        "{self.room_name[:8]}",
        "C513",
        "a_long_name",
    ),
    Plant(
        "the name stored in the class",
        "async",
        CONSUMERS,
        "self.room_group_name",
        "ChatConsumer.room_group_name",
        "C513",
    ),
    Plant(
        "a handler in a method",
        "async",
        CONSUMERS,
        "    async def chat_message(self, event):\n    ",
        "        async def chat_message(self, event):\n        ",
        "C507",
        "indentation",
    ),
    Plant("a bad group name", "async", CONSUMERS, 'f"chat_{', 'f"chat {', "C503", "chat lobby"),
    Plant(
        "another group",
        "async",
        CONSUMERS,
        "group_send(\n            self.room_group_name",
        'group_send(\n            f"room_{self.room_name}"',
        "C504",
        "room_lobby",
    ),
    Plant(
        "the name for the channel",
        "async",
        CONSUMERS,
        "group_add(self.room_group_name, self.channel_name",
        "group_add(self.room_group_name, self.room_name",
        "C505",
    ),
    Plant("no type", "async", CONSUMERS, '"type": "chat.message", ', "", "C508"),
    Plant(
        "a silent handler",
        "groups",
        CONSUMERS,
        '        self.send(text_data=json.dumps({"message": event["message"]}))',
        "        print(event)",
        "C509",
        "chat_message",
    ),
    Plant(
        "twice",
        "async",
        CONSUMERS,
        GROUP_SEND,
        GROUP_SEND + '        await self.send(text_data=json.dumps({"message": message}))\n',
        "C510",
    ),
    Plant(
        "a group each",
        "async",
        CONSUMERS,
        "chat_{self.room_name}",
        "chat_{self.room_name}_{id(self)}",
        "C511",
    ),
    Plant(
        "async def in a synchronous consumer",
        "echo",
        CONSUMERS,
        "def receive",
        "async def receive",
        "C606",
        "receive",
    ),
    Plant(
        "group_send for group_add",
        "async",
        CONSUMERS,
        "group_add",
        "group_send",
        "C518",
        "group_send at chat/consumers.py:11 is given a text and a channel",
    ),
    Plant(
        "group_add for group_send, synchronous",
        "groups",
        CONSUMERS,
        "group_send",
        "group_add",
        "C518",
        "is given a text and an event",
    ),
    Plant(
        "150 events",
        "async",
        CONSUMERS,
        GROUP_SEND,
        "        for number in range(150):\n    " + GROUP_SEND.replace("\n    ", "\n        "),
        "C519",
        "150 events",
    ),
    Plant("send for group_send", "async", CONSUMERS, "group_send", "send", "C520", "'chat_lobby'"),
    Plant(
        "group_discard in connect",
        "async",
        CONSUMERS,
        ADD,
        ADD + ADD.replace("group_add", "group_discard"),
        "C521",
        "chat/consumers.py:12",
    ),
    Plant(
        "an exception that is caught, with the layer",
        "async",
        CONSUMERS,
        GROUP_SEND,
        "        try:\n            await self.channel_layer.group_send(self.room, {})\n"
        "        except Exception as error:\n            print(error)\n",
        "C330",
        "consumers.py:21 raises AttributeError",
    ),
    Plant(
        "one of two groups isn't left",
        "async",
        CONSUMERS,
        ADD,
        ADD + '        await self.channel_layer.group_add("everyone", self.channel_name)\n',
        "C512",
        "'everyone': group_discard is never called for it",
    ),
    Plant(
        "a group for each connection",
        "async",
        CONSUMERS,
        '{self.room_name}"',
        """{self.scope['client'][1]}\"""",
        "C511",
        "isn't made from the room's name only",
    ),
    Plant(
        "group_discard after the first message",
        "async",
        CONSUMERS,
        HANDLER,
        HANDLER + ADD.replace("group_add", "group_discard"),
        "C521",
        "group 'chat_lobby' again",
    ),
    Plant("a method for a type", "async", CONSUMERS, '"chat.message"', "self.chat_message", "C508"),
]
