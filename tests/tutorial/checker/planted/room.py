"""Faults of step 2, `room`."""

from tests.tutorial.checker.planted.plant import CHAT_URLS, ROOM, VIEWS, Plant

PLANTS = [
    Plant("wss", "room", ROOM, "window.location.protocol === 'https:' ? 'wss://' : 'ws://'", "'wss://'", "C211"),
    Plant(
        "a script without a bracket",
        "room",
        ROOM,
        "JSON.stringify({message: messageInput.value}))",
        "JSON.stringify({message: messageInput.value})",
        "C118",
    ),
    Plant(
        "JSON that isn't parsed",
        "room",
        ROOM,
        "JSON.parse(document.querySelector('#room-name').textContent)",
        "document.querySelector('#room-name').textContent",
        "C210",
    ),
    Plant("no id in the room", "async", ROOM, 'id="chat-log"', "", "C202", "chat-log"),
    Plant(
        "an id misspelt", "room", ROOM, 'id="chat-message-input"', 'id="chat-mesage-input"', "C202", "chat-mesage-input"
    ),
    Plant("always one room", "room", ROOM, "'/ws/chat/' + roomName", "'/ws/chat/lobby'", "C207", "/ws/chat/lobby/"),
    Plant(
        "the page parses the event", "async", ROOM, "JSON.parse(event.data)", "JSON.parse(event)", "C208", "event.data"
    ),
    Plant(
        "a room that is written out",
        "room",
        ROOM,
        "JSON.parse(document.querySelector('#room-name').textContent)",
        "'lobby'",
        "C207",
        "/ws/chat/lobby/",
    ),
    Plant("no path to the room", "room", CHAT_URLS, "<str:room_name>/", "room/<str:room_name>/", "C201", "no pattern"),
    Plant(
        "the view's parameter",
        "room",
        VIEWS,
        "def room(request, room_name)",
        "def room(request, name)",
        "C203",
        "room_name",
    ),
    Plant("the view without a parameter", "room", VIEWS, "def room(request, room_name)", "def room(request)", "C203"),
    Plant("the name isn't passed on", "room", VIEWS, '{"room_name": room_name}', "{}", "C204"),
    Plant(
        "mark_safe",
        "room",
        ROOM,
        '{{ room_name|json_script:"room-name" }}',
        '<script id="room-name" type="x">"{{ room_name|safe }}"</script>',
        "C205",
        "unescaped",
    ),
    Plant("no WebSocket", "room", ROOM, "new WebSocket(", "String(", "C206"),
    Plant("another address", "room", ROOM, "'/ws/chat/'", "'/ws/'", "C207", "/ws/"),
    Plant("an address without its slash", "async", ROOM, "roomName + '/'", "roomName", "C207", "slash"),
    Plant(
        "the page sends another key",
        "async",
        ROOM,
        "{message: messageInput.value}",
        "{text: messageInput.value}",
        "C208",
        "'text'",
    ),
    Plant("the page reads another key", "async", ROOM, "data.message", "data.text", "C208"),
    Plant("the page doesn't listen", "async", ROOM, "chatSocket.onmessage", "chatSocket.onmesage", "C209"),
]
