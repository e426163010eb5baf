"""The chat's pages."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseBase,
    JsonResponse,
)
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from chatdemo.chat import identity, room_names
from chatdemo.chat.message_log import MessageLogError, parse_seq
from chatdemo.chat.room import OpenRoom
from chatdemo.common.local_machine import is_own_browser, scope_of

#: Messages that a page shows first, and how many more each time that it is scrolled to the top.
PAGE_MESSAGES = 50
#: The room for those who don't type a name.
DEFAULT_ROOM = "lobby"
#: Rooms with people that the first page lists.
MAX_LISTED_ROOMS = 50
PLAIN_TEXT = "text/plain; charset=utf-8"
NAME_NOT_STORED = "The server can't store that name now. Try again in a moment."


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Ask for a room's name, and list the rooms where somebody is.

    With the form's ``?room=NAME`` redirect to the room, to DEFAULT_ROOM for an empty name. For a
    name that can't be used, or that differs from an open room's in capitals alone, ask again.
    """
    rooms = apps.get_app_config("chat").rooms.with_people()
    context = {
        "rooms": rooms[:MAX_LISTED_ROOMS],
        "more_rooms": len(rooms[MAX_LISTED_ROOMS:]),
        "default_room": DEFAULT_ROOM,
    }
    if (typed := request.GET.get("room")) is None:
        return render(request, "chat/index.html", context)
    try:
        name = room_names.check_name(room_names.clean_typed_name(typed) or DEFAULT_ROOM)
    except room_names.RoomNameError as error:
        context |= {"typed": typed, "error": str(error)}
        return render(request, "chat/index.html", context, status=400)
    if similar := _find_similar(name, rooms):
        return render(request, "chat/index.html", context | {"typed": name, "similar": similar})
    return redirect("room", room_name=name)


def _find_similar(name: str, rooms: list[OpenRoom]) -> OpenRoom | None:
    """Return the room that ``name`` may stand for: nobody is in ``name`` itself."""
    if any(room.name == name for room in rooms):
        return None
    return next((room for room in rooms if room.name.casefold() == name.casefold()), None)


@require_safe
def room(request: HttpRequest, room_name: str) -> HttpResponse:
    """Show the room's page. Raises BadRequest for a name that no room can have."""
    _check(request, room_name)
    context = {
        "room_name": room_name,
        "socket_path": room_names.socket_path(room_name),
        "max_message": settings.CHATDEMO.max_message,
        "name": request.session.get(identity.NAME_SESSION_KEY, ""),
        "max_name": identity.MAX_NAME_LENGTH,
        "past": _history(room_name, identity.ensure_key(request.session)),
        "may_download": is_own_browser(scope_of(request)),
    }
    return render(request, "chat/room.html", context)


@require_safe
def older(request: HttpRequest, room_name: str) -> HttpResponse:
    """Return the messages before ``?before=``, a ``seq``, as JSON. 503 if they can't be read.

    Raises BadRequest if it is no ``seq``.
    """
    _check(request, room_name)
    before = parse_seq(request.GET.get("before", ""))
    if before is None:
        raise BadRequest("Give ?before= the seq of a message.")
    past = _history(room_name, identity.ensure_key(request.session), before)
    return JsonResponse(past, status=503 if past["unread"] else 200)


@require_POST
def name(request: HttpRequest, room_name: str) -> HttpResponse:
    """Give the visitor the ``name`` of the form, in all rooms: 204.

    400 for a name that can't be used, 503 if it can't be stored, each with the reason as text.
    """
    _check(request, room_name)
    form = identity.NameForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest(form.errors["name"][0], content_type=PLAIN_TEXT)
    if not store_name(request, form.cleaned_data["name"]):
        return HttpResponse(NAME_NOT_STORED, status=503, content_type=PLAIN_TEXT)
    return HttpResponse(status=204)


def store_name(request: HttpRequest, name: str) -> bool:
    """Give the visitor this name in all rooms. Return False if it can't be stored now."""
    person = identity.ensure_key(request.session)
    request.session[identity.NAME_SESSION_KEY] = name
    request.session.save()
    if getattr(request.session, "is_lost", False):
        request.session.modified = False  # or the middleware would try again
        return False
    apps.get_app_config("chat").rooms.exchange.rename(person, name)
    return True


@require_safe
def transcript(request: HttpRequest, room_name: str) -> HttpResponseBase:
    """Return the room's stored messages as a file, to this machine's browser. Others get a 404.

    Raises BadRequest for an unknown ``?format=`` and for a name that no room can have.
    """
    from chatdemo.chat.transcripts import download  # takes 6 ms, which would delay the start

    if not is_own_browser(scope_of(request)):
        raise Http404
    _check(request, room_name)
    return download.respond(room_name, request.GET.get("format", "md"))


def _check(request: HttpRequest, room_name: str) -> None:
    # Only Django's ASGI handler has a scope.
    raw_path = getattr(request, "scope", {}).get("raw_path", b"")
    try:
        room_names.check_path(raw_path)
        room_names.check_name(room_name)
    except room_names.RoomNameError as error:
        raise BadRequest(str(error)) from error


def _history(room_name: str, person: str, before: int | None = None) -> dict[str, Any]:
    """Return a page of the room's messages, and which of them are the person's own.

    ``more`` is whether there are messages before these, ``history`` the epoch of the message log.
    A history that can't be read is ``unread``, and otherwise like an empty one.
    """
    log = apps.get_app_config("chat").rooms.log
    stored, epoch, unread = [], "", False
    try:
        stored = log.read_before(room_name, before, PAGE_MESSAGES + 1)
        epoch = log.epoch(room_name)
    except MessageLogError:
        stored, unread = [], True
    return {
        "kept": log.stores_messages,
        "unread": unread,
        "messages": [
            {
                "message": message.text,
                "seq": message.seq,
                "name": message.name,
                "at": message.at,
                "own": message.sender == person,
            }
            for message in stored[-PAGE_MESSAGES:]
        ],
        "more": len(stored) > PAGE_MESSAGES,
        "history": epoch,
    }
