"""Which step a room runs, and the tokens with which a lesson watches its room.

The name of a room that is pinned to a step contains the step and a signature: a name that a person
types never counts as pinned. Nothing is stored: a pinned room works after a restart, too.
"""

import base64
import re

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.utils.crypto import constant_time_compare, salted_hmac

from chatdemo.common.errors import UsageError
from chatdemo.course import outline

_PINNED = re.compile(r"([a-z]+)_([a-z2-7]{6})_(.+)", re.DOTALL)
_watch_signer = Signer(salt="chatdemo.course.watching")


def pinned_name(step: outline.Step, room: str) -> str:
    """Return the name of ``room``'s copy that always runs ``step``, such as ``echo_k3f9xm_lobby``.

    What is added has only characters that the tutorial's route and group names accept.
    """
    return f"{step.name}_{_signature(step.name, room)}_{room}"


def pinned_step(name: str) -> outline.Step | None:
    """Return the step to which the room ``name`` is pinned, or None if it isn't pinned."""
    match = _PINNED.fullmatch(name)
    if not match or not constant_time_compare(match[2], _signature(match[1], match[3])):
        return None
    try:
        return outline.find_step(match[1])
    except UsageError:  # pinned by another version of chatdemo, which had a step of that name
        return None


def default_step() -> outline.Step | None:
    """Return the step of rooms that aren't pinned to one, or None if they run the finished chat."""
    return outline.find_step(settings.CHATDEMO.step) if settings.CHATDEMO.step else None


def _signature(step: str, room: str) -> str:
    """30 bits as 6 letters and digits: no room has them by accident, and they can be read out."""
    signed = f"{step}/{room}".encode("utf-8", "surrogatepass")
    digest = salted_hmac("chatdemo.course.pins", signed, algorithm="sha256").digest()
    return base64.b32encode(digest).decode()[:6].lower()


def watch_token(room: str) -> str:
    """Return a token with which the inspector shows this room, and no other.

    Only the lesson's page has it. The room's name, which others may see on a screen, isn't enough.
    """
    return _watch_signer.sign(f"/ws/chat/{room}/")


def watched_path(token: str) -> str | None:
    """Return the path of the WebSocket of the token's room; None if the token isn't valid."""
    try:
        return _watch_signer.unsign(token)
    except BadSignature:
        return None
