"""Chats that do more than the tutorial's are right, too."""

from collections.abc import Callable
from pathlib import Path

import pytest

from chatdemo.course import outline
from chatdemo.course.checker.report import CheckResult
from tests.course.checker.planted.plant import CONSUMERS, INDEX, ROOM, ROUTES, VIEWS
from tests.course.checker.projects import check_folder, unusual, write

pytestmark = pytest.mark.usefixtures("warm")
Files = dict[str, str]
CHANGES: dict[str, Callable[[Files], None]] = {}
MODELS, STATIC, MIGRATION = "chat/models.py", "chat/static/chat/room.js", "chat/migrations/"
SHOWN = "chatLog.value += data.message + '\\n';"
SENT = "JSON.stringify({message: messageInput.value})"
FRAME = 'text_data=json.dumps({"message": event["message"]})'
GROUP_SEND = """        await self.channel_layer.group_send(
            self.room_group_name, {"type": "chat.message", "message": message}
        )
"""


def change(name: str):
    def add(function: Callable[[Files], None]) -> Callable[[Files], None]:
        CHANGES[name] = function
        return function

    return add


def replace(files: Files, file: str, *pairs: tuple[str, str]) -> None:
    for old, new in pairs:
        assert old in files[file], old
        files[file] = files[file].replace(old, new)


@change("a user's name in the frame")
def _(files):
    name = 'self.scope["user"].username or "guest"'
    replace(
        files,
        CONSUMERS,
        ('"message": message}', f'"message": message, "name": {name}}}'),
        (FRAME, 'text_data=json.dumps({"message": event["message"], "name": event["name"]})'),
    )
    replace(files, ROOM, (SHOWN, "chatLog.value += `${data.name}: ${data.message}\\n`;"))


@change("other ids, and paragraphs")
def _(files):
    for id, other in (
        ("chat-log", "messages"),
        ("chat-message-input", "text"),
        ("chat-message-submit", "say"),
    ):
        files[ROOM] = files[ROOM].replace(id, other)
    replace(
        files,
        ROOM,
        (
            '<textarea id="messages" rows="10" cols="38" readonly></textarea>',
            '<div id="messages"></div>',
        ),
        (
            SHOWN,
            "chatLog.append(Object.assign(document.createElement('p'), {textContent: data.message}));",
        ),
    )


@change("a draft at each key")
def _(files):
    replace(
        files,
        ROOM,
        (
            "    messageInput.focus();",
            "    messageInput.oninput = function() {\n"
            "      chatSocket.send(JSON.stringify({draft: messageInput.value}));\n    };\n"
            "    messageInput.focus();",
        ),
    )
    replace(
        files,
        CONSUMERS,
        (
            'message = json.loads(text_data)["message"]',
            'message = json.loads(text_data).get("message")\n'
            "        if message is None:  # a draft\n            return",
        ),
    )


@change("optional keys")
def _(files):
    replace(
        files,
        ROOM,
        (
            SHOWN,
            "const from = data.name ? data.name + ': ' : '';\n      "
            + SHOWN.replace("data.m", "from + data.m"),
        ),
    )


@change("the name before the message")
def _(files):
    replace(files, CONSUMERS, ('"message": message}', '"message": "guest: " + message}'))


@change("a name that is asked for")
def _(files):
    replace(
        files,
        ROOM,
        ("const scheme", "const name = prompt('Your name?');\n    const scheme"),
        (SENT, "JSON.stringify({message: messageInput.value, name: name})"),
    )
    replace(
        files,
        CONSUMERS,
        (
            'message = json.loads(text_data)["message"]',
            'd = json.loads(text_data)\n        message = d["name"] + ": " + d["message"]',
        ),
    )


@change("a join message and a leave message")
def _(files):
    said = '        await self.channel_layer.group_send(self.room_group_name, {"type": "chat.message", "message": "Somebody %s."})\n'
    replace(
        files,
        CONSUMERS,
        ("        await self.accept()\n", "        await self.accept()\n" + said % "joined"),
        (
            "async def disconnect(self, close_code):\n",
            "async def disconnect(self, close_code):\n" + said % "left",
        ),
    )


@change("the last messages on connect")
def _(files):
    replace(
        files,
        CONSUMERS,
        ("class ChatConsumer", "history = {}\n\n\nclass ChatConsumer"),
        (
            "        await self.accept()\n",
            "        await self.accept()\n        for message in history.get(self.room_name, []):\n"
            '            await self.send(text_data=json.dumps({"message": message}))\n',
        ),
        (
            GROUP_SEND,
            "        history.setdefault(self.room_name, []).append(message)\n" + GROUP_SEND,
        ),
    )


def stored(files: Files) -> None:
    """With a model, and its migration."""
    files[MODELS] = (
        "from django.db import models\n\n\nclass Message(models.Model):\n"
        "    room = models.CharField(max_length=100)\n    text = models.TextField()\n"
    )
    files[MIGRATION + "__init__.py"] = ""
    files[MIGRATION + "0001_initial.py"] = (
        "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n"
        "    initial = True\n    operations = [migrations.CreateModel('Message', [\n"
        "        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),\n"
        "        ('room', models.CharField(max_length=100)), ('text', models.TextField())])]\n"
    )
    files[CONSUMERS] = files[CONSUMERS].replace(
        "import json\n", "import json\n\nfrom .models import Message\n"
    )


@change("guests refused")
def _(files):
    replace(
        files,
        CONSUMERS,
        (
            "    async def connect(self):\n",
            "    async def connect(self):\n        if not self.scope['user'].is_authenticated:\n"
            "            await self.close()\n            return\n",
        ),
    )


@change("pages for users only")
def _(files):
    replace(
        files,
        VIEWS,
        (
            "from django.shortcuts",
            "from django.contrib.auth.decorators import login_required\nfrom django.shortcuts",
        ),
        ("def index", "@login_required\ndef index"),
        ("def room", "@login_required\ndef room"),
    )
    CHANGES["guests refused"](files)


@change("rooms for users only")
def _(files):
    CHANGES["pages for users only"](files)
    replace(files, VIEWS, ("@login_required\ndef index", "def index"))


@change("a Content-Security-Policy with a nonce")
def _(files):
    replace(
        files,
        VIEWS,
        (
            '    return render(request, "chat/room.html"',
            '    response = render(request, "chat/room.html"',
        ),
    )
    files[VIEWS] += (
        '    response["Content-Security-Policy"] = (\n'
        "        \"default-src 'self'; script-src 'nonce-abc'; frame-ancestors 'none'\"\n"
        "    )\n    return response\n"
    )
    replace(files, ROOM, ("<script>", '<script nonce="abc">'))


@change("guests only read")
def _(files):
    replace(
        files,
        CONSUMERS,
        (
            "        message = json.loads",
            "        if not self.scope['user'].is_authenticated:\n            return\n"
            "        message = json.loads",
        ),
    )


@change("an input for users only")
def _(files):
    replace(
        files,
        ROOM,
        (
            '<input id="chat-message-input"',
            '{% if user.is_authenticated %}<input id="chat-message-input"',
        ),
        ('value="Send">', 'value="Send">{% else %}<p>Log in first.</p>{% endif %}'),
    )
    CHANGES["guests only read"](files)


@change("the script in a static file")
def _(files):
    start, end = files[ROOM].index("<script>"), files[ROOM].index("</script>\n</body>")
    files[STATIC] = files[ROOM][start + len("<script>") : end]
    tag = "<script src=\"{% static 'chat/room.js' %}\">"
    files[ROOM] = "{% load static %}" + files[ROOM][:start] + tag + files[ROOM][end:]


@change("a module script")
def _(files):
    replace(files, ROOM, ("<script>", '<script type="module">'))


@change("a base template")
def _(files):
    files["chat/templates/chat/base.html"] = (
        "<!DOCTYPE html>\n<html>\n<head><title>{% block title %}Chat{% endblock %}</title></head>\n"
        "<body>\n{% block content %}{% endblock %}\n</body>\n</html>\n"
    )
    body = files[ROOM].partition("<body>\n")[2].partition("</body>")[0]
    files[ROOM] = (
        '{% extends "chat/base.html" %}\n{% block content %}\n' + body + "{% endblock %}\n"
    )


@change("frames with a type")
def _(files):
    replace(
        files,
        ROOM,
        (SENT, "JSON.stringify({type: 'message', content: {text: messageInput.value}})"),
        (SHOWN, "if (data.type === 'message') chatLog.value += data.content.text + '\\n';"),
    )
    replace(
        files,
        CONSUMERS,
        ('json.loads(text_data)["message"]', 'json.loads(text_data)["content"]["text"]'),
        (FRAME, 'text_data=json.dumps({"type": "message", "content": {"text": event["message"]}})'),
    )


@change("frames of plain text")
def _(files):
    replace(
        files,
        ROOM,
        (SENT, "messageInput.value"),
        ("JSON.parse(event.data)", "{message: event.data}"),
    )
    replace(
        files,
        CONSUMERS,
        ('json.loads(text_data)["message"]', "text_data"),
        (FRAME, 'text_data=event["message"]'),
    )


@change("an element instead of a textarea")
def _(files):
    replace(
        files,
        ROOM,
        (
            '<textarea id="chat-log" rows="10" cols="38" readonly></textarea>',
            '<div id="chat-log"></div>',
        ),
        (
            SHOWN,
            "const p = document.createElement('p'); p.textContent = data.message; chatLog.append(p);",
        ),
    )


@change("a form")
def _(files):
    replace(
        files,
        ROOM,
        ('<input id="chat-message-input"', '<form id="f"><input id="chat-message-input"'),
        ('type="button" value="Send">', 'type="submit" value="Send"></form>'),
        (
            "sendButton.onclick = function() {",
            "document.getElementById('f').onsubmit = function(event) {\n      event.preventDefault();",
        ),
        ("        sendButton.click();", ""),
    )


@change("an index with a form")
def _(files):
    files[INDEX] = (
        '<form action="{% url \'index\' %}"><input id="room-name-input" name="room" autofocus>\n'
        '<button id="room-name-submit">Go</button></form>\n<ul><li><a href="/chat/lobby/">lobby</a></ul>\n'
    )
    replace(
        files,
        VIEWS,
        ("import render", "import redirect, render"),
        (
            "def index(request):\n",
            "def index(request):\n    if name := request.GET.get('room'):\n        return redirect('room', room_name=name)\n",
        ),
    )


@change("a typing indicator")
def _(files):
    replace(
        files,
        ROOM,
        (
            "    messageInput.focus();",
            "    messageInput.oninput = () => chatSocket.send(JSON.stringify({typing: true}));\n    messageInput.focus();",
        ),
        (SHOWN, "if (data.message) " + SHOWN),
    )
    replace(
        files,
        CONSUMERS,
        (
            '        message = json.loads(text_data)["message"]\n',
            '        data = json.loads(text_data)\n        if "typing" in data:\n'
            '            await self.channel_layer.group_send(self.room_group_name, {"type": "chat.typing"})\n            return\n'
            '        message = data["message"]\n',
        ),
        (
            "    async def chat_message",
            '    async def chat_typing(self, event):\n        await self.send(text_data=json.dumps({"typing": True}))\n\n    async def chat_message',
        ),
    )


@change("a page that connects again")
def _(files):
    start = files[ROOM].index("    const chatSocket = new WebSocket(")
    end = files[ROOM].index("    sendButton.onclick")
    body = (
        files[ROOM][start:end]
        .replace("const chatSocket", "chatSocket")
        .replace("console.error('The chat socket is closed.')", "setTimeout(connect, 1000)")
    )
    files[ROOM] = (
        files[ROOM][:start]
        + "let chatSocket;\n    function connect() {\n"
        + body
        + "    }\n    connect();\n"
        + files[ROOM][end:]
    )


@change("listeners")
def _(files):
    replace(
        files,
        ROOM,
        (
            "chatSocket.onmessage = function(event) {",
            "chatSocket.addEventListener('message', (event) => {",
        ),
        (SHOWN + "\n    };", SHOWN + "\n    });"),
        ("messageInput.onkeydown", "messageInput.onkeyup"),
        ("event.key === 'Enter'", "event.keyCode === 13"),
    )


@change("a second group, and who is here")
def _(files):
    replace(
        files,
        CONSUMERS,
        ("class ChatConsumer", "online = set()\n\n\nclass ChatConsumer"),
        (
            "        await self.accept()\n",
            '        await self.channel_layer.group_add("everybody", self.channel_name)\n        await self.accept()\n'
            "        online.add(self.channel_name)\n"
            '        await self.channel_layer.group_send("everybody", {"type": "chat.count", "count": len(online)})\n',
        ),
        (
            "async def disconnect(self, close_code):\n",
            "async def disconnect(self, close_code):\n        online.discard(self.channel_name)\n"
            '        await self.channel_layer.group_discard("everybody", self.channel_name)\n',
        ),
        (
            GROUP_SEND,
            GROUP_SEND
            + '        await self.channel_layer.group_send("everybody", {"type": "chat.count", "count": len(online)})\n',
        ),
        (
            "    async def chat_message",
            '    async def chat_count(self, event):\n        await self.send(text_data=json.dumps({"count": event["count"]}))\n\n    async def chat_message',
        ),
    )
    replace(files, ROOM, (SHOWN, "if (data.message) " + SHOWN))


@change("another address")
def _(files):
    replace(files, ROOM, ("'/ws/chat/'", "'/ws/rooms/'"))
    replace(files, ROUTES, ("ws/chat/", "ws/rooms/"))


@change("a library of another site")
def _(files):
    replace(
        files,
        ROOM,
        ("</head>", '<link rel="stylesheet" href="https://cdn.invalid/a.css"></head>'),
        (
            "<script>",
            '<script src="https://cdn.invalid/library.js"></script><script>library.start();',
        ),
    )


@change("a sound")
def _(files):
    replace(files, ROOM, (SHOWN, SHOWN + " Promise.reject(new Error('not allowed to play'));"))


@change("rooms without capitals")
def _(files):
    replace(files, CONSUMERS, ('f"chat_{self.room_name}"', 'f"chat_{self.room_name.lower()}"'))


@change("stored messages")
def _(files):
    stored(files)
    replace(
        files,
        CONSUMERS,
        (
            "        await self.accept()\n",
            "        await self.accept()\n        async for m in Message.objects.filter(room=self.room_name):\n"
            '            await self.send(text_data=json.dumps({"message": m.text}))\n',
        ),
        (
            GROUP_SEND,
            "        await Message.objects.acreate(room=self.room_name, text=message)\n"
            + GROUP_SEND,
        ),
    )


@change("a message that its own page shows")
def _(files):
    replace(
        files,
        CONSUMERS,
        ('"message": message}', '"message": message, "sender": self.channel_name}'),
        (
            "    async def chat_message(self, event):\n",
            '    async def chat_message(self, event):\n        if event["sender"] == self.channel_name:\n'
            "            return\n",
        ),
    )
    replace(
        files,
        ROOM,
        (
            "      chatSocket.send(",
            "      chatLog.value += messageInput.value + '\\n';\n      chatSocket.send(",
        ),
    )


@change("a token in the address")
def _(files):
    replace(files, ROOM, ("roomName + '/'", "roomName + '/?token=abc'"))
    replace(
        files,
        CONSUMERS,
        (
            "    async def connect(self):\n",
            "    async def connect(self):\n        if self.scope['query_string'] != b'token=abc':\n"
            "            return await self.close(4003)\n",
        ),
    )


@change("rooms that exist")
def _(files):
    replace(
        files,
        VIEWS,
        ("import render", "import render\nfrom django.http import Http404"),
        (
            "def room(request, room_name):\n",
            "def room(request, room_name):\n    if room_name not in ('lobby', 'python'):\n        raise Http404\n",
        ),
    )


@change("fragments of HTML")
def _(files):
    replace(files, CONSUMERS, (FRAME, "text_data='<p>' + event['message'] + '</p>'"))
    replace(
        files,
        ROOM,
        (
            "const data = JSON.parse(event.data);",
            "const t = document.createElement('template'); t.innerHTML = event.data;",
        ),
        (SHOWN, "chatLog.value += t.content.firstElementChild.textContent + '\\n';"),
    )


#: What a page's log looks like is its own affair.
for log, line in {
    "messages with a separator": "chatLog.value += data.message + ' | ';",
    "messages with their time": (
        "chatLog.value += `${data.message} (${new Date().toLocaleString()})\\n`;"
    ),
    "names in angle brackets": "chatLog.value += '<guest> ' + data.message + '\\n';",
    "the newest message first": "chatLog.value = data.message + '\\n' + chatLog.value;",
    "messages that are shown later": f"setTimeout(() => {{ {SHOWN} }}, 300);",
}.items():
    change(log)(lambda files, line=line: replace(files, ROOM, (SHOWN, line)))


@change("messages side by side")
def _(files):
    log = '<textarea id="chat-log" rows="10" cols="38" readonly></textarea>'
    shown = "const said = document.createElement('b'); said.innerText = data.message;"
    replace(
        files,
        ROOM,
        (log, '<div id="chat-log" style="display: flex"></div>'),
        (SHOWN, f"{shown} chatLog.append(said);"),
    )


#: What is noted, by a part of it. The rest is to be silent.
#: Channels calls disconnect for a refused WebSocket, too.
REFUSAL = "reads self.room_group_name, but connect may end"
NOTES = {
    "guests refused": ["refuses guests", REFUSAL],
    "pages for users only": ["refuses guests", "sent to /accounts/login/, where", REFUSAL],
    "listeners": ["keyCode, which browsers have only"],
    "rooms for users only": ["refuses guests", "sent to /accounts/login/, where", REFUSAL],
    "a token in the address": [REFUSAL],
    "guests only read": ["refuses guests"],
    "an input for users only": ["refuses guests"],
    "a library of another site": ["https://cdn.invalid/library.js"],
    "a sound": ["not allowed to play"],
    "stored messages": ["has no database yet"],
    "other ids, and paragraphs": ["works without #chat-log and #chat-message-input"],
    "rooms without capitals": ["they are one room"],
}
#: Only a browser shows what the page sends, to which address, or what it has for a user.
IN_BROWSER = {
    "other ids, and paragraphs",
    "a message that its own page shows",
    "a token in the address",
    "a name that is asked for",
    "frames with a type",
    "another address",
    "an input for users only",
    "a library of another site",
    "a sound",
}


def check(name: str, folder: Path) -> CheckResult:
    files = outline.find_step("async").project()
    CHANGES[name](files)
    project = write(folder, files)
    return check_folder(project, "async")


def has_only(notes: list[str], texts: list[str]) -> bool:
    """Whether there is one note for each text, with that in it."""
    return len(notes) == len(texts) and all(any(text in note for note in notes) for text in texts)


@pytest.mark.parametrize("name", CHANGES)
def test_a_chat_that_does_more_is_no_fault(name, tmp_path, page_browser):
    result = check(name, tmp_path / "project")
    assert result.fault is None or result.fault.step == "tests", result.fault
    assert result.done[-1] == "async"
    assert has_only(unusual(result.notes), NOTES.get(name, []))


@pytest.mark.parametrize("name", [name for name in CHANGES if name not in IN_BROWSER])
def test_a_chat_that_does_more_is_no_fault_without_a_browser(name, tmp_path, no_browser):
    result = check(name, tmp_path / "project")
    assert result.fault is None or result.fault.step == "tests", result.fault
    assert result.done[-1] == "async" and result.why_no_pages
    assert has_only(unusual(result.notes), NOTES.get(name, []))
