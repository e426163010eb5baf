"""Steps of the tutorial in the finished chat's place: for a room that is pinned to one, or by the setting ``step``."""

import re
from collections.abc import Callable
from types import ModuleType
from urllib.parse import quote

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import include, path

from chatdemo.common.errors import UsageError
from chatdemo.common.once import computed_once
from chatdemo.project import urls
from chatdemo.project.middleware import restrict
from chatdemo.course import course, pins, running

# Where a step runs, what the finished chat has kept of a room of that name isn't that room's.
_PAGE = re.compile(r"/chat/(?:(?P<room>[^/]+)/(?:messages/)?)?")
_SOCKET = re.compile(r"/ws/chat/(?P<room>[^/]+)/")


def default_step() -> course.Step | None:
    """The step that rooms run which aren't pinned to one. Raises UsageError if the setting names none that exists."""
    return course.find(settings.CHATDEMO.step) if settings.CHATDEMO.step else None


class StepRouter:
    """ASGI application for WebSockets: a step's own for its rooms, ``finished`` for the others."""

    def __init__(self, finished: Callable):
        self.finished = finished

    async def __call__(self, scope: dict, receive: Callable, send: Callable) -> None:
        match = _SOCKET.fullmatch(scope["path"])
        step = match and pins.pinned_step(match["room"]) or default_step()
        application = running.websockets(step) if step else self.finished
        return await application(scope, receive, send)


class StepMiddleware:
    """Has a step's own views and templates answer for the chat's pages where a step runs.

    ``?step=NAME`` leads from a room to the one of that name which is pinned to the step. ``?console`` makes a step's
    page tell the frame that it is in what its browser's console has.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        match = _PAGE.fullmatch(request.path_info)
        if not match:
            return self.get_response(request)
        pinned, asked = pins.pinned_step(match["room"] or ""), _asked_for(request)
        if asked and match["room"] and not pinned:
            return _lead_to(pins.pin(asked, match["room"]), request)
        step = pinned or asked or default_step()
        return self._run(step, request) if step else self.get_response(request)

    def _run(self, step: course.Step, request: HttpRequest) -> HttpResponse:
        request.step, request.urlconf = step, _urlconf(step)
        with running.running(step):
            response = self.get_response(request)
        if "console" in request.GET:
            _report_console(response)
        return restrict(request, response, running.script_hashes(step))


def _asked_for(request: HttpRequest) -> course.Step | None:
    try:
        return course.find(request.GET["step"]) if "step" in request.GET else None
    except UsageError as error:
        raise BadRequest(f"{error.message} {error.hint}") from None


def _lead_to(room: str, request: HttpRequest) -> HttpResponse:
    return redirect(
        f"/chat/{quote(room, safe='')}/{'?console' if 'console' in request.GET else ''}"
    )


@computed_once
def _urlconf(step: course.Step) -> ModuleType:
    """The project's URLconf with the step's patterns below /chat/."""
    module = ModuleType(f"{urls.__name__}.{step.name}")
    chat = path("chat/", include(running.urlpatterns(step)))
    vars(module).update(vars(urls) | {"urlpatterns": [chat, *urls.around_the_chat]})
    return module


def _report_console(response: HttpResponse) -> None:
    """Adds our script to the page, ahead of its own: a step's page knows nothing of us."""
    script = f'<script src="{static("course/console.js")}"></script>'
    response.content = response.content.replace(b"<head>", b"<head>" + script.encode(), 1)
    if response.has_header("Content-Length"):
        response.headers["Content-Length"] = len(response.content)
