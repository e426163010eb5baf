"""The chat's pages."""

import logging

from django.conf import settings
from django.core.exceptions import BadRequest
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from chatdemo.chat import names, people, presence, rooms
from chatdemo.chat.history import reader
from chatdemo.common.local_machine import is_own_browser, scope_of

logger = logging.getLogger(__name__)
#: Messages that a page shows at first, and more of each time that it is scrolled up.
PAGE = 50
UNSAVED = "The server can't keep that name now: try again in a moment."


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
        "name": request.session.get(names.SESSION_KEY, ""),
        "max_name": names.MAX_NAME,
        "past": _past(room_name, people.ensure_key(request.session)),
        "may_download": is_own_browser(scope_of(request)),
    }
    return render(request, "chat/room.html", context)


@require_safe
def older(request: HttpRequest, room_name: str) -> HttpResponse:
    """As JSON, the messages before the one whose ``seq`` is ``?before=``, with status 503 if they can't be read.

    Raises BadRequest for another number.
    """
    _check(request, room_name)
    before = request.GET.get("before", "")
    if not (before.isascii() and before.isdigit() and len(before) < 16):
        raise BadRequest("Give ?before= the seq of a message.")
    past = _past(room_name, people.ensure_key(request.session), int(before))
    return JsonResponse(past, status=503 if past["unread"] else 200)


@require_POST
def name(request: HttpRequest, room_name: str) -> HttpResponse:
    """Call the visitor by the ``name`` that was sent, in all rooms: 204; or 400, or 503 where it can't be kept,
    with the reason as text.
    """
    _check(request, room_name)
    form = names.NameForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest(
            form.errors["name"][0], content_type="text/plain; charset=utf-8"
        )
    request.session[names.SESSION_KEY] = form.cleaned_data["name"]
    request.session.save()
    if getattr(request.session, "is_lost", False):
        request.session.modified = False  # or else it would be tried once more
        return HttpResponse(UNSAVED, status=503, content_type="text/plain; charset=utf-8")
    presence.rename(people.ensure_key(request.session), form.cleaned_data["name"])
    return HttpResponse(status=204)


@require_safe
def transcript(request: HttpRequest, room_name: str) -> HttpResponse:
    """All that is kept of the room, as a file, for this machine's own browser. For everybody else it isn't there.

    ``?format=`` is one of transcripts.formats.FORMATS. Raises BadRequest for another, and for a name that can't be a room's.
    """
    from chatdemo.chat.transcripts import download  # takes 6 ms

    if not is_own_browser(scope_of(request)):
        raise Http404
    _check(request, room_name)
    return download.respond(room_name, request.GET.get("format", "md"))


def _check(request: HttpRequest, room_name: str) -> None:
    try:
        rooms.check_path(_scope(request).get("raw_path", b""))
        rooms.check_name(room_name)
    except rooms.RoomNameError as error:
        raise BadRequest(str(error)) from None


def _past(room_name: str, person: str, before: int | None = None) -> dict:
    """What the page shows of what was said, each with whether it is the visitor's own; whether there is more, and the
    history's key, empty where nothing was said yet.

    A history that can't be read, which is ``unread``, is else as one that is empty.
    """
    if not settings.CHATDEMO.history:
        return {"kept": False, "unread": False, "messages": [], "more": False}
    unread = False
    try:
        past, key = reader.latest(room_name, PAGE + 1, before), reader.key(room_name)
    except DatabaseError as error:
        logger.error("The history of a room can't be read: %s", error)
        past, key, unread = [], "", True
    messages = [
        {
            "message": one.text,
            "seq": one.seq,
            "name": one.name,
            "at": one.at,
            "own": one.sender == person,
        }
        for one in past[-PAGE:]
    ]
    return {
        "kept": True,
        "unread": unread,
        "messages": messages,
        "more": len(past) > PAGE,
        "history": key,
    }


def _scope(request: HttpRequest) -> dict:
    """The ASGI scope, which only Django's ASGI handler has: without it nobody's address is known."""
    return getattr(request, "scope", {"headers": []})
