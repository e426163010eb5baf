"""What a participant may send over the WebSocket, and the answer to what can't be taken."""

import json
import re
import unicodedata
from typing import NamedTuple

from chatdemo.chat.names import BLANKS

#: The codes of the wire contract, with the sentence that goes with each.
ERRORS = {
    "not_text": "Send text frames; this chat takes no binary ones.",
    "bad_json": 'That frame isn\'t JSON: send {"message": "text"}.',
    "bad_message": 'That isn\'t a message: send {"message": "text"}, an "id", if any, is 1 to 64 of A-Z a-z 0-9 _ -.',
    "empty": "There's nothing in that message: write something first.",
    "too_long": "That message has {length} characters, but may have at most {limit}: shorten it.",
    "too_fast": "That is more than {rate} messages a second: wait a moment, and send it again.",
    "not_kept": "That message can't be kept, so nobody got it: {reason}. Try it again.",
}
#: What a page says that is no message, each with the type of its value.
SIGNALS = {"beat": bool, "got": int, "typing": bool, "who": int}
CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Message(NamedTuple):
    """What a participant says. ``id`` is the client's own for it, if it gave one; only the sender learns of it."""

    text: str
    id: str | None = None


class Signal(NamedTuple):
    """What a page tells the server: one of SIGNALS."""

    kind: str
    value: bool | int


class MessageError(Exception):
    """A frame that is no message. ``code`` is one of ERRORS, ``id`` the client's own if that could be read."""

    def __init__(self, code: str, id: str | None = None, **values: int | str):
        super().__init__(ERRORS[code].format(**values) if values else ERRORS[code])
        self.code = code
        self.id = id

    def as_json(self) -> str:
        """The frame that tells the sender, as the wire contract has it."""
        return _encode({"error": self.code, "detail": str(self)}, self.id)


def parse(text: str | None, limit: int) -> Message | Signal:
    """The message in a frame's ``text`` (None for a binary frame), of at most ``limit`` characters, or the signal.

    Raises MessageError.
    """
    if text is None:
        raise MessageError("not_text")
    content = _decode(text)
    if not isinstance(content, dict):
        raise MessageError("bad_message")
    if "message" not in content and (signal := _signal(content)):
        return signal
    id = content.get("id")
    if id is not None and not (isinstance(id, str) and CLIENT_ID.fullmatch(id)):
        raise MessageError("bad_message")
    return Message(_check_text(content.get("message"), id, limit), id)


def _signal(content: dict) -> Signal | None:
    [(kind, value), *more] = content.items() or [("", None)]
    is_one = not more and type(value) is SIGNALS.get(kind) and 0 <= value < 1 << 53
    return Signal(kind, value) if is_one else None


def encode(text: str, **more: str | int | None) -> str:
    """The frame of a message, with what else is known of it (``seq``, ``name``, ``at``)."""
    return json.dumps({"message": text, **{name: value for name, value in more.items() if value}})


def with_id(frame: str, id: str) -> str:
    """The frame of a message as its sender gets it, with the id that it gave it (CLIENT_ID)."""
    return f'{frame[:-1]}, "id": "{id}"}}'  # as json has it, 7 µs sooner


def _encode(content: dict, id: str | None) -> str:
    return json.dumps(content if id is None else {**content, "id": id})


def _decode(text: str) -> object:
    try:
        return _decoder.decode(text)
    except (
        ValueError,
        RecursionError,
    ):  # a number of too many digits is a ValueError, a deep nest the other
        raise MessageError("bad_json") from None


def _no_json(constant: str) -> None:
    """Python's json reads NaN and Infinity, which are no JSON."""
    raise ValueError(constant)


_decoder = json.JSONDecoder(parse_constant=_no_json)


def _check_text(text: object, id: str | None, limit: int) -> str:
    if not isinstance(text, str) or not _is_unicode(text):
        raise MessageError("bad_message", id)
    if all(map(_is_unseen, text)):
        raise MessageError("empty", id)
    if len(text) > limit:
        raise MessageError("too_long", id, length=len(text), limit=limit)
    return text


def _is_unseen(char: str) -> bool:
    """Whether a text of this character alone is an empty bubble: of spaces, or of marks for a text's format."""
    return char.isspace() or char in BLANKS or unicodedata.category(char) == "Cf"


def _is_unicode(text: str) -> bool:
    """False for half of a surrogate pair, which JSON can spell and UTF-8 can't."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
