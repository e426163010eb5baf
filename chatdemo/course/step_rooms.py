"""Which step a room runs, and the tokens with which a lesson watches its room.

The name of a room that is pinned to a step contains the step and a signature: a name that a person
types never counts as pinned. Nothing is stored: a pinned room works after a restart, too.
"""

import base64
import re
from collections.abc import Sequence

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.utils.crypto import constant_time_compare, salted_hmac

from chatdemo.common.errors import UsageError
from chatdemo.course import outline

_PINNED = re.compile(r"([a-z]+)_([a-z2-7]{6})_(.+)", re.DOTALL)
_watch_signer = Signer(salt="chatdemo.course.watched_rooms")


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


def watch_token(rooms: Sequence[str]) -> str:
    """Return a token with which the inspector shows these rooms, and no others.

    Only the lesson's page has it. The rooms' names, which others may see, aren't enough.
    """
    return _watch_signer.sign_object(rooms)


def watched_paths(token: str) -> list[str]:
    """Return the paths of the WebSockets of the token's rooms; none if the token isn't valid."""
    try:
        return [f"/ws/chat/{room}/" for room in _watch_signer.unsign_object(token)]
    except BadSignature:
        return []
