"""The course as data: its steps, their files, and what both promise."""

import ast
import re
from pathlib import Path

import pytest

from chatdemo.common.errors import UsageError
from chatdemo.course import outline

STEPS = outline.steps()
EVERY_STEP = pytest.mark.parametrize("step", STEPS, ids=[step.name for step in STEPS])
#: The names that the tutorial gives its parts, by file, at the end of the course.
NAMES = {
    "chat/views.py": ["def index", "def room", "room_name"],
    "chat/urls.py": ["urlpatterns", 'name="index"', 'name="room"', "<str:room_name>/"],
    "chat/routing.py": ["websocket_urlpatterns", "(?P<room_name>", "ChatConsumer.as_asgi()"],
    "chat/consumers.py": [
        "class ChatConsumer(",
        "self.room_name",
        "self.room_group_name",
        "chat.message",
    ],
    "chat/tests.py": ["class ChatTests(ChannelsLiveServerTestCase)"],
    "chat/test_consumers.py": ["WebsocketCommunicator", "URLRouter(websocket_urlpatterns)"],
    "chat/templates/chat/index.html": ['id="room-name-input"', 'id="room-name-submit"'],
    "chat/templates/chat/room.html": [
        'id="chat-log"',
        'id="chat-message-input"',
        'id="chat-message-submit"',
        '{{ room_name|json_script:"room-name" }}',
        "chatSocket",
    ],
    "mysite/asgi.py": [
        "application = ProtocolTypeRouter(",
        '"http":',
        '"websocket":',
        "AllowedHostsOriginValidator",
    ],
    "mysite/settings.py": [
        'ASGI_APPLICATION = "mysite.asgi.application"',
        "CHANNEL_LAYERS",
        "InMemoryChannelLayer",
    ],
    "mysite/urls.py": ['include("chat.urls")'],
    "manage.py": ['"mysite.settings"'],
}


def code(step: outline.Step, layer: str = "memory") -> dict[str, str]:
    return {path: text for path, text in step.project(layer).items() if path.endswith(".py")}


def assigned(text: str, name: str):
    """The value that a module gives ``name``, which must be a literal."""
    assignments = [node for node in ast.parse(text).body if isinstance(node, ast.Assign)]
    [value] = [node.value for node in assignments if ast.unparse(node.targets[0]) == name]
    return ast.literal_eval(value)


def test_the_steps_are_the_tutorials_in_its_order():
    assert [step.name for step in STEPS] == [
        "index",
        "room",
        "echo",
        "layer",
        "groups",
        "async",
        "tests",
    ]
    assert [step.number for step in STEPS] == [1, 2, 3, 4, 5, 6, 7]
    assert [step.part for step in STEPS] == [1, 2, 2, 2, 2, 3, 4]


def test_each_step_knows_its_neighbours():
    assert [step.next for step in STEPS] == [*STEPS[1:], None]
    assert [step.previous for step in STEPS] == [None, *STEPS[:-1]]
    assert STEPS[2].so_far == STEPS[:3]


@EVERY_STEP
def test_a_step_is_found_by_its_name(step):
    assert outline.find_step(step.name) is step


@pytest.mark.parametrize("name", ["", "ECHO", "8", "../echo", "nope\n"])
def test_an_unknown_step_is_refused_with_the_names_there_are(name):
    with pytest.raises(UsageError) as caught:
        outline.find_step(name)
    assert caught.value.message == f"{name!r} is not a step."
    assert caught.value.hint == "The steps are: index, room, echo, layer, groups, async, tests."


@EVERY_STEP
def test_a_steps_title_and_summary_are_a_line_each(step):
    for text in (step.title, step.summary):
        assert text == text.strip() and "\n" not in text and not text.endswith(".")


@EVERY_STEP
def test_a_steps_folder_has_the_files_that_it_lists_and_no_other(step):
    there = {
        path.relative_to(step.folder).as_posix()
        for path in step.folder.rglob("*")
        if path.is_file()
    }
    there = {path for path in there if "__pycache__" not in path}
    for_a_layer = {
        path for path in there if re.search(rf"\.({'|'.join(outline.LAYERS)})\.py$", path)
    }
    assert there - for_a_layer == set(step.touches)
    assert {re.sub(r"\.\w+\.py$", ".py", path) for path in for_a_layer} <= set(step.touches)


def test_every_folder_of_code_is_a_steps():
    folders = {path.name for path in outline.STEPS.iterdir() if path.is_dir()} - {"__pycache__"}
    assert folders == {step.name for step in STEPS}


@EVERY_STEP
@pytest.mark.parametrize("layer", outline.LAYERS)
def test_a_step_changes_what_it_lists_and_leaves_the_rest(step, layer):
    before = step.previous.project(layer) if step.previous else {}
    project = step.project(layer)
    assert {path for path in project if project[path] != before.get(path)} == set(step.touches)
    assert set(before) <= set(project)


@EVERY_STEP
def test_a_steps_own_files_come_first_in_their_order(step):
    assert list(step.project())[: len(step.touches)] == step.touches


def test_only_the_settings_depend_on_the_layer_and_only_from_the_step_that_has_one():
    for step in STEPS:
        memory, redis = step.project("memory"), step.project("redis")
        differing = {path for path in memory if memory[path] != redis[path]}
        assert differing == ({"mysite/settings.py"} if step.has_layer else set())
    assert [step.name for step in STEPS if step.has_layer] == ["layer", "groups", "async", "tests"]


@EVERY_STEP
@pytest.mark.parametrize("layer", outline.LAYERS)
def test_the_code_compiles_without_a_warning_and_is_narrow_enough_to_be_shown(step, layer):
    for path, text in code(step, layer).items():
        compile(text, path, "exec", dont_inherit=True)
        assert max(map(len, text.splitlines()), default=0) <= 88, path
        assert text == "" or text.endswith("\n") and not text.endswith("\n\n"), path


@pytest.mark.parametrize("layer", outline.LAYERS)
def test_what_is_added_to_the_settings_leaves_the_rest_as_it_was(layer):
    before = outline.find_step("echo").project(layer)["mysite/settings.py"]
    after = STEPS[-1].project(layer)["mysite/settings.py"]
    assert after.startswith(before)
    assert before.endswith("\n") and after[len(before)] == "\n"  # a blank line between


def test_the_channel_layers_are_the_tutorials():
    settings = {layer: STEPS[-1].project(layer)["mysite/settings.py"] for layer in outline.LAYERS}
    layers = {
        layer: assigned(text, "CHANNEL_LAYERS")["default"] for layer, text in settings.items()
    }
    assert layers == {
        "memory": {"BACKEND": "channels.layers.InMemoryChannelLayer"},
        "redis": {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            "CONFIG": {"hosts": [("127.0.0.1", 6379)]},
        },
    }


def test_daphne_is_the_first_app():
    apps = assigned(STEPS[0].project()["mysite/settings.py"], "INSTALLED_APPS")
    assert apps[0] == "daphne" and apps.index("daphne") < apps.index("django.contrib.staticfiles")


@pytest.mark.parametrize("path", NAMES)
def test_the_tutorials_names_are_kept(path):
    text = STEPS[-1].project()[path]
    assert [name for name in NAMES[path] if name not in text] == []


@EVERY_STEP
def test_the_code_is_plain(step):
    for path, text in step.project().items():
        assert "chatdemo" not in text.lower(), path


@EVERY_STEP
def test_no_file_fetches_anything_from_elsewhere(step):
    for path, text in step.project().items():
        assert not re.search(r"https?://|[\"'(]//|@import|\bcdn\b|urllib|requests", text), path


@EVERY_STEP
def test_files_of_the_chat_app_import_each_other_relatively(step):
    for path, text in code(step).items():
        if path.startswith("chat/"):
            assert not re.search(r"^\s*(from|import) (chat|mysite)\b", text, re.MULTILINE), path


@EVERY_STEP
def test_what_must_be_installed_covers_what_is_imported(step):
    names = {"django", "channels", "daphne"} | ({"selenium"} if step.name == "tests" else set())
    assert {re.match(r"[\w-]+", line)[0] for line in step.requirements()} == names
    more = {"channels-redis", "redis"} if step.has_layer else set()
    assert {re.match(r"[\w-]+", line)[0] for line in step.requirements("redis")} == names | more


def test_what_must_be_installed_is_what_we_need_ourselves():
    setup = Path(__file__).parents[2].joinpath("setup.cfg").read_text("utf-8")
    for requirement in STEPS[-1].requirements():
        assert re.search(rf"\n    {re.escape(requirement)}(,<\d+)?\n", setup), requirement


def test_the_code_that_begins_a_step_isnt_there_before_it():
    for step in STEPS[1:]:
        before, now = ("\n".join(code(other).values()) for other in (step.previous, step))
        assert re.search(step.begun, now), step.name
        assert not re.search(step.begun, before), step.name


@EVERY_STEP
def test_a_lessons_frames_are_two_pages_of_the_chat(step):
    assert len(step.tabs) in (0, 2)
    for tab in step.tabs:
        assert tab.startswith("/chat/") and f"step={step.name}" in tab
