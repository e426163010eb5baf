"""A message on its way into the history, and what has become of it."""

from collections.abc import Callable
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import NamedTuple


class Kept(NamedTuple):
    """A message as it is kept. ``at`` is ISO 8601, in UTC."""

    seq: int
    name: str
    text: str
    at: str


@dataclass(slots=True)
class Draft:
    """What a participant says: to be kept, and then handed to ``on_kept(kept, is_new)``, or to ``on_failed(reason)``.

    Both are called in the context in which the draft was made.
    """

    room: str
    sender: str
    id: str | None
    name: str
    text: str
    on_kept: Callable[[Kept, bool], None]
    on_failed: Callable[[str], None]
    context: Context = field(default_factory=copy_context)
