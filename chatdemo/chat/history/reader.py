"""What was kept, read through Django's ORM: in threads, so that a slow disk holds up nobody else."""

from collections.abc import Iterable
from datetime import datetime, timezone
from typing import Any, NamedTuple

from asgiref.sync import sync_to_async

from chatdemo.chat.models import Message, Room, Speaker
from chatdemo.chat.names import Numbers, alike, parts

#: Messages in one read, which each who catches up has in memory: of the longest ones, less than a megabyte.
FEW = 50
FIELDS = ("seq", "name", "text", "at", "sender", "client_id")


class Past(NamedTuple):
    """A message that was kept; ``at`` is ISO 8601, in UTC."""

    seq: int
    name: str
    text: str
    at: str
    sender: str
    id: str | None


def latest(room: str, most: int = 50, before: int | None = None) -> list[Past]:
    """At most ``most`` of the room's messages, the latest of all or of those before a ``seq``, in their order."""
    messages = Message.objects.filter(room__name=room)
    if before is not None:
        messages = messages.filter(seq__lt=before)
    return _made(messages.order_by("-seq").values_list(*FIELDS)[:most])[::-1]


@sync_to_async
def after(room: str, seq: int, most: int = FEW) -> list[Past]:
    """At most ``most`` of the room's messages, the first after ``seq``."""
    messages = Message.objects.filter(room__name=room, seq__gt=seq)
    return _made(messages.order_by("seq").values_list(*FIELDS)[:most])


@sync_to_async
def last(room: str) -> int:
    """The greatest ``seq`` that the room has had, 0 where nothing was said yet."""
    deleted = Room.objects.filter(name=room).values_list("deleted", flat=True).first()
    kept = (
        Message.objects.filter(room__name=room)
        .order_by("-seq")
        .values_list("seq", flat=True)
        .first()
    )
    return max(deleted or 0, kept or 0)


def key(room: str) -> str:
    """Tells this history of a room from another; empty where nothing was said yet."""
    return Room.objects.filter(name=room).values_list("key", flat=True).first() or ""


def numbers(room: str, person: str, name: str) -> Numbers:
    """Which numbers whoever was called so, or alike, has had in the room."""
    speakers = Speaker.objects.filter(room__name=room, alike=alike(name)).values_list(
        "person", "name"
    )
    had = [(one, parts(shown)[1]) for one, shown in speakers]
    own = [number for one, number in had if one == person]
    return Numbers(min(own, default=0), frozenset(number for one, number in had if one != person))


def _made(rows: Iterable[tuple[Any, ...]]) -> list[Past]:
    return [Past(seq, name, text, _iso(at), sender, id) for seq, name, text, at, sender, id in rows]


def _iso(at: datetime) -> str:
    return at.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
