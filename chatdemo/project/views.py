"""The start page and the error pages."""

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from chatdemo.chat.room_names import RoomNameError
from chatdemo.common.local_machine import scope_of
from chatdemo.course.step_rooms import default_step
from chatdemo.inspector.pages import Access
from chatdemo.project.listening_address import ANY_ADDRESS, addresses


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """The page with the links into the chat and the address for the class."""
    arrived_at, port = request.META["SERVER_NAME"], int(request.META["SERVER_PORT"])
    host = settings.CHATDEMO.host if settings.CHATDEMO.host in ANY_ADDRESS else arrived_at
    context = {
        "addresses": addresses(host, port),
        "step": default_step(),
        "inspect": Access(settings.CHATDEMO.inspect).may_see_all(scope_of(request)),
    }
    return render(request, "start.html", context)


def websocket_only(request: HttpRequest) -> HttpResponse:
    """The response to an HTTP request for a WebSocket's address (RFC 9110, section 15.5.22)."""
    title, detail = "This address is for WebSockets", "Open the room's page instead."
    response = _error_page(request, 426, title, detail)
    response.headers["Upgrade"] = "websocket"
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400: for another site's host name, or a BadRequest, whose text is shown."""
    if isinstance(exception, DisallowedHost):
        return _error_page(request, 400, "This host name isn't allowed", _HOST_HINT)
    is_name = isinstance(exception.__cause__, RoomNameError)
    title = "This room name can't be used" if is_name else "Bad request"
    return _error_page(request, 400, title, str(exception) or "The request was malformed.")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's CSRF_FAILURE_VIEW. ``reason`` is for a log."""
    detail = (
        "The form didn't come from a page of this chat. Open the page again, allow cookies,"
        " and send the form once more."
    )
    return _error_page(request, 403, "The form was refused", detail)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler404. Its button leads back to the course, or to the step that is running."""
    detail, back = "Check the address for a typing mistake.", {}
    if request.path.startswith("/learn/"):
        back = {"back": "/learn/", "back_to": "See the steps"}
    elif step := getattr(request, "step", None):
        detail = (
            "No pattern in this step's chat/urls.py matches this address. In your own project,"
            " Django shows a page that says so."
        )
        console = "&console" if "console" in request.GET else ""
        back = {"back": f"/chat/?step={step.name}{console}", "back_to": "Back to the index page"}
    return _error_page(request, 404, "Page not found", detail, **back)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500."""
    detail = "This is a bug in chatdemo. The terminal that runs it shows details. Try again."
    return _error_page(request, 500, "An error occurred", detail)


_HOST_HINT = (
    "Use the address that the terminal shows. If you use another name, such as a tunnel's,"
    " the person who runs chatdemo can add it to the setting allowed_hosts."
)


def _error_page(
    request: HttpRequest, status: int, title: str, detail: str, **more: str
) -> HttpResponse:
    """A page with ``title`` and ``detail``. Its button leads to ``back`` and reads ``back_to``."""
    context = {"status": status, "title": title, "detail": detail, **more}
    return render(request, "refusal.html", context, status=status)
