"""The start page and the error pages."""

from collections.abc import Sequence
from urllib.parse import quote, urlencode

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from chatdemo.chat.identity import MAX_NAME_LENGTH, NAME_SESSION_KEY, JoinForm
from chatdemo.chat.room_names import RoomNameError
from chatdemo.chat.views import NAME_NOT_STORED, store_name
from chatdemo.common.local_machine import is_own_browser, scope_of
from chatdemo.course.step_rooms import default_step
from chatdemo.inspector.pages import PREFIX
from chatdemo.project.listening_address import ANY_ADDRESS, addresses
from chatdemo.project.navigation import is_framed

#: Where the error pages lead.
WAYS = [("Choose a room", "/chat/"), ("Go to the start page", "/")]
INSPECTOR_HINT = (
    "The inspector is for browsers on the computer that runs chatdemo. The setting inspect opens it"
    " to others, or switches it off."
)


@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """The first page: the address for the class, or, for other machines' browsers, a form to join.

    A POST of that form gives the visitor a name and redirects to the room. The status is 400 for a
    name that can't be used, 503 if it can't be stored.
    """
    form, status = JoinForm(request.POST if request.method == "POST" else None), 200
    if form.is_bound:
        if not form.is_valid():
            status = 400
        elif (name := form.cleaned_data["name"]) and not store_name(request, name):
            form.add_error("name", NAME_NOT_STORED)
            status = 503
        else:
            return redirect(f"{reverse('index')}?{urlencode({'room': form.cleaned_data['room']})}")
    arrived_at, port = request.META["SERVER_NAME"], int(request.META["SERVER_PORT"])
    host = settings.CHATDEMO.host if settings.CHATDEMO.host in ANY_ADDRESS else arrived_at
    context = {
        "addresses": addresses(host, port),
        "step": default_step(),
        "is_teacher": is_own_browser(scope_of(request)),
        "form": form,
        "name": request.POST.get("name") or request.session.get(NAME_SESSION_KEY, ""),
        "max_name": MAX_NAME_LENGTH,
    }
    return render(request, "start.html", context, status=status)


def websocket_only(request: HttpRequest) -> HttpResponse:
    """The response to an HTTP request for a WebSocket's address (RFC 9110, section 15.5.22)."""
    title = "This address is for WebSockets"
    detail = "A page opens it with new WebSocket(…). Open the room's page instead."
    room = request.path.removeprefix("/ws/chat/") if request.path.startswith("/ws/chat/") else ""
    ways = [("Open the room's page", f"/chat/{quote(room)}"), *WAYS] if room else WAYS
    response = _error_page(request, 426, title, detail, ways)
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
    """Django's handler404. Its links lead back to the course, or to the step that is running."""
    detail, ways = "Check the address for a typing mistake.", WAYS
    if request.path.startswith("/learn/"):
        ways = [("See the steps", "/learn/"), *WAYS]
    elif request.path.startswith(PREFIX):
        detail = INSPECTOR_HINT
    elif step := getattr(request, "step", None):
        detail = (
            "No pattern in this step's chat/urls.py matches this address. In your own project,"
            " Django shows a page that says so."
        )
        console = "&console" if is_framed(request) else ""
        ways = [("Back to the index page", f"/chat/?step={step.name}{console}")]
    return _error_page(request, 404, "Page not found", detail, ways)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500."""
    detail = "This is a bug in chatdemo. The terminal that runs it shows details. Try again."
    return _error_page(request, 500, "An error occurred", detail)


_HOST_HINT = (
    "Use the address that the terminal shows. If you use another name, such as a tunnel's,"
    " the person who runs chatdemo can add it to the setting allowed_hosts."
)


def _error_page(
    request: HttpRequest,
    status: int,
    title: str,
    detail: str,
    ways: Sequence[tuple[str, str]] = WAYS,
) -> HttpResponse:
    """A page with ``title`` and ``detail``, and with links: each a label and an address."""
    context = {"status": status, "title": title, "detail": detail, "ways": ways}
    return render(request, "refusal.html", context, status=status)
