"""Step 2: the room's page, which opens a WebSocket."""

import re

from chatdemo.course.checker import markup, pages, scripts
from chatdemo.course.checker.faults import Fault
from chatdemo.course.checker.project import Project

IDS = ("chat-log", "chat-message-input", "chat-message-submit")
#: A room's name that would be a tag if the page let it through.
TAG = "<b>bold"


async def the_room_has_a_page(project: Project) -> None:
    page = await markup.require(project, "/chat/lobby/", "C201", "room.html")
    markup.require_ids(project, page, IDS, "C202", "room.html")
    markup.require_script(project, page, "room.html")


async def the_room_name_is_passed_on_safely(project: Project) -> None:
    page = await markup.require(project, "/chat/lobby/", "C201", "room.html")
    if "lobby" not in page.text:
        raise Fault("C204", markup.template_place(project, "room.html", "room_?name|roomName"))
    other = await pages.get(project, f"/chat/{TAG}/")
    if other and other.status == 200 and TAG in other.text:
        raise Fault("C205", markup.template_place(project, "room.html", "safe|room_name"), tag=TAG)


async def the_page_opens_the_rooms_socket(project: Project) -> None:
    page = await markup.require(project, "/chat/lobby/", "C201", "room.html")
    unparsed = scripts.unparsed_json(page.script, page.json_ids)
    if unparsed:
        place = markup.template_place(
            project, "room.html", rf"{unparsed}['\"].*textContent|{unparsed}['\"]\)"
        )
        raise Fault("C210", place, element=unparsed)
    address = scripts.socket_address(page.script)
    place = markup.template_place(project, "room.html", r"new\s+WebSocket|/ws/")
    if address is None and "WebSocket" not in page.script:
        raise Fault("C206", place or markup.template_place(project, "room.html"))
    if address is not None and address.startswith("wss:"):
        raise Fault("C211", place)
    if address is not None and not re.search(r"(^|[^/])/ws/chat/\{\}/$", address):
        raise Fault("C207", place, address=address.replace("{}", "…"))


async def the_page_speaks_the_tutorials_json(project: Project) -> None:
    page = await markup.require(project, "/chat/lobby/", "C201", "room.html")
    sent = re.search(r"JSON\.stringify\(\s*\{([^}]*)\}", page.script)
    keys = (
        [part.partition(":")[0].strip(" \n'\"") for part in sent[1].split(",")]
        if sent
        else ["message"]
    )
    if "message" not in keys:
        raise Fault(
            "C208",
            markup.template_place(project, "room.html", "stringify"),
            seen=f"it sends {keys[0]!r}",
        )
    if (
        re.search(r"\.send\(\s*(?!JSON|\w*\s*\))", page.script)
        and not sent
        and ".send(" in page.script
    ):
        raise Fault(
            "C208",
            markup.template_place(project, "room.html", r"\.send\("),
            seen="it sends text that isn't JSON",
        )
    if not re.search(r"onmessage|addEventListener\(\s*['\"]message", page.script):
        raise Fault("C209", markup.template_place(project, "room.html", "WebSocket"))
    reading = re.sub(r"JSON\.stringify\([^)]*\)", "", page.script)
    read = re.search(r"\.message\b|\[\s*['\"]message['\"]\s*\]|\{\s*message\b", reading)
    taken = re.search(
        r"onmessage\s*=\s*(?:async\s*)?(?:function\s*\w*\s*)?\(?\s*(\w+)", page.script
    )
    if taken and re.search(rf"JSON\.parse\(\s*{taken[1]}\s*\)", page.script):
        place = markup.template_place(project, "room.html", r"JSON\.parse\(\s*\w+\s*\)")
        raise Fault("C208", place, seen=f"it parses the event {taken[1]} and not {taken[1]}.data")
    if not read:
        place = markup.template_place(project, "room.html", r"JSON\.parse\(\w+\.data|onmessage")
        raise Fault("C208", place, seen="it reads another key from what arrives")


CHECKS = [
    the_room_has_a_page,
    the_room_name_is_passed_on_safely,
    the_page_opens_the_rooms_socket,
    the_page_speaks_the_tutorials_json,
]
