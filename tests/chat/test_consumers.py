"""The consumers behind the whole ASGI application, without a server."""

import json

import pytest
from asgiref.sync import sync_to_async
from channels.layers import channel_layers, get_channel_layer
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import DatabaseError
from django.test import Client

from chatdemo.chat.consumers import ChatConsumer
from chatdemo.chat.message_events import batch_event, message_event
from chatdemo.chat.message_log import StoredMessage
from chatdemo.project.asgi import application
from tests.support.communicator import WebsocketCommunicator


@pytest.fixture(autouse=True)
def channel_layer_of_its_own():
    """Each test has an event loop of its own, and so an in-memory layer that no other loop has used."""
    yield
    channel_layers.backends.clear()


class Participant(WebsocketCommunicator):
    """A connected participant of a room; leaves at the end of its block."""

    def __init__(self, path: str = "/ws/chat/lobby/", **options):
        super().__init__(application, path, **options)

    async def __aenter__(self) -> "Participant":
        self.accepted, self.subprotocol = await self.connect()
        return self

    async def __aexit__(self, *_) -> None:
        await self.disconnect()

    async def say(self, text: str, **more: str) -> None:
        await self.send_to(text_data=json.dumps({"message": text, **more}))

    async def hears(self) -> dict:
        """The next frame, without what every message has: its seq and its time."""
        return {
            name: value for name, value in (await self.gets()).items() if name not in ("seq", "at")
        }

    async def gets(self) -> dict:
        return json.loads(await self.receive_from())


async def test_everyone_in_the_room_gets_a_message_and_nobody_outside():
    async with Participant() as ana, Participant() as ben, Participant("/ws/chat/other/") as eve:
        await ana.say("hello")
        assert await ana.hears() == await ben.hears() == {"message": "hello"}
        await eve.say("hi")
        assert await eve.hears() == {"message": "hi"}


async def test_who_left_gets_nothing_and_leaves_no_trace():
    async with Participant() as ana:
        async with Participant():
            pass
        await ana.say("anyone?")
        assert await ana.hears() == {"message": "anyone?"}
        assert len(get_channel_layer().groups["chat_lobby"]) == 1
    assert get_channel_layer().groups == {}


async def test_the_id_goes_to_the_sender_alone():
    async with Participant() as ana, Participant() as ben:
        await ana.say("hello", id="a1")
        assert await ana.hears() == {"message": "hello", "id": "a1"}
        assert await ben.hears() == {"message": "hello"}


@pytest.mark.parametrize(
    "text", ["not json", "[]", '{"message": ""}', '{"message": "' + "a" * 4001 + '"}']
)
async def test_what_is_no_message_is_answered_to_its_sender_alone(text):
    async with Participant() as ana, Participant() as ben:
        await ana.send_to(text_data=text)
        assert set(await ana.hears()) == {"error", "detail"}
        await ana.say("still here")
        assert await ana.hears() == await ben.hears() == {"message": "still here"}


async def test_a_binary_frame_is_answered_and_the_connection_stays():
    async with Participant() as ana:
        await ana.send_to(bytes_data=b'{"message": "hello"}')
        assert (await ana.hears())["error"] == "not_text"
        await ana.say("hello")
        assert await ana.hears() == {"message": "hello"}


async def test_rooms_with_names_alike_are_apart():
    paths = [
        "/ws/chat/caf%C3%A9/",
        "/ws/chat/cafe%CC%81/",
        "/ws/chat/my%20room/",
        "/ws/chat/my_room/",
    ]
    for path in paths:
        async with Participant(path) as here, Participant(paths[paths.index(path) - 1]) as there:
            await here.say("here")
            await there.say("there")
            assert (await here.hears(), await there.hears()) == (
                {"message": "here"},
                {"message": "there"},
            )


@pytest.mark.parametrize(
    "path", ["/ws/chat/", "/ws/chat/a/b/", "/ws/chat/../", "/ws/chat/a%00/", "/ws/", "/chat/a/"]
)
async def test_an_address_without_a_room_is_refused(path):
    async with Participant(path) as nobody:
        assert not nobody.accepted


async def test_the_subprotocol_is_accepted_where_it_is_offered():
    async with (
        Participant(subprotocols=["chatdemo", "other"]) as new,
        Participant(subprotocols=["other"]) as old,
    ):
        assert (new.subprotocol, old.subprotocol) == ("chatdemo", None)


@pytest.mark.parametrize(
    "origin", [b"http://evil.example", b"null", b"http://localhost.evil.example"]
)
async def test_another_sites_page_is_refused(origin):
    async with Participant(headers=[(b"origin", origin)]) as eve:
        assert not eve.accepted


async def test_a_page_of_ours_is_let_in():
    async with Participant(headers=[(b"origin", b"http://localhost:8000")]) as ana:
        assert ana.accepted


@pytest.mark.django_db(transaction=True)
async def test_a_person_whose_session_cannot_be_read_is_refused(monkeypatch):
    """As a stranger they would send again, as new, what is stored already."""

    def load(self):
        raise DatabaseError("unable to open database file")

    monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.load", load)
    cookie = [(b"cookie", f"{settings.SESSION_COOKIE_NAME}={'a' * 32}".encode())]
    async with Participant(headers=cookie) as ana, Participant() as ben:
        assert (ana.accepted, ben.accepted) == (False, True)


async def test_the_scope_has_the_session_and_the_user(monkeypatch):
    scopes = []
    monkeypatch.setattr("chatdemo.chat.consumers.ChatConsumer.disconnect", _keep_scope(scopes))
    cookie = await _log_in("ana")
    async with Participant(headers=[(b"cookie", cookie)]), Participant():
        pass
    stranger, user = sorted(scope["user"].get_username() for scope in scopes)
    assert (stranger, user) == ("", "ana")
    assert all("session" in scope for scope in scopes)


def _keep_scope(scopes: list):
    async def disconnect(self, close_code):
        scopes.append(self.scope)

    return disconnect


async def _log_in(name: str) -> bytes:
    """The cookie of a browser whose user is ``name``."""
    user = await get_user_model().objects.acreate(username=name)
    client = Client()
    await sync_to_async(client.force_login)(user)
    return client.cookies.output(header="").strip().partition(";")[0].encode()


async def test_a_live_message_waits_for_a_catch_up_that_runs():
    consumer = ChatConsumer(rooms=None)
    consumer.last_seq, consumer.is_catching_up = 1, True  # and so has read nothing after 1 yet
    messages = [
        StoredMessage(seq, "Ana", "hello", "2026-01-01T00:00:00Z", "ana", None) for seq in (2, 3)
    ]
    for event in (message_event(messages[0]), batch_event(messages)):
        consumer._must_read_again = False
        await (consumer.chat_messages if "frames" in event else consumer.chat_message)(event)
        assert consumer._must_read_again  # it is sent by the catch-up, and here nothing was
