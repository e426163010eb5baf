"""A page that doesn't work is reported with what the browser has recorded, and advised only what it hasn't got."""

import pytest

from chatdemo.course import outline
from tests.course.checker.planted.plant import INDEX, ROOM, VIEWS
from tests.course.checker.projects import check_folder, write

pytestmark = pytest.mark.usefixtures("warm", "page_browser")
CLICK = "sendButton.onclick = function() {"
#: By what is wrong: a file, and pairs of what is replaced by what. The page has all that the tutorial's has.
HAVING_ALL = {
    "a handler that returns at once": (ROOM, (CLICK, CLICK + "\n      return;")),
    "a handler that is taken away": (ROOM, ("messageInput.focus();", "sendButton.onclick = null;")),
    "messages of one kind": (
        ROOM,
        ("JSON.parse(event.data);", "JSON.parse(event.data);\n      if (!data.kind) return;"),
    ),
    "a script that isn't one": (ROOM, ("<script>", '<script type="text/babel">')),
    "an index page that goes elsewhere first": (
        INDEX,
        (
            "enterButton.onclick = function() {",
            "enterButton.onclick = function() {\n      return window.location.search = '?';",
        ),
    ),
}


def changed(folder, file, *pairs):
    files = outline.find_step("room").project()
    for old, new in pairs:
        assert old in files[file], old
        files[file] = files[file].replace(old, new, 1)
    return write(folder, files)


@pytest.mark.parametrize("what", HAVING_ALL)
def test_a_page_is_not_advised_what_it_has(what, tmp_path):
    fault = check_folder(changed(tmp_path / "project", *HAVING_ALL[what]), "room").fault
    assert (fault.hint, fault.line > 0) == ("", True), fault


def test_a_page_without_a_websocket_is_advised_to_open_one(tmp_path):
    files = outline.find_step("room").project()
    start, end = files[ROOM].index("<script>"), files[ROOM].index("</script>\n</body>")
    files[ROOM] = files[ROOM][:start] + "<script>" + files[ROOM][end:]
    fault = check_folder(write(tmp_path / "project", files), "room").fault
    assert (fault.id, fault.hint[:8]) == ("C206", "Open one")


def test_a_policy_in_a_header_is_named(tmp_path):
    old = 'return render(request, "chat/room.html", {"room_name": room_name})'
    new = old.replace("return", "response =") + (
        "\n    response.headers['Content-Security-Policy'] = \"default-src 'self'\""
        "\n    return response"
    )
    fault = check_folder(changed(tmp_path / "project", VIEWS, (old, new)), "room").fault
    assert fault.id == "C206" and "Content-Security-Policy that the server sends" in fault.cause


@pytest.mark.parametrize(
    ("place", "hint"),
    [
        ("chat/static/chat/room.js", "Write {% static 'chat/room.js' %}"),
        ("chat/js/room.js", "Move it to such a folder"),
    ],
)
def test_a_script_in_another_place_is_named(place, hint, tmp_path):
    files = outline.find_step("room").project()
    start, end = files[ROOM].index("<script>"), files[ROOM].index("</script>\n</body>")
    files[place] = files[ROOM][start + len("<script>") : end]
    files[ROOM] = files[ROOM][:start] + '<script src="/static/room.js">' + files[ROOM][end:]
    fault = check_folder(write(tmp_path / "project", files), "room").fault
    assert (fault.id, fault.hint) == ("C122", hint)
    assert place.removeprefix("chat/static/") in fault.cause
