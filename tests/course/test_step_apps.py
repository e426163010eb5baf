"""Steps running in this process, side by side, behind the whole ASGI application."""

import base64
import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import replace
from importlib import import_module

import pytest
from channels.layers import channel_layers, get_channel_layer
from django.test import Client

from chatdemo.course import outline, step_apps, step_rooms
from chatdemo.project.asgi import application
from tests.chat.conftest import no_rate, nobody_there, nothing_said  # noqa: F401
from tests.support.communicator import WebsocketCommunicator

CLIENT = Client(headers={"host": "localhost"})
STEPS = outline.steps()
SPEAKING = [step for step in STEPS if "chat/consumers.py" in step.project()]
ANSWERING = [step for step in SPEAKING if step.number < 5]
TALKING = [step for step in SPEAKING if step.number >= 5]
#: What only the page of a step has, and only that of the finished chat.
STEPS_OWN, FINISHED_OWN = "chatSocket", 'type="module"'


def named(steps) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("step", steps, ids=[step.name for step in steps])


@pytest.fixture(autouse=True)
def channel_layer_of_its_own():
    """Each test has its own event loop, and so an in-memory layer that no other loop has used."""
    yield
    channel_layers.backends.clear()


class Participant(WebsocketCommunicator):
    """A participant of a room, pinned to ``step`` if there is one; leaves at the end of its block."""

    def __init__(self, step: outline.Step | None, room: str = "lobby"):
        super().__init__(
            application, f"/ws/chat/{step_rooms.pinned_name(step, room) if step else room}/"
        )

    async def __aenter__(self) -> "Participant":
        self.accepted, _ = await self.connect()
        return self

    async def __aexit__(self, *_) -> None:
        await self.disconnect()

    async def say(self, text: str) -> None:
        await self.send_to(text_data=json.dumps({"message": text}))

    async def hears(self, *texts: str) -> bool:
        """Whether the next frames are these messages, and have nothing more but what the finished chat adds."""
        frames = [json.loads(await self.receive_from()) for _ in texts]
        return [
            {name: value for name, value in frame.items() if name not in ("seq", "at")}
            for frame in frames
        ] == [{"message": text} for text in texts]


def page(path: str, status: int = 200) -> str:
    response = CLIENT.get(path)
    assert response.status_code == status
    return response.content.decode()


def room_page(step: outline.Step, room: str = "lobby", status: int = 200) -> str:
    return page(f"/chat/{step_rooms.pinned_name(step, room)}/", status)


@named(SPEAKING)
def test_each_step_imports_under_a_name_of_its_own(step):
    module = import_module(f"{step_apps.package(step)}.consumers")
    assert module.__name__ == f"chatdemo.course.steps.{step.name}.chat.consumers"
    latest = next(
        earlier for earlier in reversed(step.so_far) if "chat/consumers.py" in earlier.files
    )
    assert module.__file__ == str(latest.folder / "chat" / "consumers.py")


def test_no_two_steps_share_a_consumer():
    consumers = {
        import_module(f"{step_apps.package(step)}.consumers").ChatConsumer for step in SPEAKING
    }
    assert len(consumers) == len(SPEAKING)


@named(STEPS)
def test_the_index_page_is_there_at_every_step(step):
    text = page(f"/chat/?step={step.name}")
    assert 'id="room-name-input"' in text and FINISHED_OWN not in text


def test_at_the_first_step_a_room_is_not_found():
    assert STEPS_OWN not in room_page(STEPS[0], status=404)


@named(STEPS[1:])
def test_from_the_second_step_on_a_room_has_the_steps_page(step):
    text = room_page(step)
    assert STEPS_OWN in text and FINISHED_OWN not in text


@named(STEPS[:2])
async def test_before_there_is_a_consumer_the_websocket_fails_as_channels_says(step):
    with pytest.raises(ValueError, match="No application configured for scope type 'websocket'"):
        async with Participant(step):
            pass


@named(ANSWERING)
async def test_an_echo_goes_to_who_spoke_alone(step):
    async with Participant(step) as ana, Participant(step) as ben:
        await ana.say("hello")
        assert await ana.hears("hello")
        await ben.say("and I")
        assert await ben.hears("and I")
        assert await ana.receive_nothing()


@named(TALKING)
async def test_a_group_takes_it_to_everyone_in_the_room_and_to_nobody_outside(step):
    async with (
        Participant(step) as ana,
        Participant(step) as ben,
        Participant(step, "other") as eve,
    ):
        await ana.say("hello")
        assert await ana.hears("hello") and await ben.hears("hello")
        await eve.say("hi")
        assert await eve.hears("hi")


@named(TALKING)
async def test_who_left_is_out_of_the_group(step):
    async with Participant(step) as ana:
        async with Participant(step):
            pass
        await ana.say("anyone?")
        assert await ana.hears("anyone?")
    assert get_channel_layer().groups == {}


@named(TALKING)
async def test_a_name_that_no_group_can_have_fails_as_channels_says(step):
    with pytest.raises(
        TypeError, match="Group name must be a valid unicode string .* alphanumerics"
    ):
        async with Participant(step, "café"):
            pass


@named(ANSWERING)
async def test_before_there_are_groups_any_word_is_a_room(step):
    async with Participant(step, "café") as ana:
        await ana.say("hello")
        assert await ana.hears("hello")


@named(SPEAKING)
async def test_a_room_that_the_steps_route_does_not_match_fails_as_channels_says(step):
    with pytest.raises(ValueError, match="No route found for path"):
        async with Participant(step, "my room"):
            pass


async def test_all_steps_and_the_finished_chat_run_side_by_side():
    async with AsyncExitStack() as stack:
        pairs = [[Participant(step), Participant(step)] for step in (*SPEAKING, None)]
        for participant in sum(pairs, []):
            await stack.enter_async_context(participant)
            assert participant.accepted
        for number, (first, _) in enumerate(pairs):
            await first.say(f"from {number}")
        for number, (first, second) in enumerate(pairs):
            assert await first.hears(f"from {number}")
            if number >= len(ANSWERING):
                assert await second.hears(f"from {number}")
        for participant in sum(pairs, []):
            assert await participant.receive_nothing(timeout=0.01, interval=0.001)


@named(STEPS)
def test_asking_for_a_step_leads_to_the_room_that_is_pinned_to_it(step):
    response = CLIENT.get(f"/chat/lobby/?step={step.name}")
    assert (response.status_code, response.headers["Location"]) == (
        302,
        f"/chat/{step_rooms.pinned_name(step, 'lobby')}/",
    )


@pytest.mark.parametrize(
    "room", ["caf%C3%A9", "my%20room", "100%25", "%3F%23", "...", "%5C", "a_b_c"]
)
def test_any_room_can_be_asked_for_at_a_step(room):
    response = CLIENT.get(f"/chat/{room}/?step=room", follow=True)
    assert response.status_code == 200 and STEPS_OWN in response.content.decode()


def test_a_pinned_room_keeps_its_step_whatever_is_asked_for():
    room = step_rooms.pinned_name(outline.find_step("room"), "lobby")
    assert STEPS_OWN in page(f"/chat/{room}/?step=index")


@pytest.mark.parametrize("path", ["/chat/?step=nope", "/chat/lobby/?step=nope", "/chat/?step="])
def test_asking_for_a_step_that_there_is_not_is_refused_with_those_there_are(path):
    text = page(path, 400)
    asked = path.partition("=")[2]
    assert f"&#x27;{asked}&#x27; is not a step." in text
    assert "The steps are: index, room, echo, layer, groups, async, tests." in text


def test_a_step_has_no_page_but_the_chats():
    assert "chatdemo" in page("/?step=echo") and page("/?step=nope")
    assert page("/chat/a/b/?step=echo", 400)


@named(STEPS[1:])
def test_a_steps_templates_and_the_finished_chats_do_not_get_mixed_up(step):
    for _ in range(2):
        assert STEPS_OWN in room_page(step)
        finished = page("/chat/lobby/")
        assert FINISHED_OWN in finished and STEPS_OWN not in finished


def test_nor_do_they_when_many_are_asked_for_at_once():
    paths = {
        f"/chat/{step_rooms.pinned_name(outline.find_step('groups'), 'lobby')}/": STEPS_OWN,
        "/chat/lobby/": FINISHED_OWN,
    }
    with ThreadPoolExecutor(8) as pool:
        responses = list(pool.map(lambda path: Client().get(path), list(paths) * 40))
    for mark, response in zip(list(paths.values()) * 40, responses, strict=True):
        assert [one for one in (STEPS_OWN, FINISHED_OWN) if one in response.content.decode()] == [
            mark
        ]


@named(STEPS[1:])
def test_a_name_is_text_on_a_steps_page_and_never_markup(step):
    name = step_rooms.pinned_name(step, "<script>alert(1)<\u2044script>")
    response = CLIENT.get(f"/chat/{name}/")
    assert "<script>alert" not in response.content.decode()


@named(STEPS)
def test_the_policy_lets_the_steps_own_script_run_and_no_other(step):
    response = CLIENT.get(f"/chat/?step={step.name}")
    script = response.content.decode().partition("<script>")[2].partition("</script>")[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = response.headers["Content-Security-Policy"]
    assert f"'sha256-{digest}'" in policy and "unsafe" not in policy


def test_the_finished_chats_policy_has_no_script_of_a_step():
    assert "sha256-" not in CLIENT.get("/chat/lobby/").headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/chat/?step=room&console", "/chat/lobby/?step=room&console"])
def test_a_page_that_reports_its_console_has_our_script_first_and_its_right_length(path):
    response = CLIENT.get(path, follow=True)
    assert response.content.count(b"course/console.js") == 1
    assert response.content.index(b"course/console.js") < response.content.index(b"<meta")
    assert int(response.headers["Content-Length"]) == len(response.content)


def test_a_step_runs_in_every_room_if_the_settings_say_so(settings):
    settings.CHATDEMO = replace(settings.CHATDEMO, step="room")
    assert STEPS_OWN in page("/chat/lobby/")
    assert 'id="chat-log"' not in page("/chat/")
    assert page(
        f"/chat/{step_rooms.pinned_name(STEPS[0], 'lobby')}/", 404
    )  # a pin goes before the setting


async def test_a_room_of_its_own_runs_the_finished_chat():
    async with (
        Participant(None, "echo_aaaaaa_lobby") as ana,
        Participant(None, "echo_aaaaaa_lobby") as ben,
    ):
        await ana.say("hello")
        assert await ben.hears("hello")
