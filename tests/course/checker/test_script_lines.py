"""A fault of a page's script is cited at the line to change, which isn't always where it was seen."""

import pytest

from chatdemo.course import outline
from tests.course.checker.planted.plant import INDEX, ROOM
from tests.course.checker.projects import check_folder, write

pytestmark = pytest.mark.usefixtures("warm", "page_browser")
SCHEME = "const scheme = window.location.protocol === 'https:' ? 'wss://' : 'ws://';"
IN_BRACES = "if (window.location) {\n      const scheme = 'ws://';\n    }"
SOCKET = "const chatSocket = new WebSocket("
CLICK = "sendButton.onclick = function() {"
KEY = "messageInput.onkeydown = function(event) {"
NAME = '{{ room_name|json_script:"room-name" }}'
#: By what is wrong: a file, what is replaced by what, and the line that is cited.
LINES = {
    "a handler that is called": (ROOM, CLICK, "sendButton.onclick = say();\n    function say() {"),
    "a handler of keys that is called": (
        *(ROOM, KEY),
        "messageInput.onkeydown = onKey();\n    function onKey(event) {",
    ),
    "json_script without an id": (ROOM, NAME, "{{ room_name|json_script }}"),
    "json_script with another id": (ROOM, NAME, NAME.replace("room-name", "roomname")),
    "a const between braces": (ROOM, SCHEME, IN_BRACES),
    "a collection without focus()": (
        *(ROOM, "querySelector('#chat-message-input')"),
        "getElementsByClassName('chat-message-input')",
    ),
    "a collection as the log": (
        *(ROOM, "querySelector('#chat-log')"),
        "getElementsByTagName('textarea')",
    ),
    "a lookup of nothing": (ROOM, "querySelector('#chat-message-", "querySelector('#chat-mesage-"),
    "an element's name for its id": (ROOM, 'id="chat-message-input"', 'name="chat-message-input"'),
    "keys of another element": (ROOM, "messageInput.onkeydown", "chatLog.onkeydown"),
    "an event's name with on": (
        *(ROOM, KEY),
        "messageInput.addEventListener('onkeydown', onKey);\n    function onKey(event) {",
    ),
    "a form whose event isn't refused": (
        *(ROOM, CLICK),
        CLICK.replace("()", "(event)") + "\n      event.preventDefault;",
    ),
    "a log that is emptied": (
        ROOM,
        "chatLog.value +=",
        "chatLog.value = '';\n      chatLog.value +=",
    ),
    "a property": (INDEX, "nameInput.value", "nameInput.Value"),
    "the index page's handler, called": (
        *(INDEX, "enterButton.onclick = function() {"),
        "enterButton.onclick = enter();\n    function enter() {",
    ),
}
#: What of the changed text is in the cited line, where that isn't its first line.
CITED = {
    "a const between braces": "const scheme",
    "a form whose event isn't refused": "preventDefault;",
}


@pytest.mark.parametrize("what", LINES)
def test_the_line_to_change_is_cited(what, tmp_path):
    file, old, new = LINES[what]
    files = outline.find_step("room").project()
    assert old in files[file]
    files[file] = files[file].replace(old, new, 1)
    if "form" in what:
        button = 'id="chat-message-submit" type="button"'
        assert button in files[file]
        files[file] = files[file].replace(button, button.replace('"button"', '"submit"'))
        files[file] = files[file].replace("<br>", "<br><form>")
    fault = check_folder(write(tmp_path / "project", files), "room").fault
    assert (fault.file, fault.line > 0) == (file, True), fault
    line = files[file].splitlines()[fault.line - 1]
    assert CITED.get(what, new.splitlines()[0]) in line, (line, fault)


def test_where_the_cause_is_not_sure_the_line_is_only_where_the_browser_stopped(tmp_path):
    files = outline.find_step("room").project()
    files[ROOM] = files[ROOM].replace("messageInput.focus();", "show(messageInput);")
    fault = check_folder(write(tmp_path / "project", files), "room").fault
    assert fault.hint == "The browser stopped here: show(messageInput);"


def test_a_script_in_a_static_file_is_cited_by_its_own_line(tmp_path):
    files = outline.find_step("room").project()
    files[ROOM] = files[ROOM].replace(
        "<script>", "{% load static %}<script src=\"{% static 'chat/room.js' %}\"></script><script>"
    )
    files["chat/static/chat/room.js"] = (
        "// the log\nconst log = document.getElementById('log-chat');\nlog.value = '';\n"
    )
    fault = check_folder(write(tmp_path / "project", files), "room").fault
    assert (fault.file, fault.line) == ("chat/static/chat/room.js", 2), fault
