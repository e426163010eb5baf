"""Tokens with which a lesson's page may watch what happens in its visitor's room, and nowhere else.

The page alone has it: a room's name, which others may see on a screen, doesn't let them watch.
"""

from django.core.signing import BadSignature, Signer

_signer = Signer(salt="chatdemo.course.watching")


def sign(room: str) -> str:
    """A token for the room."""
    return _signer.sign(f"/ws/chat/{room}/")


def watched_path(token: str) -> str | None:
    """The path of the WebSocket of a token's room; None if the token isn't one."""
    try:
        return _signer.unsign(token)
    except BadSignature:
        return None
