"""`chatdemo serve DIR` on the tutorial's own project, in a process of its own."""

import json
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import closing, suppress
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from chatdemo.project.listening_address import listen
from tests.support.own import Guest, save
from tests.support.served import TIMEOUT_SECONDS, clean_environ, wait_for

LOBBY = "/ws/chat/lobby/"
WAITING = "Waiting for a file to be saved. Press Ctrl-C to stop."
#: The line of the tutorial's consumer that answers, and one that answers otherwise.
PLAIN, LOUD = (
    'json.dumps({"message": event["message"]})',
    'json.dumps({"message": event["message"].upper()})',
)


def get(url: str, **headers: str) -> str:
    with urllib.request.urlopen(
        urllib.request.Request(url, headers=headers), timeout=TIMEOUT_SECONDS
    ) as response:
        return response.read().decode()


def enter(server: Guest, path: str = LOBBY):
    """A participant, with the Origin that a browser sends."""
    return connect(
        server.socket_url(path), origin=server.url.removesuffix("/"), open_timeout=TIMEOUT_SECONDS
    )


def say(server: Guest, text: str = "hello") -> str:
    """What one participant hears when another says ``text``."""
    with enter(server) as ana, enter(server) as ben:
        ana.send(json.dumps({"message": text}))
        return json.loads(ben.recv(TIMEOUT_SECONDS))["message"]


def test_it_serves_the_projects_pages_static_files_and_websockets_and_adds_inspect(mysite):
    with Guest(mysite) as server:
        assert 'id="chat-log"' in get(server.url + "chat/lobby/")
        assert "body" in get(server.url + "static/admin/css/base.css")
        assert say(server) == "hello"
        assert server.row("Inspector") == server.url + "inspect/"
        with enter(server, "/inspect/feed/") as watcher:
            assert json.loads(watcher.recv(TIMEOUT_SECONDS))["kind"] == "hello"


def test_the_banner_is_all_it_prints(mysite):
    with Guest(mysite) as server:
        say(server)
        assert server.stop() == 0
    names = ["Open", "The class", "Inspector", "Settings", "Database", "Stop"]
    assert server.lines[0].endswith("is running mysite.\n")
    assert [line[2:14].strip() for line in server.lines[1:-1]] == names
    assert server.lines[-1] == "Stopped.\n"
    assert server.row("Settings") == f"mysite.settings, in {mysite}"


def test_without_an_inspector_the_project_is_served_alone(mysite):
    with Guest(mysite, CHATDEMO_INSPECT="off") as server:
        assert say(server) == "hello"
        with pytest.raises(InvalidStatus) as caught, enter(server, "/inspect/feed/"):
            pass  # refused by the project's own routes
        assert caught.value.response.status_code == 500
    assert "  Inspector" not in server.output


def test_unapplied_migrations_are_reported_and_not_applied(mysite):
    with Guest(mysite) as server:
        row = server.row("Database")
    assert (
        row
        == "18 unapplied migrations (admin, auth, contenttypes, sessions): python manage.py migrate"
    )


def test_its_own_settings_and_middleware_decide(mysite):
    with Guest(mysite) as server, pytest.raises(urllib.error.HTTPError) as caught:
        get(server.url + "chat/", Host="elsewhere.example")
    with caught.value as refused:
        assert (
            refused.code == 400 and "DisallowedHost" in refused.read().decode()
        )  # the page of its DEBUG = True


def test_an_address_that_its_settings_refuse_is_reported(mysite):
    save(
        mysite / "mysite" / "settings.py", "ALLOWED_HOSTS = []", 'ALLOWED_HOSTS = ["chat.example"]'
    )
    with Guest(mysite) as server:
        assert server.row("Hosts") == "ALLOWED_HOSTS refuses 127.0.0.1"


def test_a_save_reloads_the_project_and_no_client_is_refused(mysite):
    with Guest(mysite) as server, enter(server) as ana:
        save(mysite / "chat" / "consumers.py", PLAIN, LOUD)
        with pytest.raises(ConnectionClosed):
            ana.recv(TIMEOUT_SECONDS)
        wait_for(
            lambda: knock(server) and "mysite runs again." in server.output, "the next process"
        )
        assert server.wait_for_line("was saved.").endswith(
            f"  {Path('chat', 'consumers.py')} was saved."
        )
        assert say(server) == "HELLO"


def knock(server: Guest) -> bool:
    """Raises ConnectionRefusedError if the port doesn't listen."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=TIMEOUT_SECONDS):
        return True


def test_a_changed_template_is_read_again_without_a_reload(mysite):
    with Guest(mysite) as server, enter(server):
        get(server.url + "chat/")
        save(
            mysite / "chat" / "templates" / "chat" / "index.html",
            "Which chat room",
            "What chat room",
        )
        wait_for(lambda: "What chat room" in get(server.url + "chat/"), "the new template")
    assert "was saved" not in server.output


def test_a_syntax_error_is_reported_with_its_place_until_a_save_corrects_it(mysite):
    consumers = mysite / "chat" / "consumers.py"
    good = consumers.read_text("utf-8")
    with Guest(mysite) as server:
        save(consumers, new="import json\ndef connect(self:\n")
        server.wait_for_line(WAITING)
        assert server.lines[-3:-1] == [
            "Error: chat/consumers.py:2: '(' was never closed: def connect(self:\n",
            "Next:  Correct it, and save the file.\n",
        ]
        with closing(
            socket.create_connection(("127.0.0.1", server.port), timeout=TIMEOUT_SECONDS)
        ) as early:
            early.sendall(b"GET /chat/ HTTP/1.0\r\nHost: localhost\r\n\r\n")
            save(consumers, new=good)
            assert b"</html>" in early.makefile("rb").read()  # it waited
        server.wait_for_line("mysite runs again.")
        assert say(server) == "hello"
        assert server.stop() == 0
    assert "Traceback" not in server.output


def test_a_view_that_cant_be_imported_is_reported_before_its_page_is_opened(mysite):
    save(mysite / "chat" / "views.py", new="import nowhere\n")
    with Guest(mysite, ready=False) as server:
        server.wait_for_line(WAITING)
        assert server.lines[0] == "Error: chat/views.py:1: there is no module nowhere.\n"


def test_a_project_that_is_broken_at_first_starts_once_it_is_mended(mysite):
    routing = mysite / "chat" / "routing.py"
    good = routing.read_text("utf-8")
    routing.unlink()
    with Guest(mysite, ready=False) as server:
        server.wait_for_line(WAITING)
        assert server.lines[0] == "Error: mysite/asgi.py:13: there is no module chat.routing.\n"
        assert (
            server.lines[1] == f"Next:  Write chat/routing.py in {mysite}, or correct the name.\n"
        )
        routing.write_text(good, "utf-8")
        server.wait_for_line("Stop")
        assert say(server) == "hello"


def test_code_that_ends_the_process_is_reported_and_a_save_awaited(mysite):
    save(mysite / "chat" / "routing.py", new="import sys\nsys.exit('enough')\n")
    with Guest(mysite, ready=False) as server:
        server.wait_for_line(WAITING)
        assert (
            server.lines[0]
            == "Error: chat/routing.py:2: the code ends the process (SystemExit: enough).\n"
        )
        save(mysite / "chat" / "routing.py", new="import os\nos._exit(7)\n")
        server.wait_for_line(WAITING, 2)
        assert "The project's process ended with exit code 7." in server.output


def test_with_debug_the_traceback_comes_first(mysite):
    save(mysite / "mysite" / "urls.py", new="urlpatterns = [1 / 0]\n")
    with Guest(mysite, "--debug", ready=False) as server:
        server.wait_for_line(WAITING)
    assert server.lines[0] == "Traceback (most recent call last):\n"
    assert "Error: mysite/urls.py:1: ZeroDivisionError: division by zero\n" in server.lines


def test_a_redis_layer_that_isnt_installed_is_replaced_by_memory_and_reported(with_redis):
    (with_redis / "channels_redis.py").write_text('raise ImportError("not here")\n', "utf-8")
    with Guest(with_redis) as server:
        row = server.row("Layer")
        assert (
            row
            == "in memory, in place of Redis: channels_redis isn't installed for the Python that runs chatdemo"
        )
        assert say(server) == "hello"


def test_a_redis_that_answers_is_used(with_redis, redis_server):
    save(with_redis / "mysite" / "settings.py", '("127.0.0.1", 9)', f'"{redis_server.url()}"')
    save(
        with_redis / "chat" / "consumers.py",
        PLAIN,
        'json.dumps({"message": type(self.channel_layer).__name__})',
    )
    with Guest(with_redis) as server:
        assert say(server) == "RedisChannelLayer"
        assert "  Layer" not in server.output


def test_an_event_that_redis_does_not_carry_is_reported_with_its_line(with_redis):
    """Once, and by its line, though a layer in memory carries it."""
    consumers = with_redis / "chat" / "consumers.py"
    save(consumers, '"message": message}', '"message": message, "to": {"Ana"}}')
    number = next(
        number
        for number, line in enumerate(consumers.read_text("utf-8").splitlines(), 1)
        if "group_send" in line
    )
    with Guest(with_redis) as server:
        assert say(server) == say(server) == "hello"
        problem = server.wait_for_line("Redis doesn't carry")
        assert server.stop() == 0
    assert problem == (
        f"Redis doesn't carry this event: event['to'] is of the type set. (chat/consumers.py:{number})"
        " Send it as text, numbers, bytes, lists, or dicts with text as keys: these it carries."
    )
    assert server.output.count("Redis doesn't carry") == 1


def test_a_plain_django_project_is_served_too(tmp_path):
    from chatdemo.course import new_project, outline

    folder = new_project.write_project(str(tmp_path / "mysite"), outline.find_step("index"))
    with Guest(folder) as server:
        assert "</html>" in get(server.url + "chat/")
        assert server.row("Consumers") == "none: the ASGI application has no route for WebSockets"


def test_the_settings_can_come_from_the_environment(mysite):
    (mysite / "mysite" / "classroom.py").write_text(
        "from mysite.settings import *\nDEBUG = False\n", "utf-8"
    )
    with Guest(mysite, DJANGO_SETTINGS_MODULE="mysite.classroom") as server:
        assert server.row("Settings") == f"mysite.classroom, in {mysite}"
        with pytest.raises(
            urllib.error.HTTPError
        ) as caught:  # as without DEBUG there are no static files
            get(server.url + "static/admin/css/base.css")
        caught.value.close()


def test_a_signal_that_the_projects_code_swallows_during_the_start_ends_it(mysite):
    swallowing = """
import signal
try:
    signal.raise_signal(signal.SIGTERM)
except:
    pass
"""
    settings = mysite / "mysite" / "settings.py"
    settings.write_text(settings.read_text("utf-8") + swallowing, "utf-8")
    with Guest(mysite, ready=False) as server:
        assert server.wait() == 0
    assert server.lines == ["Stopped.\n"]


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_to_the_command_alone_ends_all_of_it(mysite, name):
    with Guest(mysite, group=False) as server, enter(server) as ana:
        assert server.stop(getattr(signal, name)) == 0
        with pytest.raises(ConnectionClosed) as caught:
            ana.recv(TIMEOUT_SECONDS)
        assert caught.value.rcvd.code == 1001
        assert not listens(server)
    assert server.lines[-1] == "Stopped.\n" and "Traceback" not in server.output


def listens(server: Guest) -> bool:
    with suppress(ConnectionRefusedError):
        return knock(server)
    return False


def test_ctrl_c_ends_it_while_it_waits_for_a_save(mysite):
    save(mysite / "mysite" / "settings.py", new="(\n")
    with Guest(mysite, ready=False) as server:
        server.wait_for_line(WAITING)
        assert server.stop() == 0
    assert server.lines[-1] == "Stopped.\n" and "Traceback" not in server.output


def test_no_process_outlives_a_command_that_was_killed(mysite):
    with Guest(mysite, group=False) as server:
        server.kill()
        wait_for(lambda: not listens(server), "the process that served to end")


def test_the_serving_process_ends_when_its_connection_to_the_supervisor_does(mysite):
    """The process that started it goes on: on Windows the number of a parent that ended stays."""
    ours, theirs = socket.socketpair()
    with listen("127.0.0.1", 0) as port, ours, theirs:
        for inherited in (port, theirs):
            inherited.set_inheritable(True)
        adopt = ["--adopt", str(port.fileno()), str(theirs.fileno())]
        command = [sys.executable, "-m", "chatdemo", "serve", str(mysite), *adopt]
        options = {"env": clean_environ(), "stdout": subprocess.PIPE, "text": True}
        with subprocess.Popen(command, close_fds=False, **options) as process:
            assert any(line.startswith("  Stop ") for line in process.stdout)
            ours.close()
            assert process.wait(TIMEOUT_SECONDS) == 1
