"""Faults of step 2, `room`."""

from tests.course.checker.planted.plant import CHAT_URLS, ROOM, VIEWS, Plant

PLANTS = [
    Plant("no id in the room", "async", ROOM, 'id="chat-log"', "", "C202", "chat-log"),
    Plant(
        "an id misspelt",
        "room",
        ROOM,
        'id="chat-message-input"',
        'id="chat-mesage-input"',
        "C202",
        "chat-mesage-input",
    ),
    Plant(
        "no path to the room",
        "room",
        CHAT_URLS,
        "<str:room_name>/",
        "room/<str:room_name>/",
        "C201",
        "no pattern",
    ),
    Plant(
        "the view's parameter",
        "room",
        VIEWS,
        "def room(request, room_name)",
        "def room(request, name)",
        "C203",
        "room_name",
    ),
    Plant(
        "the view without a parameter",
        "room",
        VIEWS,
        "def room(request, room_name)",
        "def room(request)",
        "C203",
    ),
    Plant(
        "mark_safe",
        "room",
        ROOM,
        '{{ room_name|json_script:"room-name" }}',
        '<script id="room-name" type="x">"{{ room_name|safe }}"</script>',
        "C205",
        "unescaped",
    ),
]
