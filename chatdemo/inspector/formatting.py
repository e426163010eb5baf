"""Values as text to store and show: limited in length and depth, and without secrets."""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import islice
from typing import Any

from chatdemo.realtime.upstream.django import resolved

#: Characters of a payload, and of one text in it.
MAX_PAYLOAD_CHARACTERS, MAX_TEXT_CHARACTERS = 1000, 200
#: Items of a list or dict, and levels of nesting.
MAX_ITEMS, MAX_DEPTH = 20, 5
#: An int of more bits is described: str() raises for thousands of digits.
MAX_BITS = 1000
#: Keys whose values are hidden.
SECRET_KEY = re.compile(
    r"cookie|session|token|passw|passphrase|pwd|secret|csrf|authorization|jwt|api_?key|credential"
    r"|\b(pass|pin|otp)\b",
    re.IGNORECASE,
)
HIDDEN = "<hidden>"
#: The end of a key in JSON, or in a dict as Python shows it. A JSON text in a JSON text has
#: backslashes before its quotation marks.
_JSON_KEY_END = re.compile(r"""(\\*["'])\s*:\s*""")
#: A name and a value, as forms and URLs have them.
_FORM_VALUE = re.compile(r"([\w.-]+)=([^&\s\"'<>]+)")
#: A value that has no quotation marks and no brackets.
_JSON_ATOM = re.compile(r"[^,}\]\s\"\\]*")


def format_value(value: Any) -> str:
    """Return ``value`` as one line.

    No method of the project's classes is called: it could fail, block or ask the database, as
    ``__class__`` of a lazy object does. So its type is asked for, instead of isinstance().
    """
    if not issubclass(type(value), str):
        return printable(_shorten(_format(value, MAX_DEPTH), MAX_PAYLOAD_CHARACTERS))
    return printable(_shorten(str.__str__(value), MAX_PAYLOAD_CHARACTERS, hide_secrets))


def _shorten(text: str, limit: int, change: Callable[[str], str] = lambda text: text) -> str:
    """Return ``change`` of the text, or of its beginning."""
    if len(text) <= limit:
        return change(text)
    return f"{change(text[:limit])}… ({len(text):,} characters)"


@lru_cache(maxsize=64)  # a room's message is formatted for each participant
def hide_secrets(text: str) -> str:
    """Hide the values of secret keys in JSON, also in the beginning or a part of some, in a dict as
    Python shows it, and in forms. In doubt more is hidden than the value.
    """
    if "=" in text:
        text = _FORM_VALUE.sub(_hide_form_value, text)
    parts: list[str] = []
    position = 0
    for match in _JSON_KEY_END.finditer(text):
        quote = match[1]
        key = text[text.rfind(quote, 0, match.start()) + len(quote) : match.start()]
        if match.start() >= position and is_secret(key):
            parts += [text[position : match.end()], HIDDEN]
            position = _end_of_json_value(text, match.end(), quote)
    return "".join([*parts, text[position:]]) if parts else text


def _hide_form_value(found: re.Match[str]) -> str:
    return f"{found[1]}={HIDDEN}" if is_secret(found[1]) else found[0]


@lru_cache(maxsize=1024)
def is_secret(key: str) -> bool:
    """Whether the values of a key are hidden."""
    return SECRET_KEY.search(key) is not None


def _end_of_json_value(text: str, start: int, quote: str) -> int:
    """Return where the value that starts here ends, or the length of the text."""
    string = re.compile(rf"(?<!\\){re.escape(quote)}.*?(?<!\\){re.escape(quote)}", re.DOTALL)
    depth, position = 0, start
    while position < len(text):
        if text.startswith(quote, position):
            found = string.match(text, position)
            position = found.end() if found else len(text)
        elif text[position] in "{[":
            depth, position = depth + 1, position + 1
        elif text[position] in "}]":
            depth, position = depth - 1, position + 1
        elif depth:
            position += 1
        else:
            found = _JSON_ATOM.match(text, position)
            position = max(found.end() if found else 0, position + 1)
        if depth <= 0:
            return position
    return len(text)


def size_of(value: Any) -> int | None:
    """Return the characters of a text or the bytes of bytes, None for other values."""
    return len(value) if isinstance(value, str | bytes) else None


def printable(text: str) -> str:
    """Escape lone surrogates, which UTF-8 and so a WebSocket can't carry."""
    return text.encode("utf-8", "backslashreplace").decode()


def format_user(user: Any) -> str | None:
    """Return the name of a user as ``scope["user"]`` has it, without a query to the database.

    A model has the field that its USERNAME_FIELD names. None if there is no user, or if it isn't
    known before the database is asked.
    """
    user = resolved(user)
    if user is None or issubclass(type(user), str):
        return user and printable(str.__str__(user)[:MAX_TEXT_CHARACTERS])
    try:
        fields = object.__getattribute__(user, "__dict__")  # calls no method of its class
    except AttributeError:
        fields = {}
    name = fields.get(getattr(type(user), "USERNAME_FIELD", None))
    return printable(name[:MAX_TEXT_CHARACTERS]) if isinstance(name, str) else type(user).__name__


def _format(value: Any, depth: int) -> str:
    """Format a value, or one of a subclass as its base class does."""
    kind = type(value)
    if issubclass(kind, str):
        return _format_text(str.__str__(value))
    if issubclass(kind, bytes | bytearray | memoryview):
        return f"<{memoryview(value).nbytes:,} bytes>"
    if value is None or kind is bool:
        return str(value)
    if issubclass(kind, int | float):
        return _format_number(value)
    for base in (dict, list, tuple, set, frozenset):
        if issubclass(kind, base):
            # The depth also ends a cycle.
            return _format_items(value, base, depth - 1) if depth else "…"
    return f"<{kind.__name__}>"


def _format_text(text: str) -> str:
    shown = hide_secrets(text[:MAX_TEXT_CHARACTERS])
    quote = "'" if '"' in shown and "'" not in shown else '"'  # as Python does it, the other way
    if len(text) <= MAX_TEXT_CHARACTERS:
        return f"{quote}{shown}{quote}"
    return f"{quote}{shown}…{quote} ({len(text):,} characters)"


def _format_number(value: Any) -> str:
    if issubclass(type(value), float):
        return float.__repr__(value)
    bits = int.bit_length(value)
    return int.__repr__(value) if bits < MAX_BITS else f"<a number of {bits:,} bits>"


def _format_items(value: Any, kind: Any, depth: int) -> str:
    items: Iterable[Any] = dict.items(value) if kind is dict else kind.__iter__(value)
    first, count = list(islice(items, MAX_ITEMS)), kind.__len__(value)
    if kind is dict:
        shown = [f"{_format(key, depth)}: {_format_item(key, item, depth)}" for key, item in first]
    else:
        shown = [_format(item, depth) for item in first]
    if count > len(first):
        shown.append(f"… ({count - len(first):,} more)")
    text = ", ".join(shown)
    return f"{{{text}}}" if kind is dict else f"[{text}]"


def _format_item(key: Any, value: Any, depth: int) -> str:
    if issubclass(type(key), str) and is_secret(str.__str__(key)):
        return HIDDEN
    return _format(value, depth)
