"""Each step's ``chat`` app in this process, as a package with its own name."""

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

from chatdemo.common.computed_once import computed_once
from chatdemo.course.outline import Step
from chatdemo.realtime.base_consumer import with_fast_dispatch

_current_step: ContextVar[Step | None] = ContextVar("step", default=None)


@contextmanager
def templates_of(step: Step) -> Iterator[None]:
    """Within the block, Django finds the templates of ``step`` before any others."""
    token = _current_step.set(step)
    try:
        yield
    finally:
        _current_step.reset(token)


class StepTemplateLoader(filesystem.Loader):
    """Loads the templates of the step whose ``templates_of`` block is running, if there is one."""

    def get_dirs(self) -> list[Path]:
        """Return the folders of templates, the step's own first."""
        step = _current_step.get()
        return [folder / "templates" for folder in _chat_folders(step)] if step else []


def urlpatterns(step: Step) -> list[URLPattern]:
    """Return the patterns of the step's ``chat/urls.py``."""
    return import_module(f"{package(step)}.urls").urlpatterns


@computed_once
def websocket_application(step: Step) -> Callable:
    """Return the ASGI application for WebSockets of the step's ``mysite/asgi.py``.

    It has no middleware, and an asynchronous consumer runs on our own faster base class, for rooms
    of hundreds of participants. In a step without consumers it raises ValueError, as
    ProtocolTypeRouter does.
    """
    if "chat/routing.py" not in step.project():
        return ProtocolTypeRouter({})
    routes = import_module(f"{package(step)}.routing").websocket_urlpatterns
    return URLRouter(
        [URLPattern(route.pattern, with_fast_dispatch(route.callback)) for route in routes]
    )


@computed_once
def package(step: Step) -> str:
    """Return the name of the step's ``chat`` package, ready to import modules from.

    It is a namespace package (PEP 420) over the folders of this step and those before it, the
    latest first. Each file exists once, and its relative imports find this step's other files.
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
    """Return the hashes of the inline scripts in the step's templates, as a
    Content-Security-Policy names them (W3C CSP3, section 2.3.1).
    """
    pages = "\n".join(text for path, text in step.project().items() if path.endswith(".html"))
    scripts = re.findall(r"<script>(.*?)</script>", pages, re.DOTALL)
    digests = [hashlib.sha256(script.encode()).digest() for script in scripts]
    return tuple("sha256-" + base64.b64encode(digest).decode() for digest in digests)
