"""The chat's pages."""

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from chatdemo.chat import rooms


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
    try:
        rooms.check_path(request.scope.get("raw_path", b"") if hasattr(request, "scope") else b"")
        rooms.check_name(room_name)
    except rooms.RoomNameError as error:
        raise BadRequest(str(error)) from None
    context = {
        "room_name": room_name,
        "socket_path": rooms.socket_path(room_name),
        "max_message": settings.CHATDEMO.max_message,
    }
    return render(request, "chat/room.html", context)
