"""Faults of the pages' scripts, which only a browser shows (steps 1 and 2)."""

from typing import Any

from tests.course.checker.planted.plant import CONSUMERS, INDEX, ROOM, VIEWS, Plant


def in_room(what: str, old: str | None, new: str, id: str, cause: str = "", **more: Any) -> Plant:
    return Plant(what, "groups", ROOM, old, new, id, cause, in_browser=True, **more)


def in_index(what: str, old: str, new: str, id: str, cause: str = "") -> Plant:
    return Plant(what, "index", INDEX, old, new, id, cause, in_browser=True)


STATIC = """{% load static %}<script src="{% static 'chat/room.js' %}"></script><script type="x">"""
SAY = """\
function say() {
      chatSocket.send(JSON.stringify({message: messageInput.value}));
    }

    sendButton.addEventListener('click', say);
    sendButton.oninput = function() {"""
OPENED = "scheme + window.location.host + '/ws/chat/' + roomName + '/'"
LOG = '<textarea id="chat-log" rows="10" cols="38" readonly></textarea>'
ADDED = "chatLog.value += data.message + '\\n'"
INPUTS = """\
  <input id="chat-message-input" type="text" size="28">
  <input id="chat-message-submit" type="button" value="Send">
"""
IN_A_FORM = f"<form>\n{INPUTS.replace('button', 'submit')}</form>\n"
READ_LOG, DID = "Document.querySelector('#chat-log')", "Did you mean 'document'?"
CLICKED = "sendButton.onclick = function() {"
SENT_AT_ONCE = "sendButton.onclick = send();\n    function send() {"
SENDS_ITS_VALUE = (
    "sendButton.onclick = function(event) {\n      messageInput.value = sendButton.value;"
)
EXTENDS = '{% extends "chat/index.html" %}\n'
ELEMENTS = """\
{% block body %}
  <textarea id="chat-log"></textarea>
  <input id="chat-message-input">
  <button id="chat-message-submit">Send</button>
{% endblock %}
"""
LEFT_OUT = f"""\
{EXTENDS}{ELEMENTS}
<script>const chatSocket = new WebSocket('ws://' + window.location.host + '/ws/chat/lobby/')</script>
"""
INDEX_INPUTS = """\
  <input id="room-name-input" type="text">
  <input id="room-name-submit" type="button" value="Enter">
"""
INDEX_FORM = f"<form>\n{INDEX_INPUTS.replace('button', 'submit')}</form>\n"
READ_NAME = "JSON.parse(document.querySelector('#room-name').textContent)"
NOT_DEFINED, NOT_A_FUNCTION = "is not defined", "is not a function"
PLANTS = [
    # exceptions
    in_index("a brace", "onclick = function() {", "onclick = function()", "C113", "SyntaxError"),
    in_index("a quotation mark", "'Enter'", "'Enter", "C113", "SyntaxError"),
    in_index("an id", "'#room-name-input'", "'#room-input'", "C113", "The page has"),
    in_index("no #", "'#room-name-input'", "'room-name-input'", "C113", "begins with '#'"),
    in_room("a bracket", "messageInput.value}));", "messageInput.value});", "C113", "missing )"),
    in_room("the id of the log", "querySelector('#chat-log')", "querySelector('chat-log')", "C113"),
    in_room("an id by #", "querySelector('#chat-log')", "getElementById('#chat-log')", "C113"),
    in_room("a name", "chatSocket.send(", "chatsocket.send(", "C113", "'chatSocket'"),
    in_room("e for event", "JSON.parse(event.data)", "JSON.parse(e.data)", "C113"),
    in_room("a keyword", "onmessage = function(", "onmessage = functon(", "C113", "SyntaxError"),
    in_room("stringfy", "JSON.stringify", "JSON.stringfy", "C113", "'stringify'"),
    in_room("sent", "chatSocket.send(", "chatSocket.sent(", "C113", NOT_A_FUNCTION),
    in_room("JSON of the event", "JSON.parse(event.data)", "JSON.parse(event)", "C113", "data"),
    in_room("a comment", "const chatLog", "# the log\n    const chatLog", "C113", "//"),
    in_room("no plus", "'/ws/chat/' + roomName", "'/ws/chat/' roomName", "C113", "SyntaxError"),
    in_room("a name twice", "const chatLog", "const roomName = 1;\n    const chatLog", "C113"),
    in_room("a name early", "const roomName", "roomName.trim();\n    const roomName", "C113"),
    in_room("a scheme", "'ws://'", "'ws//'", "C207", "/ws//"),
    in_room("unquoted", READ_NAME, "{{ room_name }}", "C113", NOT_DEFINED),
    in_room(
        "sent at once", "messageInput.focus();", "chatSocket.send('{}');", "C113", "CONNECTING"
    ),
    in_room(
        "a script in the head",
        "<title>",
        "<script>document.querySelector('#chat-log').value = '';</script><title>",
        "C113",
        "comes first",
    ),
    in_room(
        "another function",
        "onmessage = function(event) {",
        "onmessage = function(event) {\n      show(event);",
        "C113",
        "show",
    ),
    in_room("called at once", CLICKED, SENT_AT_ONCE, "C113", "the handler is send, without ()"),
    in_room("the template's name", READ_NAME, "room_name", "C113", "the template's names"),
    in_room("without new", "new WebSocket(", "WebSocket(", "C113", "new WebSocket(...)"),
    in_room("JSON in small letters", "JSON.stringify", "json.stringify", "C113", "'JSON'"),
    in_room("a type for an object", "document.querySelector('#chat-log')", READ_LOG, "C113", DID),
    in_room("Python's True", "messageInput.focus();", "let isOpen = True;", "C113", "has true"),
    in_room(
        "a property called", "messageInput.value}", "messageInput.value()}", "C113", "property"
    ),
    # tags
    in_room("a textarea", LOG, LOG.replace("</textarea>", ""), "C118", "<textarea>"),
    in_room("a comment in HTML", "<br>", "<br><!-- the form", "C118", "<!--"),
    in_room("a script", "</script>\n</body>", "</body>", "C118", "<script>"),
    # the index page
    in_index("elsewhere", "'/chat/' + nameInput", "'/' + nameInput", "C120", "opens /check_"),
    in_index("the click", "enterButton.click();", "enterButton.click;", "C121", "Enter"),
    in_index("another key", "=== 'Enter'", "=== 'Return'", "C121", "Enter"),
    in_index("the button", "enterButton.onclick", "enterButton.onClick", "C121"),
    in_index(
        "at once",
        "enterButton.onclick = function() {",
        "window.location.pathname = '/chat/lobby/';\n    enterButton.onclick = function() {",
        "C124",
        "/chat/lobby/",
    ),
    in_room("a loop", "messageInput.focus();", "while (!chatSocket.readyState) {}", "C123", ":45"),
    in_room("a class", "'#chat-message-input'", "'.chat-message-input'", "C113", "for an id"),
    in_room("a tag without its end", 'value="Send">', 'value="Send"', "C113", "may not be closed"),
    in_room("the browser's name", "new WebSocket", "new Websocket", "C113", "'WebSocket'"),
    in_room(
        "an empty message",
        "chatSocket.send",
        "messageInput.value = '';\n      chatSocket.send",
        "C221",
        '""',
    ),
    # the room's elements and files
    in_room("an element", 'id="chat-log"', "", "C202", "chat-log"),
    in_room("an element's id", 'id="chat-log"', 'id="chat_log"', "C202", "'chat_log'"),
    in_room(
        "a file",
        "<script>\n    const roomName",
        '<script src="/static/chat/room.js"></script><script>throw 1;\n    const roomName',
        "C122",
        "/static/chat/room.js",
    ),
    # the address
    in_room(
        "a script that doesn't run",
        "<script>\n    const roomName",
        '<script type="text/plain">\n    const roomName',
        "C206",
    ),
    in_room("wss", "? 'wss://' : 'ws://'", "? 'wss://' : 'wss://'", "C211"),
    in_room("another path", "'/ws/chat/'", "'/ws/'", "C207", "No room's"),
    in_room("no slash", "roomName + '/'", "roomName", "C207", "No room's"),
    in_room(
        "the host's name", "window.location.host ", "window.location.hostname ", "C207", "port"
    ),
    in_room(
        "a port", OPENED, "'ws://localhost:8000/ws/chat/' + roomName + '/'", "C207", "localhost"
    ),
    in_room("one room", "'/ws/chat/' + roomName", "'/ws/chat/lobby'", "C207", "lobby"),
    in_room("a room that is written out", READ_NAME, "'lobby'", "C207", "lobby"),
    in_room(
        "JSON that isn't parsed",
        READ_NAME,
        "document.querySelector('#room-name').textContent",
        "C210",
    ),
    Plant(
        "the name isn't passed on",
        "room",
        VIEWS,
        '{"room_name": room_name}',
        "{}",
        "C204",
        in_browser=True,
    ),
    # what is sent
    in_room(
        "another key", "{message: messageInput.value}", "{text: messageInput.value}", "C208", "text"
    ),
    in_room("Value", "messageInput.value}", "messageInput.Value}", "C208", "calls it 'value'"),
    in_room("a key", "event.key === 'Enter'", "event.key === 'enter'", "C212", "is 'Enter'"),
    in_room("a text of a number", "event.key === 'Enter'", "event.keyCode === '13'", "C212", "13"),
    in_room("backticks", OPENED, "'ws://${window.location.host}/'", "C207", "between backticks"),
    in_room(
        "no JSON", "JSON.stringify({message: messageInput.value})", "messageInput.value", "C208"
    ),
    in_room("the click", "sendButton.click();", "sendButton.click;", "C212", "Enter"),
    in_room("no button", "sendButton.onclick", "sendButton.onClick", "C212"),
    in_room("a key that is set", "event.key === 'Enter'", "event.key = 'Enter'", "C217"),
    in_room("a form", INPUTS, IN_A_FORM, "C214"),
    in_room(
        "a handler of another event", "sendButton.onclick", "chatSocket.onopen", "C212", "Enter"
    ),
    in_room(
        "a read-only input",
        '<input id="chat-message-input"',
        '<input readonly id="chat-message-input"',
        "C218",
    ),
    in_room(
        "keys refused",
        "      if (event.key",
        "      event.preventDefault();\n      if (event.key",
        "C218",
    ),
    in_room(
        "a label with its id",
        '<input id="chat-message-input"',
        '<label id="chat-message-input">Say</label><input id="chat-message-input"',
        "C218",
    ),
    in_room(
        "closed at once", "messageInput.value = '';\n    };", "chatSocket.close();\n    };", "C219"
    ),
    in_room("no slash before ws", "'/ws/chat/'", "'ws/chat/'", "C207", "host and port are"),
    # what is shown
    in_room("a slash", "'\\n'", "'/n'", "C220", "/n after a message"),
    in_room("a letter", "'\\n'", "'n'", "C220", "n after a message"),
    in_room("a backslash too many", "'\\n'", "'\\\\n'", "C220", "\\n after a message"),
    in_room("a tag in the text", "'\\n'", "'<br>'", "C220", "<br> after a message"),
    in_room("no end of a line", " + '\\n'", "", "C220", "nothing between two messages"),
    in_room("a value that isn't shown", LOG, '<div id="chat-log"></div>', "C215", "doesn't add"),
    in_room("the text of the event", "JSON.parse(event.data)", "event.data", "C208", "is a text"),
    in_room("another key is read", "data.message", "data.text", "C224", "reads data.text at"),
    in_room("no handler", "chatSocket.onmessage", "chatSocket.onmesage", "C209", "'onmessage'"),
    in_room("not shown", ADDED, "chatLog.title += data.message", "C215"),
    in_room("only the last", "chatLog.value +=", "chatLog.value =", "C216"),
    in_room(
        "HTML",
        ADDED,
        "document.querySelector('#chat-log').nextElementSibling.insertAdjacentHTML('afterend', data.message);\n      "
        + ADDED,
        "C213",
    ),
    # what the browser has recorded of handlers and elements
    in_room(
        "window.onload twice",
        CLICKED,
        "window.onload = function() {};\n    window.onload = function() {};\n    sendButton.onClick = function() {",
        "C212",
        "window.onload is set at",
    ),
    in_room(
        "an event that isn't one",
        "chatSocket.onmessage = function(event) {",
        "chatSocket.addEventListener('onmessage', show);\n    function show(event) {",
        "C209",
        "It is called 'message'",
    ),
    in_room(
        "two elements with one id",
        '  <input id="chat-message-input"',
        '  <input id="chat-message-input" type="hidden">\n  <input id="chat-message-input"',
        "C212",
        "Several elements have the id 'chat-message-input'",
    ),
    in_room(
        "a script that the browser refuses",
        "<title>",
        """<meta http-equiv="Content-Security-Policy" content="default-src 'self'"><title>""",
        "C206",
        "because of the Content-Security-Policy at",
    ),
    in_room(
        "the button's value", CLICKED, SENDS_ITS_VALUE, "C221", "That is the value of the button"
    ),
    in_room("no handler of a click", CLICKED, "function send() {", "C212", "none was set"),
    in_room(
        "a handler that sends nothing",
        "chatSocket.send(JSON",
        "if (messageInput.value === '') chatSocket.send(JSON",
        "C212",
        "runs the handler set at",
    ),
    in_room("a disabled button", 'type="button"', 'type="button" disabled', "C212", "is disabled"),
    in_room(
        "a handler that is set too late",
        CLICKED,
        "window.addEventListener('load', () => document.addEventListener('DOMContentLoaded', start));\n"
        "    function start() {};\n    function send() {",
        "C212",
        "never ran",
    ),
    in_room(
        "a WebSocket for each message",
        CLICKED,
        CLICKED
        + "\n      const chatSocket = new WebSocket('ws://' + window.location.host + '/ws/chat/x/');",
        "C113",
        "opens a WebSocket each time",
    ),
    in_room("a handler of open", "onmessage =", "onopen =", "C113", "is that of 'open'"),
    in_room(
        "loaded again by a timer",
        "messageInput.focus();",
        "setTimeout(() => window.location.reload(), 300);",
        "C124",
        ":45",
    ),
    in_room(
        "loaded again by a click",
        "messageInput.value = '';\n    };",
        "window.location.reload();\n    };",
        "C214",
        "opens /chat/check_",
    ),
    in_room(
        "another element gets the messages",
        ADDED,
        "messageInput.value += data.message",
        "C215",
        "has changed #chat-message-input",
    ),
    in_index("a form", INDEX_INPUTS, INDEX_FORM, "C120", "submits the form"),
    in_index("no handler", "enterButton.onclick = function() {", "function enter() {", "C121"),
    # templates
    in_room(
        "a comment over two lines",
        "    const chatLog",
        "    {# the\n    log #}\n    const chatLog",
        "C113",
        "{% comment %}",
    ),
    in_room(
        "a script with src and a text",
        "  <script>",
        '  <script src="/static/admin/js/theme.js">',
        "C206",
        "the browser runs only the file",
    ),
    in_room(
        "a condition that is never true",
        ADDED,
        "if (data.type === 'chat') " + ADDED,
        "C215",
        'ran with {"message": "enter_',
    ),
    in_room(
        "a module's function in an attribute",
        "  <script>",
        '  <img src="" alt="" onerror="sendIt()"><script type="module">',
        "C113",
        "sendIt is declared in a module",
        also=(ROOM, "sendButton.onclick = function() {", "function sendIt() {"),
    ),
    in_room(
        "preventDefault for each key",
        "messageInput.onkeydown = function(event) {",
        "messageInput.onkeydown = function(event) {\n      event.preventDefault();",
        "C218",
        "calls preventDefault() for each key",
    ),
    # what happens twice
    in_room(
        "two handlers of the button",
        'value="Send">',
        'value="Send" onclick="say()">',
        "C222",
        "it runs chat/templates/chat/room.html:11 and chat/templates/chat/room.html:38",
        also=(ROOM, "sendButton.onclick = function() {", SAY),
    ),
    in_room(
        "shown by the sender's page, too",
        "      messageInput.value = '';",
        "      chatLog.value += messageInput.value + '\\n';\n      messageInput.value = '';",
        "C223",
        "when it sends it, and again",
    ),
    in_room(
        "two handlers of messages",
        "    messageInput.focus();",
        "    chatSocket.addEventListener('message', chatSocket.onmessage);\n    messageInput.focus();",
        "C223",
        "set at",
    ),
    # what a line does
    in_index(
        "quotation marks for backticks",
        "'/chat/' + nameInput.value + '/'",
        "'/chat/${nameInput.value}/'",
        "C120",
        "between backticks",
    ),
    in_index(
        "a relative address",
        "window.location.pathname = '/chat/'",
        "window.location.href = 'chat/'",
        "C120",
        "no slash at its start",
    ),
    in_room(
        "a paragraph that isn't put into the page",
        LOG,
        '<div id="chat-log"></div>',
        "C215",
        "makes a <p> at chat/templates/chat/room.html:27",
        also=(ROOM, ADDED, "document.createElement('p').textContent = data.message"),
    ),
    in_room(
        "emptied too early",
        "      chatSocket.send(",
        "      messageInput.value = '';\n      chatSocket.send(",
        "C221",
        "empties the input before",
    ),
    in_room(
        "an element for its text",
        "querySelector('#room-name').textContent",
        "querySelector('#room-name')",
        "C113",
        "its text is its textContent",
    ),
    in_room(
        "a key that the frames don't have",
        ADDED,
        "chatLog.value += data.user + ': ' + data.message + '\\n'",
        "C224",
        "reads data.user at chat/templates/chat/room.html:27, and the frame has 'message' and 'name'",
        also=(
            CONSUMERS,
            '{"message": event["message"]}',
            '{"message": event["message"], "name": "guest"}',
        ),
    ),
    in_room(
        "a kind of frames that doesn't exist",
        ADDED,
        "if (data.kind === 'chat') chatLog.value += data.message",
        "C215",
        "It reads data.kind",
    ),
    in_index(
        "typographic quotation marks", "'/chat/' +", "\u2018/chat/\u2019 +", "C113", "typographic"
    ),
    in_room(
        "a brace that isn't closed",
        ADDED + ";\n    };",
        ADDED,
        "C113",
        "The { at chat/templates/chat/room.html:25 isn't closed",
    ),
    in_room(
        "disabled with false",
        "    messageInput.focus();",
        "    sendButton.setAttribute('disabled', false);",
        "C212",
        "whatever its value is",
    ),
    in_index("another letter of a key", "=== 'Enter'", "=== 'enter'", "C121", "is 'Enter'"),
    Plant(
        "a template's tag in a static file",
        "groups",
        "chat/static/chat/room.js",
        None,
        "const roomName = '{{ room_name }}';\nnew WebSocket('ws://' + location.host + '/ws/chat/' + roomName + '/');",
        "C204",
        "in templates only",
        in_browser=True,
        also=(ROOM, "<script>", STATIC),
    ),
    in_room(
        "an element is sent",
        "{message: messageInput.value}",
        "{message: messageInput}",
        "C221",
        "its text is its .value",
    ),
    # views
    Plant(
        "the name of the room's name",
        "groups",
        VIEWS,
        '"room_name": room_name',
        '"roomname": room_name',
        "C204",
        "(chat/views.py:9): the template reads 'room_name'",
        in_browser=True,
    ),
    Plant(
        "another page's template",
        "groups",
        VIEWS,
        '"chat/room.html"',
        '"chat/index.html"',
        "C202",
        "the view renders another template",
        in_browser=True,
    ),
    in_room("a block that doesn't exist", None, EXTENDS + ELEMENTS, "C202", "that has no blocks"),
    in_room("outside of the blocks", "<!DOCTYPE html>", EXTENDS, "C202", "outside of the blocks"),
    in_room(
        "a script outside of the blocks",
        None,
        LEFT_OUT,
        "C206",
        "outside of the blocks",
        also=(INDEX, "</body>", "{% block body %}{% endblock %}</body>"),
    ),
]
