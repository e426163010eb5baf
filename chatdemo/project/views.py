"""The start page, and the pages for what went wrong."""

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from chatdemo.common.local_machine import scope_of
from chatdemo.course import course
from chatdemo.inspector.access import Access
from chatdemo.project.addresses import EVERY, addresses


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Leads to the chat, and says how others get to it."""
    at, port = request.META["SERVER_NAME"], int(request.META["SERVER_PORT"])
    # What it listens on decides, where that is known, and else the address that this request arrived at.
    host = settings.CHATDEMO.host if settings.CHATDEMO.host in EVERY else at
    step = course.find(settings.CHATDEMO.step) if settings.CHATDEMO.step else None
    may_inspect = Access(settings.CHATDEMO.inspect).may_see_all(scope_of(request))
    return render(
        request,
        "start.html",
        {"addresses": addresses(host, port), "step": step, "inspect": may_inspect},
    )


def websocket_only(request: HttpRequest) -> HttpResponse:
    """An ordinary request to a WebSocket's address (RFC 9110, section 15.5.22)."""
    response = _refusal(
        request, 426, "This address is for WebSockets", "Open the room's page instead."
    )
    response.headers["Upgrade"] = "websocket"
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, DisallowedHost):
        return _refusal(request, 400, "chatdemo doesn't answer to this name", _HOST_HINT)
    return _refusal(
        request, 400, "That doesn't work", str(exception) or "The request was malformed."
    )


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _refusal(
        request, 403, "That isn't allowed", str(exception) or "This page isn't for you."
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """What CSRF_FAILURE_VIEW names; ``reason`` is Django's own, for a log."""
    detail = "It didn't come from a page of this chat. Open the page again, allow cookies, and send the form once more."
    return _refusal(request, 403, "That was refused", detail)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    detail, back = "Check the address for a typing mistake.", {}
    if request.path.startswith("/learn/"):
        back = {"back": "/learn/", "back_to": "See the steps"}
    elif step := getattr(request, "step", None):
        detail = "Nothing in this step's chat/urls.py matches it. In a project of your own, Django's own page says so."
        console = "&console" if "console" in request.GET else ""
        back = {"back": f"/chat/?step={step.name}{console}", "back_to": "Back to the index page"}
    return _refusal(request, 404, "There's no page here", detail, **back)


def server_error(request: HttpRequest) -> HttpResponse:
    detail = "The fault is ours, and the terminal that runs chatdemo says more. Going back and trying again may help."
    return _refusal(request, 500, "Something broke", detail)


_HOST_HINT = (
    "Use the address that the terminal shows. If you come through another name, such as a tunnel's, "
    "whoever runs chatdemo can add it to the setting allowed_hosts."
)


def _refusal(
    request: HttpRequest, status: int, title: str, detail: str, **more: str
) -> HttpResponse:
    """A page that says what is wrong; ``back`` and ``back_to`` are where its button leads, and what is on it."""
    context = {"status": status, "title": title, "detail": detail, **more}
    return render(request, "refusal.html", context, status=status)
