"""The steps' code, run in this process: each step's ``chat`` app under a dotted name of its own, side by side."""

import base64
import hashlib
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path

from channels.routing import ProtocolTypeRouter, URLRouter
from django.template.loaders import filesystem
from django.urls import URLPattern

from chatdemo.common.once import computed_once
from chatdemo.course.course import Step
from chatdemo.realtime import consumer

_current: ContextVar[Step | None] = ContextVar("step", default=None)


@contextmanager
def running(step: Step) -> Iterator[None]:
    """Within it, templates are looked for in ``step`` first."""
    token = _current.set(step)
    try:
        yield
    finally:
        _current.reset(token)


class TemplateLoader(filesystem.Loader):
    """Finds the templates of the step that is running, and none while none is."""

    def get_dirs(self) -> list[Path]:
        step = _current.get()
        return [folder / "templates" for folder in _chat_folders(step)] if step else []


def urlpatterns(step: Step) -> list[URLPattern]:
    """The patterns of the step's ``chat/urls.py``."""
    return import_module(f"{package(step)}.urls").urlpatterns


@computed_once
def websockets(step: Step) -> Callable:
    """The ASGI application for WebSockets that the step's ``mysite/asgi.py`` makes, without the middleware round it.

    An asynchronous consumer stands on our own base class in Channels' place, for a class of hundreds. A step without
    consumers has no application for them, and ProtocolTypeRouter says so by raising ValueError.
    """
    if "chat/routing.py" not in step.project():
        return ProtocolTypeRouter({})
    return URLRouter(
        [
            _directly(route)
            for route in import_module(f"{package(step)}.routing").websocket_urlpatterns
        ]
    )


def _directly(route: URLPattern) -> URLPattern:
    return URLPattern(
        route.pattern, consumer.with_fast_dispatch(route.callback), route.default_args, route.name
    )


@computed_once
def package(step: Step) -> str:
    """The dotted name of the step's ``chat`` package, ready to import modules from.

    It is a namespace package (PEP 420) over the folders of this step and those before it, the latest first: so each
    file is there once, and a file's relative imports find this step's version of the others.
    """
    name = f"chatdemo.course.steps.{step.name}.chat"
    spec = ModuleSpec(name, None, is_package=True)
    spec.submodule_search_locations = [str(folder) for folder in _chat_folders(step)]
    sys.modules[name] = module_from_spec(spec)
    return name


def _chat_folders(step: Step) -> list[Path]:
    folders = [earlier.folder / "chat" for earlier in reversed(step.so_far)]
    return [folder for folder in folders if folder.is_dir()]


@computed_once
def script_hashes(step: Step) -> tuple[str, ...]:
    """The inline scripts of the step's templates as a Content-Security-Policy names them (W3C CSP3, section 2.3.1)."""
    pages = [text for path, text in step.project().items() if path.endswith(".html")]
    scripts = [
        script
        for page in pages
        for script in re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    ]
    digests = [hashlib.sha256(script.encode()).digest() for script in scripts]
    return tuple("sha256-" + base64.b64encode(digest).decode() for digest in digests)
