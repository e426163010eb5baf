"""The chat's pages."""

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from chatdemo.chat import rooms
from chatdemo.realtime.peers import is_own_browser


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Asks for a room's name. With ``?room=NAME``, which its form sends, it leads there or says what is wrong."""
    typed = request.GET.get("room")
    if typed is None:
        return render(request, "chat/index.html")
    try:
        return redirect("room", room_name=rooms.check_name(rooms.tidy(typed)))
    except rooms.RoomNameError as error:
        return render(request, "chat/index.html", {"typed": typed, "error": str(error)}, status=400)


@require_safe
def room(request: HttpRequest, room_name: str) -> HttpResponse:
    """The room's page. Raises BadRequest, which becomes a page that says why, for a name that can't be a room's."""
    _check(request, room_name)
    context = {
        "room_name": room_name,
        "socket_path": rooms.socket_path(room_name),
        "max_message": settings.CHATDEMO.max_message,
        "may_download": is_own_browser(_scope(request)),
    }
    return render(request, "chat/room.html", context)


@require_safe
def transcript(request: HttpRequest, room_name: str) -> HttpResponse:
    """All that is kept of the room, as a file, for this machine's own browser. For everybody else it isn't there.

    ``?format=`` is one of transcript.FORMS. Raises BadRequest for another, and for a name that can't be a room's.
    """
    from chatdemo.chat.transcript import attachment  # 6 ms, of which the start is spared

    if not is_own_browser(_scope(request)):
        raise Http404
    _check(request, room_name)
    return attachment.respond(room_name, request.GET.get("format", "md"))


def _check(request: HttpRequest, room_name: str) -> None:
    try:
        rooms.check_path(_scope(request).get("raw_path", b""))
        rooms.check_name(room_name)
    except rooms.RoomNameError as error:
        raise BadRequest(str(error)) from None


def _scope(request: HttpRequest) -> dict:
    """The ASGI scope, which only Django's ASGI handler has: without it nobody's address is known."""
    return getattr(request, "scope", {"headers": []})
