"""The frames of the wire contract: parses what a client sends, and encodes what it gets."""

import json
import re
import unicodedata
from typing import Any, NamedTuple

from chatdemo.chat.identity import BLANKS
from chatdemo.chat.message_errors import MessageError

#: What a page sends besides messages, with the type of the value.
SIGNALS: dict[str, type[bool] | type[int]] = {"beat": bool, "got": int, "typing": bool, "who": int}
CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Message(NamedTuple):
    """A message from a client. ``id`` is the client's own, and goes back to the sender alone."""

    text: str
    id: str | None = None


class Signal(NamedTuple):
    """What a page reports to the server: one of SIGNALS."""

    kind: str
    value: bool | int


def parse(text: str | None, max_length: int) -> Message | Signal:
    """Return the message or the signal in a frame's ``text`` (None for a binary frame).

    A message has at most ``max_length`` characters. Raises MessageError.
    """
    if text is None:
        raise MessageError("not_text")
    try:
        content = _decoder.decode(text)
    except (ValueError, RecursionError):  # for a number of too many digits, and for deep nesting
        raise MessageError("bad_json") from None
    if not isinstance(content, dict):
        raise MessageError("bad_message")
    if "message" not in content and (signal := _parse_signal(content)):
        return signal
    id = content.get("id")
    if id is not None and not (isinstance(id, str) and CLIENT_ID.fullmatch(id)):
        raise MessageError("bad_message")
    return Message(_check_text(content.get("message"), id, max_length), id)


def encode(text: str, **fields: str | int | None) -> str:
    """Return the frame of a message. Fields that are empty, 0 or None are left out."""
    known = {name: value for name, value in fields.items() if value}
    return json.dumps({"message": text, **known})


def with_id(frame: str, id: str) -> str:
    """Return the frame of a message with the sender's id (CLIENT_ID) added.

    Joining texts takes 7 µs less than encoding the frame again.
    """
    return f'{frame[:-1]}, "id": "{id}"}}'


def _parse_signal(content: dict[str, Any]) -> Signal | None:
    if len(content) != 1:
        return None
    kind, value = next(iter(content.items()))
    if isinstance(value, int) and type(value) is SIGNALS.get(kind) and 0 <= value < 1 << 53:
        return Signal(kind, value)
    return None


def _refuse_constant(constant: str) -> None:
    """Refuse NaN and Infinity: Python's json module accepts them, but they are not JSON."""
    raise ValueError(constant)


_decoder = json.JSONDecoder(parse_constant=_refuse_constant)


def _check_text(text: object, id: str | None, max_length: int) -> str:
    if not isinstance(text, str) or not _is_valid_unicode(text):
        raise MessageError("bad_message", id)
    if all(map(_is_invisible, text)):
        raise MessageError("empty", id)
    if len(text) > max_length:
        raise MessageError("too_long", id, length=len(text), limit=max_length)
    return text


def _is_invisible(char: str) -> bool:
    """Whether the character alone would be shown as an empty message."""
    return char.isspace() or char in BLANKS or unicodedata.category(char) == "Cf"


def _is_valid_unicode(text: str) -> bool:
    """Whether UTF-8 can encode the text: JSON can spell half of a surrogate pair."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
