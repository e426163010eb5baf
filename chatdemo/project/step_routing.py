"""Steps of the tutorial in place of the finished chat: for rooms pinned to one, or by ``step``.

The steps themselves are in ``course``. Here they are added to the embedded project: to its URLconf,
its middleware and its ASGI application.
"""

import re
from collections.abc import Callable
from types import ModuleType
from urllib.parse import quote

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import include, path

from chatdemo.common.computed_once import computed_once
from chatdemo.common.errors import UsageError
from chatdemo.course import outline, step_apps, step_rooms
from chatdemo.project import urls
from chatdemo.project.navigation import is_framed
from chatdemo.project.security import add_security_headers

# Not the transcript: the stored messages of a room aren't those of a step's room with its name.
_PAGE = re.compile(r"/chat/(?:(?P<room>[^/]+)/(?:messages/)?)?")
_SOCKET = re.compile(r"/ws/chat/(?P<room>[^/]+)/")


class StepRouter:
    """ASGI application for WebSockets: the step's for rooms that run one, else ``finished``."""

    def __init__(self, finished: Callable):
        self.finished = finished

    async def __call__(self, scope: dict, receive: Callable, send: Callable) -> None:
        match = _SOCKET.fullmatch(scope["path"])
        step = match and step_rooms.pinned_step(match["room"]) or step_rooms.default_step()
        application = step_apps.websocket_application(step) if step else self.finished
        return await application(scope, receive, send)


class StepMiddleware:
    """Answers the chat's pages with a step's views and templates, for rooms that run one.

    ``?step=NAME`` redirects from a room to the one of that name which is pinned to the step. With
    ``?console``, a step's page reports its browser console to the frame that it is in.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        match = _PAGE.fullmatch(request.path_info)
        if not match:
            return self.get_response(request)
        pinned, requested = step_rooms.pinned_step(match["room"] or ""), _requested_step(request)
        if requested and match["room"] and not pinned:
            room = quote(step_rooms.pinned_name(requested, match["room"]), safe="")
            return redirect(f"/chat/{room}/{'?console' if is_framed(request) else ''}")
        step = pinned or requested or step_rooms.default_step()
        return self._run(step, request) if step else self.get_response(request)

    def _run(self, step: outline.Step, request: HttpRequest) -> HttpResponse:
        request.urlconf = _urlconf(step)  # Django's own attribute
        request.step = step  # for the page not_found in views.py
        with step_apps.templates_of(step):
            response = self.get_response(request)
        if is_framed(request):
            _add_console_script(response)
        return add_security_headers(request, response, step_apps.script_hashes(step))


def _requested_step(request: HttpRequest) -> outline.Step | None:
    try:
        return outline.find_step(request.GET["step"]) if "step" in request.GET else None
    except UsageError as error:
        raise BadRequest(f"{error.message} {error.hint}") from None


@computed_once
def _urlconf(step: outline.Step) -> ModuleType:
    """The project's URLconf, with the step's patterns below /chat/."""
    module = ModuleType(f"{urls.__name__}.{step.name}")
    chat = path("chat/", include(step_apps.urlpatterns(step)))
    vars(module).update(vars(urls) | {"urlpatterns": [chat, *urls.other_urlpatterns]})
    return module


def _add_console_script(response: HttpResponse) -> None:
    """Add the script that reports the console to the page, before the page's own scripts."""
    script = f'<script src="{static("course/console.js")}"></script>'
    response.content = response.content.replace(b"<head>", b"<head>" + script.encode(), 1)
    if response.has_header("Content-Length"):
        response.headers["Content-Length"] = len(response.content)
