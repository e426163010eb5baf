"""Which step a room runs: a pinned room's name says so, and a signature in it keeps others from being taken for one.

So nothing has to be remembered: a pin outlives a restart, and costs no memory.
"""

import base64
import re
from contextlib import suppress

from django.utils.crypto import constant_time_compare, salted_hmac

from chatdemo.common.errors import UsageError
from chatdemo.course import course

_PINNED = re.compile(r"([a-z]+)_([a-z2-7]{6})_(.+)", re.DOTALL)


def pin(step: course.Step, room: str) -> str:
    """The name of the room that is ``room`` to its participants and always runs ``step``: ``echo_k3f9xm_lobby``.

    Apart from ``room``, it is made of characters that the tutorial's route and group names take.
    """
    return f"{step.name}_{_signature(step.name, room)}_{room}"


def pinned_step(name: str) -> course.Step | None:
    """The step that the room ``name`` is pinned to, or None if it isn't."""
    match = _PINNED.fullmatch(name)
    if match and constant_time_compare(match[2], _signature(match[1], match[3])):
        with suppress(
            UsageError
        ):  # pinned by another version of this program, which had a step of that name
            return course.find(match[1])
    return None


def _signature(step: str, room: str) -> str:
    """30 bits in 6 letters: enough that nobody's own room is pinned by accident, and short enough to be read out."""
    signed = f"{step}/{room}".encode("utf-8", "surrogatepass")
    digest = salted_hmac("chatdemo.course.pins", signed, algorithm="sha256").digest()
    return base64.b32encode(digest).decode()[:6].lower()
