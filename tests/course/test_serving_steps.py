"""A real ``chatdemo serve`` that runs a step: in every room, or in those that are pinned to one."""

import json
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import unquote

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.support.served import TIMEOUT_SECONDS, Served, wait_for

STEPS_OWN, FINISHED_OWN = "chatSocket", 'type="module"'


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A server that runs the finished chat, for all tests of this module."""
    with Served(tmp_path_factory.mktemp("served")) as server:
        yield server


@pytest.fixture(scope="module")
def restarted(tmp_path_factory):
    """A server that runs the step groups, and a room pinned to echo: both with the database of a server that ran the
    finished chat before, and has stored a message.
    """
    folder = tmp_path_factory.mktemp("restarted")
    with Served(folder) as server, connect(server.socket_url("/ws/chat/lobby/")) as ana:
        say(ana, "kept")
        assert hear(ana) == "kept"
        assert "kept" in get(f"{server.url}chat/lobby/messages/?before=9")
        room = room_of(server, "echo")
    with Served(folder, "--step", "groups") as server:
        yield server, room


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as response:
        return response.read().decode()


def say(client, text: str) -> None:
    client.send(json.dumps({"message": text}))


def hear(client) -> str:
    return json.loads(client.recv(TIMEOUT_SECONDS))["message"]


def room_of(server: Served, step: str, room: str = "lobby") -> str:
    """The name of the room that asking for ``step`` leads to, whether it has a page or not."""
    try:
        answer = urllib.request.urlopen(
            f"{server.url}chat/{room}/?step={step}", timeout=TIMEOUT_SECONDS
        )
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        return answer.url.removeprefix(f"{server.url}chat/").removesuffix("/")


def echoes(server: Served, path: str = "/ws/chat/lobby/") -> bool:
    """Whether a message comes back to its sender, and only to it."""
    with connect(server.socket_url(path)) as ana, connect(server.socket_url(path)) as ben:
        say(ana, "hello")
        assert hear(ana) == "hello"
        say(ben, "from Ben")
        return hear(ben) == "from Ben"


@pytest.mark.parametrize("way", ["option", "environment", "file"])
def test_a_step_can_run_in_every_room_and_the_terminal_and_the_start_page_name_it(tmp_path, way):
    if way == "file":
        (tmp_path / "chatdemo.toml").write_text('step = "echo"', "utf-8")
    arguments = ("--step", "echo") if way == "option" else ()
    environ = {"CHATDEMO_STEP": "echo"} if way == "environment" else {}
    with Served(tmp_path, *arguments, **environ) as server:
        assert 'id="room-name-input"' in get(server.url + "chat/") and FINISHED_OWN not in get(
            server.url + "chat/"
        )
        assert STEPS_OWN in get(server.url + "chat/lobby/")
        assert echoes(server)
        assert "  Rooms run   step 3, echo\n" in server.lines
        assert '<a href="/learn/echo/">step 3 of the course, echo</a>' in get(server.url)
        assert server.stop() == 0 and "Traceback" not in server.output


def test_without_one_the_finished_chat_runs_and_pinned_rooms_run_their_steps(served):
    rooms = {step: room_of(served, step) for step in ("echo", "groups", "async")}
    assert FINISHED_OWN in get(served.url + "chat/lobby/")
    assert not echoes(served)
    assert echoes(served, f"/ws/chat/{rooms['echo']}/")
    for step in ("groups", "async"):
        assert STEPS_OWN in get(f"{served.url}chat/{rooms[step]}/")
        assert not echoes(served, f"/ws/chat/{rooms[step]}/")


def test_a_pinned_room_is_the_same_after_a_restart(restarted):
    server, room = restarted
    assert echoes(server, f"/ws/chat/{room}/")
    assert not echoes(server)


def test_in_a_steps_room_nothing_is_told_of_what_the_finished_chat_has_kept(restarted):
    server, _ = restarted
    assert '"kept"' not in get(f"{server.url}chat/lobby/")
    with pytest.raises(urllib.error.HTTPError, match="404") as refused:
        get(f"{server.url}chat/lobby/messages/?before=9")
    refused.value.close()
    with connect(server.socket_url("/ws/chat/lobby/?after=0")) as ben:
        say(ben, "new")
        assert hear(ben) == "new"


def test_pages_of_steps_and_of_the_finished_chat_asked_for_at_once_do_not_get_mixed_up(served):
    marks = {room_of(served, "groups"): STEPS_OWN, "lobby": FINISHED_OWN}
    rooms = list(marks) * 30
    with ThreadPoolExecutor(8) as pool:
        pages = list(pool.map(lambda room: get(f"{served.url}chat/{room}/"), rooms))
    for room, page in zip(rooms, pages, strict=True):
        assert [mark for mark in (STEPS_OWN, FINISHED_OWN) if mark in page] == [marks[room]]


@pytest.mark.parametrize(
    ("step", "room", "error"),
    [
        ("index", "lobby", "ValueError: No application configured for scope type 'websocket'"),
        ("room", "lobby", "ValueError: No application configured for scope type 'websocket'"),
        ("groups", "caf%C3%A9", "TypeError: Group name must be a valid unicode string"),
        ("async", "caf%C3%A9", "TypeError: Group name must be a valid unicode string"),
        ("echo", "my%20room", "ValueError: No route found for path 'ws/chat/{} my room/'."),
    ],
)
def test_a_steps_own_failure_is_told_in_the_terminal_and_the_server_goes_on(
    served, step, room, error
):
    name, printed = room_of(served, step, room), len(served.lines)
    with pytest.raises(InvalidStatus):
        connect(served.socket_url(f"/ws/chat/{name}/"))
    error = error.replace("{} my room", unquote(name))
    wait_for(lambda: error in "".join(served.lines[printed:]), "the error")
    assert 'id="room-name-input"' in get(served.url + "chat/")


def test_a_failure_of_the_step_of_every_room_is_told_too(restarted):
    server, _ = restarted
    with pytest.raises(InvalidStatus):
        connect(server.socket_url("/ws/chat/caf%C3%A9/"))
    error = "TypeError: Group name must be a valid unicode string"
    wait_for(lambda: error in server.output, "the error")
    assert 'id="room-name-input"' in get(server.url + "chat/")


def test_a_step_that_there_is_not_is_told_before_a_port_that_is_taken(tmp_path, served):
    port = served.url.rstrip("/").rpartition(":")[2]
    with Served(tmp_path, "--step", "nope", "--port", port, ready=False) as server:
        assert server.wait() == 2 and "'nope' is not a step." in server.output


@pytest.mark.parametrize("way", ["option", "environment"])
def test_a_step_that_there_is_not_is_two_lines_and_exit_code_2(tmp_path, way):
    arguments = ("--step", "nope") if way == "option" else ()
    environ = {"CHATDEMO_STEP": "nope"} if way == "environment" else {}
    with Served(tmp_path, *arguments, ready=False, **environ) as server:
        assert server.wait() == 2
    assert server.lines == [
        "Error: 'nope' is not a step.\n",
        "Next:  The steps are: index, room, echo, layer, groups, async, tests.\n",
    ]
