"""What was kept, read through Django's ORM: in threads, so that a slow disk holds up nobody else."""

from collections.abc import Iterable
from datetime import datetime, timezone
from typing import Any, NamedTuple

from asgiref.sync import sync_to_async
from django.db.models import Max

from chatdemo.chat.models import Message, Room

#: Messages in one read.
FEW = 200
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
    found = Room.objects.filter(name=room).values_list("deleted", Max("messages__seq")).first()
    return max(found[0], found[1] or 0) if found else 0


def key(room: str) -> str:
    """Tells this history of a room from another; empty where nothing was said yet."""
    return Room.objects.filter(name=room).values_list("key", flat=True).first() or ""


@sync_to_async
def arrival(room: str, person: str) -> tuple[str, str]:
    """What there is to know of a room for whoever comes in: its key, and what they were called when they spoke last."""
    said = Message.objects.filter(room__name=room, sender=person, client_id__isnull=False)
    return key(room), said.order_by("-seq").values_list("name", flat=True).first() or ""


def _made(rows: Iterable[tuple[Any, ...]]) -> list[Past]:
    return [Past(seq, name, text, _iso(at), sender, id) for seq, name, text, at, sender, id in rows]


def _iso(at: datetime) -> str:
    return at.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
