"""What a project does that works under `chatdemo serve DIR` alone, or not beside a Redis."""

import json
from html import escape
from pathlib import Path
from urllib.request import urlopen

import pytest
from channels.routing import ProtocolTypeRouter
from websockets.sync.client import connect

from chatdemo.course.checker.source_files import Sources
from chatdemo.own_project import startup_notes
from chatdemo.own_project.django_project import DjangoProject
from chatdemo.own_project.first_import import first_import
from chatdemo.own_project.outside_senders import find_senders
from tests.support.own import Guest, save
from tests.support.served import TIMEOUT_SECONDS

MEMORY = {"BACKEND": "channels.layers.InMemoryChannelLayer"}
REDIS = {"BACKEND": "channels_redis.core.RedisChannelLayer"}
WEBSOCKETS = ProtocolTypeRouter({"http": None, "websocket": None})


@pytest.fixture
def project(tmp_path) -> DjangoProject:
    """A folder in which each test writes its files."""
    return DjangoProject(tmp_path.resolve(), "mysite.settings", "manage.py")


def write(project: DjangoProject, **files: str) -> None:
    """Write modules: ``chat__models`` is chat/models.py."""
    for name, text in files.items():
        file = project.folder / f"{name.replace('__', '/')}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")


# The settings


def test_a_project_without_daphne_is_told_that_runserver_serves_no_websockets(project, settings):
    settings.INSTALLED_APPS = ["django.contrib.contenttypes"]
    write(project, mysite__settings="DEBUG = True\nINSTALLED_APPS = [\n]\n")
    [note] = startup_notes.unusable_runserver(WEBSOCKETS, "mysite.asgi.application", project)
    assert note == (
        "Daphne",
        "'daphne' isn't in INSTALLED_APPS (mysite/settings.py:2): python manage.py runserver serves no WebSockets",
    )


def test_a_project_without_websockets_needs_no_daphne(project, settings):
    settings.INSTALLED_APPS = ["django.contrib.contenttypes"]
    application = ProtocolTypeRouter({"http": None})
    assert not list(startup_notes.unusable_runserver(application, "x.y", project))


def test_a_project_without_an_asgi_application_is_told_that_runserver_does_not_start(
    project, settings
):
    settings.INSTALLED_APPS = ["daphne"]
    assert not list(startup_notes.unusable_runserver(WEBSOCKETS, "mysite.asgi.app", project))
    del settings.ASGI_APPLICATION
    assert list(startup_notes.unusable_runserver(WEBSOCKETS, "mysite.asgi.app", project)) == [
        (
            "Settings",
            "no ASGI_APPLICATION: python manage.py runserver doesn't start. Add"
            ' ASGI_APPLICATION = "mysite.asgi.app" to mysite/settings.py',
        )
    ]


# The order of imports

SETTINGS = 'SECRET_KEY = "x"\nINSTALLED_APPS = ["chat"]\n'
MODELS = "from django.db import models\n\n\nclass Message(models.Model):\n    pass\n"
NAMED = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings")\n'
SET_UP = "from django.core.asgi import get_asgi_application\napplication = get_asgi_application()\n"


def import_notes(project: DjangoProject, asgi: str, **files: str) -> list[startup_notes.Note]:
    write(project, mysite__settings=SETTINGS, mysite__asgi=asgi, chat____init__="", **files)
    with first_import("mysite.asgi.application", project) as notes:
        return notes()


@pytest.mark.parametrize(
    "rest",
    [
        f"{SET_UP}from chat.models import Message\n",
        f"from channels.auth import AuthMiddlewareStack\n{SET_UP}from chat import consumers\n",
        "import django\ndjango.setup()\nfrom chat.models import Message\n",
        f"from chat import routing\n{SET_UP}",  # which imports no models
        f"from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler\n{SET_UP}",
    ],
)
def test_an_asgi_module_that_daphne_can_import(project, rest):
    files = {"chat__models": MODELS, "chat__routing": "", "chat__consumers": "import chat.models"}
    assert import_notes(project, NAMED + rest, **files) == []


@pytest.mark.parametrize(
    "before, files, last",
    [
        ("from chat.models import Message", {}, "chat/models.py:4"),
        ("import chat.models", {}, "chat/models.py:4"),
        (
            "from chat import routing",
            {
                "chat__routing": "\nfrom .consumers import x",
                "chat__consumers": "import chat.models",
            },
            "chat/models.py:4",
        ),
        ("from django.contrib.auth.models import AnonymousUser", {}, ""),
        (
            "from chat.users import User",
            {
                "chat__users": "from django.contrib.auth import get_user_model\nUser = get_user_model()"
            },
            "chat/users.py:2",
        ),
    ],
)
def test_models_that_are_imported_before_the_set_up_are_reported(project, before, files, last):
    asgi = f"{NAMED}{before}\n{SET_UP}"
    [(label, text)] = import_notes(project, asgi, chat__models=MODELS, **files)
    way = ", ".join(filter(None, ["mysite/asgi.py:3", last]))
    assert (label, text) == (
        "Daphne",
        f"daphne mysite.asgi:application doesn't start ({way}):"
        " django.core.exceptions.AppRegistryNotReady: Apps aren't loaded yet."
        " Call get_asgi_application() before mysite/asgi.py:3.",
    )


def test_an_asgi_module_that_leaves_the_settings_to_manage_py_is_reported(project):
    [(_, text)] = import_notes(project, SET_UP)
    assert text == (
        "daphne mysite.asgi:application doesn't start (mysite/asgi.py:2):"
        " django.core.exceptions.ImproperlyConfigured: Requested setting LOGGING_CONFIG, but"
        ' settings are not configured. Write os.environ.setdefault("DJANGO_SETTINGS_MODULE",'
        ' "mysite.settings") before mysite/asgi.py:2.'
    )


# Commands and tasks

SEND = "async_to_sync(get_channel_layer().group_send)('chat', {})"
PLACES = {
    "chat/management/commands/announce.py:3": (
        "chat__management__commands__announce",
        f"class Command:\n  def handle(self):\n    {SEND}\n",
    ),
    "chat/tasks.py:3": ("chat__tasks", f"@shared_task\ndef announce():\n  {SEND}\n"),
    "mysite/jobs.py:3": (
        "mysite__jobs",
        f"@app.task(bind=True)\nasync def announce(self):\n  {SEND}\n",
    ),
    "chat/huey.py:4": (
        "chat__huey",
        "from .sending import announce\n@db_task()\ndef later():\n  announce('hello')\n",
    ),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_command_or_a_task_that_sends_is_found(project, place):
    name, text = PLACES[place]
    write(project, **{name: text}, chat__sending=f"def announce(text):\n  {SEND}\n")
    [(found, sender)] = find_senders(Sources(project.folder))
    assert str(found) == place
    assert sender == (
        "a management command" if "commands" in place else "a worker that runs this task"
    )


@pytest.mark.parametrize(
    "files",
    [
        {"chat__views": f"def index(request):\n  {SEND}\n"},
        {
            "chat__tasks": "@shared_task\ndef clean():\n  pass\n",
            "chat__views": f"def clean():\n  {SEND}\n",
        },
        {"chat__management__commands__load": "class Command:\n  def handle(self):\n    print()\n"},
        {"chat__old": f"print 'Python 2'\n{SEND}\n"},
        {
            "chat__consumers": f"class C:\n  @database_sync_to_async\n  def receive(self):\n    {SEND}\n"
        },
    ],
)
def test_other_code_is_no_sender_from_outside(project, files):
    write(project, **files)
    assert not list(find_senders(Sources(project.folder)))


def test_only_a_layer_in_memory_has_the_note(project, settings):
    name, text = PLACES["chat/tasks.py:3"]
    write(project, **{name: text})
    settings.CHANNEL_LAYERS = {"default": MEMORY}
    assert list(startup_notes.unreached_senders(project)) == [
        (
            "Layer",
            "in memory: what a worker that runs this task sends (chat/tasks.py:3) stays in its own"
            " process, and reaches no consumer. With Redis it does",
        )
    ]
    for layers in {}, {"default": REDIS}:
        settings.CHANNEL_LAYERS = layers
        assert not list(startup_notes.unreached_senders(project))


# All of it


def test_the_banner_and_the_page_have_the_notes(mysite: Path):
    settings, asgi = mysite / "mysite" / "settings.py", mysite / "mysite" / "asgi.py"
    save(settings, '"daphne",')
    save(asgi, "import os\n", "import os\nfrom django.contrib.auth.models import User\n")
    consumers = mysite / "chat" / "consumers.py"
    save(consumers, '"message": message}', '"message": message, "to": {"Ana"}}')
    with Guest(mysite) as server:
        in_banner = server.output
        with connect(
            server.socket_url("/ws/chat/lobby/"), origin=server.url.removesuffix("/")
        ) as ana:
            ana.send(json.dumps({"message": "hello"}))
            assert json.loads(ana.recv(TIMEOUT_SECONDS)) == {"message": "hello"}
        server.wait_for_line(
            "Redis wouldn't carry this event: event['to'] is of the type set. (chat/consumers.py:"
        )
        with (
            connect(
                server.socket_url("/inspect/feed/"), origin=server.url.removesuffix("/")
            ) as feed,
            urlopen(f"{server.url}inspect/") as response,
        ):
            page = response.read().decode()
            while (message := json.loads(feed.recv(TIMEOUT_SECONDS)))["kind"] != "state":
                pass
    labels = [label for label, _ in message["notes"]]
    assert labels == ["Daphne", "Database", "Daphne"]
    for label, text in message["notes"]:
        assert f"  {label:<12}{text}\n" in in_banner
        assert f"<li><strong>{label}</strong> <bdi>{escape(text)}</bdi></li>" in page
