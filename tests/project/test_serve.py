"""A real ``chatdemo serve``: start, chat, stop, and why it doesn't start."""

import asyncio
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from contextlib import AsyncExitStack, closing, suppress
from http.client import HTTPConnection
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect as connect_sync

from chatdemo import __version__
from tests.project.managed import manage
from tests.support.served import TIMEOUT_SECONDS, Served, clean_environ, free_port, wait_for

LOBBY = "/ws/chat/lobby/"
#: Seconds in which it must end, however many WebSockets are open; the second part is this machine's own slowness.
END = 2 + 1


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as response:
        return response.read().decode()


def chat(server: Served, path: str = LOBBY) -> None:
    """Say something as a client that knows only the tutorial's frames, and hear it."""
    with connect_sync(server.socket_url(path)) as client:
        client.send(json.dumps({"message": "hello"}))
        assert json.loads(client.recv(TIMEOUT_SECONDS))["message"] == "hello"


def test_it_serves_pages_static_files_and_websockets(served):
    assert 'id="room-name-input"' in get(served.url + "chat/")
    page = get(served.url + "chat/lobby/")
    script = page.partition('<script type="module" src="')[2].partition('"')[0]
    assert "../common/page.js" in get(served.url.removesuffix("/") + script)
    chat(served)


def test_the_banner_is_all_it_prints(served):
    chat(served)
    get(served.url)
    rows = ["Open", "The class", "The course", "Inspector", "Data", "Stop"]
    assert [line[2:14].strip() for line in served.lines[1:]] == rows
    assert served.stop() == 0
    assert served.lines[7:] == ["Stopped.\n"]


def test_python_m_chatdemo_is_the_installed_command():
    for command in (
        [sys.executable, "-m", "chatdemo"],
        [str(Path(sys.executable).with_name("chatdemo"))],
    ):
        done = subprocess.run(
            [*command, "--version"], capture_output=True, text=True, env=clean_environ()
        )
        assert done.returncode == 0 and done.stdout.startswith("chatdemo ")


def test_with_debug_each_request_has_a_line(tmp_path):
    with Served(tmp_path, "--debug") as server:
        chat(server)
        get(server.url + "chat/")
        server.stop()
    assert '"GET /chat/" 200' in server.output and f'"WSCONNECT {LOBBY}"' in server.output


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_ends_it_with_exit_code_0(tmp_path, name):
    with Served(tmp_path) as server:
        with connect_sync(server.socket_url(LOBBY)) as client:
            start = time.monotonic()
            server.process.send_signal(getattr(signal, name))
            with pytest.raises(ConnectionClosed) as caught:
                client.recv(TIMEOUT_SECONDS)
        assert caught.value.rcvd.code == 1001
        assert server.process.wait(END) == 0
        assert time.monotonic() - start < END
    assert "Traceback" not in server.output


@pytest.mark.skipif(os.name != "posix", reason="nohup is POSIX's")
def test_nohup_is_heeded(tmp_path):
    ignore = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)"
    with Served(tmp_path, before=ignore) as server:
        server.process.send_signal(signal.SIGHUP)
        chat(server)
        assert server.stop() == 0


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_during_the_start_ends_it_with_exit_code_0(tmp_path, name):
    with Served(tmp_path, "--port", str(port := free_port()), ready=False) as server:
        wait_for(lambda: connected(port), "the port to listen").close()
        assert server.stop(getattr(signal, name)) == 0
    assert server.lines[-1:] == ["Stopped.\n"] and "Traceback" not in server.output


def during_an_import(code: str) -> str:
    """Code that has ``code`` run while the start imports the project's application."""
    return f"""
import signal, sys
class Finder:
    def find_spec(self, name, *_):
        if name == "chatdemo.project.asgi":
            exec({code!r})
sys.meta_path.insert(0, Finder())"""


#: As a package does that has a bare ``except:``.
SWALLOW = """
try:
    signal.raise_signal(signal.{})
except:
    pass
"""
#: As Python does, up to 3.11, with an exception in a descriptor's __set_name__.
REPLACE = """
try:
    signal.raise_signal(signal.{})
except KeyboardInterrupt as error:
    raise RuntimeError("Error calling __set_name__") from error
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
@pytest.mark.parametrize("code", [SWALLOW, REPLACE], ids=["swallowed", "replaced"])
def test_a_signal_whose_exception_is_lost_during_the_start_ends_it(tmp_path, code, name):
    before = during_an_import(code.format(name))
    with Served(tmp_path, ready=False, before=before) as server:
        assert server.wait() == 0
    assert server.lines == ["Stopped.\n"]


def test_a_second_ctrl_c_changes_nothing(tmp_path):
    with Served(tmp_path) as server, closing(half_open(server)):
        server.process.send_signal(signal.SIGINT)
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(END) == 0
    assert "Traceback" not in server.output


def half_open(server: Served) -> socket.socket:
    """A participant that never answers: its WebSocket is open, and never read from."""
    client = socket.create_connection(("127.0.0.1", server.port), timeout=TIMEOUT_SECONDS)
    client.sendall(
        f"GET {LOBBY} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    assert client.recv(1024).startswith(b"HTTP/1.1 101 ")
    return client


async def test_sigterm_closes_50_open_websockets_and_ends_in_time(tmp_path):
    with Served(tmp_path) as server, closing(half_open(server)), closing(half_open(server)):
        async with AsyncExitStack() as stack:
            url = server.socket_url(LOBBY)
            clients = [await stack.enter_async_context(connect(url)) for _ in range(50)]
            start = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            codes = await asyncio.gather(*map(close_code, clients))
            assert await asyncio.to_thread(server.process.wait, END) == 0
            assert time.monotonic() - start < END
        assert codes == [1001] * 50


async def close_code(client) -> int:
    with pytest.raises(ConnectionClosed) as caught:
        await asyncio.wait_for(client.recv(), TIMEOUT_SECONDS)
    return caught.value.rcvd.code


def test_a_busy_port_is_an_error_and_exit_code_1(served, tmp_path):
    with Served(tmp_path, "--port", str(served.port), ready=False) as second:
        assert second.process.wait(TIMEOUT_SECONDS) == 1
    assert [line.partition(":")[0] for line in second.lines] == ["Error", "Next"]


def test_an_early_client_waits_instead_of_being_refused(tmp_path):
    assert any(came_early(tmp_path) for _ in range(10)), "no client was quicker than the banner"


def came_early(folder: Path) -> bool:
    """Start a server and get a page as soon as its port listens; whether that was before its banner."""
    with (
        Served(folder, "--port", str(port := free_port()), ready=False) as server,
        closing(wait_for(lambda: connected(port), "the port to listen")) as client,
    ):
        early = not server.lines
        client.sendall(b"GET /chat/ HTTP/1.0\r\nHost: localhost\r\n\r\n")
        assert b"</html>" in client.makefile("rb").read()
        return early


def connected(port: int) -> socket.socket | None:
    with suppress(ConnectionRefusedError):
        return socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_SECONDS)


def test_it_keeps_its_data_and_its_key_from_one_run_to_the_next(tmp_path):
    for _ in range(2):
        with Served(tmp_path) as server:
            key = (tmp_path / "chat.sqlite3.key").read_text("ascii")
            with closing(sqlite3.connect(tmp_path / "chat.sqlite3")) as connection:
                assert connection.execute("SELECT count(*) FROM django_session").fetchone() == (0,)
            server.stop()
    assert (tmp_path / "chat.sqlite3.key").read_text("ascii") == key


def test_a_burst_of_messages_arrives_whole_and_in_order(tmp_path):
    burst = [str(number) for number in range(500)]
    with Served(tmp_path, CHATDEMO_MAX_RATE="0") as served:
        room = served.socket_url(LOBBY)
        with connect_sync(room) as ana, connect_sync(room) as ben:
            for text in burst:
                ana.send(json.dumps({"message": text}))
            for client in (ana, ben):
                assert [json.loads(client.recv(TIMEOUT_SECONDS))["message"] for _ in burst] == burst


def test_every_answer_has_its_headers_and_debug_changes_no_page(tmp_path):
    with Served(tmp_path, "--debug") as server:
        for path in ("", "chat/lobby/", "nowhere/", f"static/{__version__}/nothing.js"):
            with closing(HTTPConnection("127.0.0.1", server.port)) as client:
                client.request("GET", "/" + path)
                response = client.getresponse()
                page = response.read().decode()
            assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert "Traceback" not in page and "DEBUG = True" not in page


def test_in_memory_it_writes_nothing(tmp_path):
    with Served(tmp_path, "--db", ":memory:") as server:
        chat(server)
        assert list(tmp_path.iterdir()) == []


def test_the_settings_can_come_from_the_environment_and_from_the_file(tmp_path):
    (tmp_path / "chatdemo.toml").write_text("max_message = 5", "utf-8")
    with Served(tmp_path, CHATDEMO_ALLOWED_HOSTS="tunnel.example") as server:
        request = urllib.request.Request(server.url, headers={"Host": "tunnel.example"})
        assert "chatdemo" in get(request)
        with connect_sync(server.socket_url(LOBBY)) as client:
            client.send('{"message": "123456"}')
            assert json.loads(client.recv(TIMEOUT_SECONDS))["error"] == "too_long"


@pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux has more than one loopback address by itself"
)
def test_the_address_that_others_come_by_is_answered(tmp_path):
    with Served(tmp_path, "--host", "0.0.0.0") as server:
        assert "chatdemo" in get(f"http://127.0.0.2:{server.port}/")


def test_the_tutorials_experiment_on_the_channel_layer_works_as_typed(tmp_path):
    typed = [
        "import channels.layers",
        "channel_layer = channels.layers.get_channel_layer()",
        "from asgiref.sync import async_to_sync",
        'async_to_sync(channel_layer.send)("test_channel", {"type": "hello"})',
        'print(async_to_sync(channel_layer.receive)("test_channel"))',
        "layer = get_channel_layer()",
        'async_to_sync(layer.send)("test_channel", {"type": "again"})',
        'print(async_to_sync(layer.receive)("test_channel"))',
    ]
    command = [
        sys.executable,
        "-m",
        "chatdemo",
        "manage",
        "--db",
        str(tmp_path / "chat.sqlite3"),
        "shell",
    ]
    done = subprocess.run(
        command, input="\n".join(typed), capture_output=True, text=True, env=clean_environ()
    )
    assert "{'type': 'hello'}" in done.stdout and "{'type': 'again'}" in done.stdout


@pytest.mark.parametrize("arguments", [["help"], ["makemigrations", "--check", "--dry-run"]])
def test_djangos_own_commands_work(tmp_path, arguments):
    manage(tmp_path / "chat.sqlite3", *arguments)


def test_createsuperuser_makes_an_account(tmp_path):
    database = tmp_path / "chat.sqlite3"
    answers = {
        "DJANGO_SUPERUSER_USERNAME": "ana",
        "DJANGO_SUPERUSER_PASSWORD": "x",
        "DJANGO_SUPERUSER_EMAIL": "ana@example.org",
    }
    manage(database, "createsuperuser", "--noinput", **answers)
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT username FROM auth_user").fetchall() == [("ana",)]
