"""Who is who: a person is one browser, with all of its tabs and after each loss of its connection."""

import hashlib
import secrets
from typing import Any
from urllib.parse import parse_qs

from chatdemo.chat import names

#: Where a session has its person's key.
SESSION_KEY = "person"


def ensure_key(session: Any) -> str:
    """The key of the session's person, who gets one if need be. It stands beside messages in the database, and opens
    nothing: the session's own key isn't to be found out from it.
    """
    return session.get(SESSION_KEY) or session.setdefault(SESSION_KEY, secrets.token_hex(12))


def name_of(scope: dict) -> str | None:
    """What the person at a WebSocket is called; None for a client without a session, which has no name."""
    session = scope.get("session")
    if session is None or not session.get(SESSION_KEY):
        return None
    return session.get(names.SESSION_KEY) or names.GUEST


def key_of(scope: dict) -> str:
    """The key of whoever is at a WebSocket.

    It is the session's person. A client without cookies can give a secret of its own instead, ``?client=``, so that it
    is known again when it comes back; without either it is somebody else each time.
    """
    session = scope.get("session")
    if session is not None and (key := session.get(SESSION_KEY)):
        return key
    given = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("client", [""])[0]
    return (
        f"client-{hashlib.sha256(given.encode()).hexdigest()[:32]}"
        if given
        else f"once-{secrets.token_hex(12)}"
    )
