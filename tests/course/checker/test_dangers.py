"""Notes: what isn't a fault of a step, but will surprise those who use the chat."""

import sqlite3

import pytest

from chatdemo.course import outline
from chatdemo.course.checker.dangers import NO_SESSIONS, ODD_FRAMES
from tests.course.checker.planted.groups import GROUP_SEND, SYNC_GROUP_SEND
from tests.course.checker.planted.plant import (
    ASGI,
    CONSUMERS,
    HANDLER,
    ROOM,
    ROUTES,
    SETTINGS,
    TESTS,
)
from tests.course.checker.projects import check_folder, good, write

pytestmark = pytest.mark.usefixtures("warm", "no_browser")  # the notes are about code

COMMAND = """\
        if message == "/go":
            import asyncio
            import time

            for number in range({times}):
                {line}
"""
REFUSAL = """\
    async def connect(self):
        if self.scope["user"].is_staff:
            await self.close()
            return
"""
TRANSACTION = """\
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import User
from django.test import TestCase

from mysite.asgi import application


class ChatTests(TestCase):
    async def test_connect(self):
        await User.objects.acreate(username="ada")
        communicator = WebsocketCommunicator(application, "/ws/chat/lobby/")
        assert (await communicator.connect())[0]
"""


def command(send: str, line: str, times: int = 3) -> tuple[str, str]:
    """A change of receive: a message "/go" repeats ``line``."""
    return send, send + COMMAND.format(line=line, times=times)


NOTED = {
    "a wait in a loop": (
        "async",
        CONSUMERS,
        command(GROUP_SEND, "await asyncio.sleep(0.5)"),
        ("chat/consumers.py:28 waits before receive ends", "asyncio.create_task"),
    ),
    "a wait in a method that receive awaits": (
        "async",
        CONSUMERS,
        (
            GROUP_SEND,
            GROUP_SEND
            + "        await self.slow()\n\n    async def slow(self):\n        from asyncio import sleep\n\n"
            + "        if self.room_name == '-':\n            await sleep(5)\n",
        ),
        ("waits before receive ends",),
    ),
    "a flood": (
        "async",
        CONSUMERS,
        command(GROUP_SEND, "await self.channel_layer.group_send('all', {})", times=150),
        ("chat/consumers.py:28 sends 150 events", "until receive ends"),
    ),
    "what is stored for each participant": (
        "async",
        CONSUMERS,
        (
            HANDLER,
            HANDLER
            + '        if event["message"] == "/keep":\n'
            + "            from django.contrib.auth.models import User\n\n"
            + '            await User.objects.acreate(username="/keep")\n',
        ),
        ("chat/consumers.py:30 stores something in chat_message", "once for a message"),
    ),
    "time.sleep in a synchronous consumer": (
        "groups",
        CONSUMERS,
        command(SYNC_GROUP_SEND, "time.sleep(1)"),
        ("chat/consumers.py:33 waits in time.sleep", "share one thread"),
    ),
    "a refusal before disconnect's attribute is set": (
        "async",
        CONSUMERS,
        ("    async def connect(self):\n", REFUSAL),
        ("chat/consumers.py:18 reads self.room_group_name", "may end at chat/consumers.py:10"),
    ),
    "url() of Django 1": (
        "echo",
        ROUTES,
        ("from django.urls import re_path", "from django.conf.urls import url as re_path"),
        ("chat/routing.py:1 is from an older tutorial: url", "re_path() from django.urls"),
    ),
    "a class in a route": (
        "echo",
        ROUTES,
        (".as_asgi()", ""),
        ("chat/routing.py:6 is from an older tutorial", "consumers.ChatConsumer.as_asgi()"),
    ),
    "an application in routing.py": (
        "echo",
        SETTINGS,
        ("mysite.asgi.application", "mysite.routing.application"),
        ("mysite/settings.py:33 is from an older tutorial", "in asgi.py"),
    ),
    "get_default_application": (
        "index",
        ASGI,
        ("get_asgi_application()", "get_default_application()"),
        ("mysite/asgi.py:10 is from an older tutorial", "ProtocolTypeRouter"),
    ),
    "the number of a key": (
        "room",
        ROOM,
        ("event.key === 'Enter'", "event.keyCode === 13"),
        ("chat/templates/chat/room.html:40 is from an older tutorial: keyCode", "event.key"),
    ),
    "a test's data in a transaction": (
        "tests",
        TESTS,
        (None, TRANSACTION),
        ("chat/tests.py:8: TestCase rolls back", "TransactionTestCase"),
    ),
}


@pytest.mark.parametrize("what", NOTED)
def test_a_danger_is_noted_with_its_line(what, tmp_path, monkeypatch):
    monkeypatch.setattr("chatdemo.course.checker.check_command.OwnTests.result", lambda tests: "")
    step, file, (old, new), texts = NOTED[what]
    files = outline.find_step(step).project()
    files[file] = files[file].replace(old, new) if old else new
    notes = check_folder(write(tmp_path / "project", files)).notes
    assert any(all(text in note for text in texts) for note in notes), notes


def test_a_router_of_an_older_tutorial_is_named_once(tmp_path, no_browser):
    """Its place is in the fault that it has no "http", and not in a note as well."""
    files = outline.find_step("index").project()
    files["mysite/routing.py"] = files["mysite/asgi.py"].replace('"http":', '"https":')
    files[SETTINGS] = files[SETTINGS].replace("mysite.asgi.", "mysite.routing.")
    result = check_folder(write(tmp_path / "project", files))
    assert (result.fault.id, result.fault.file) == ("C107", "mysite/routing.py")
    assert "older tutorials" in result.fault.hint and "mysite.asgi.application" in result.fault.hint
    assert not any("older tutorial" in note for note in result.notes)


def test_what_runs_in_a_task_holds_nothing_up(tmp_path):
    files = outline.find_step("async").project()
    old, new = command(GROUP_SEND, "asyncio.create_task(asyncio.sleep(1))")
    files[CONSUMERS] = files[CONSUMERS].replace(old, new)
    result = check_folder(write(tmp_path / "project", files))
    assert result.done[-1] == "async"
    assert not any("waits before" in note for note in result.notes)


def test_a_database_without_tables_is_noted_for_browsers_with_an_old_cookie(tmp_path):
    project = good(tmp_path / "project", "async")
    assert NO_SESSIONS in check_folder(project).notes
    with sqlite3.connect(project / "db.sqlite3") as database:
        database.execute(
            "CREATE TABLE django_session (session_key TEXT, session_data TEXT, expire_date TEXT)"
        )
    database.close()
    assert NO_SESSIONS not in check_folder(project).notes


def test_a_consumer_that_checks_its_frames_has_no_note_about_them(tmp_path):
    files = outline.find_step("async").project()
    [note] = [
        note for note in check_folder(write(tmp_path / "plain", files)).notes if ODD_FRAMES in note
    ]
    assert "isn't JSON raises JSONDecodeError at chat/consumers.py:19" in note
    assert "is binary raises TypeError at chat/consumers.py:18" in note
    files[CONSUMERS] = (
        files[CONSUMERS]
        .replace("receive(self, text_data)", "receive(self, text_data=None, bytes_data=None)")
        .replace(
            '        message = json.loads(text_data)["message"]\n',
            "        try:\n"
            '            message = json.loads(text_data)["message"]\n'
            "        except (TypeError, ValueError):\n"
            "            return\n",
        )
    )
    result = check_folder(write(tmp_path / "careful", files))
    assert result.done[-1] == "async"
    assert not any(ODD_FRAMES in note for note in result.notes)
