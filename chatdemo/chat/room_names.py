"""Room names: which ones are allowed, and the channel layer group of each room."""

import hashlib
import unicodedata
from urllib.parse import quote, unquote_to_bytes

from channels.layers import BaseChannelLayer

MAX_ROOM_NAME_LENGTH = 100
#: Characters of a room name that stay as they are in its group name.
UNESCAPED = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
#: Prefix of the group of a room whose name is too long. No other group name starts with it.
HASH_PREFIX = "chat-sha256_"


class RoomNameError(ValueError):
    """A name that no room can have. The text says why, for the person who typed it."""


def check_name(name: str) -> str:
    """Return ``name`` if a room can have it: 1 to 100 characters of any script.

    Raises RoomNameError if it is empty, too long, ``.`` or ``..`` (browsers remove these from a
    path), or contains a slash or a control character.
    """
    if not name:
        raise RoomNameError("A room needs a name. Type one.")
    if len(name) > MAX_ROOM_NAME_LENGTH:
        raise RoomNameError(
            f"That name has {len(name)} characters; the limit is {MAX_ROOM_NAME_LENGTH}."
            " Shorten it."
        )
    if name in (".", ".."):
        raise RoomNameError("A name can't be only dots. Add a letter.")
    if "/" in name:
        raise RoomNameError("A name can't contain a slash (/). Use - or a space.")
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in name):
        raise RoomNameError("That name contains an invisible control character. Type it again.")
    return name


def check_path(raw_path: bytes) -> None:
    """Check ``raw_path``, the one of an ASGI scope.

    Raises RoomNameError if it isn't UTF-8: different paths would be decoded to one room name.
    """
    try:
        unquote_to_bytes(raw_path).decode("utf-8")
    except UnicodeDecodeError:
        raise RoomNameError("That address isn't UTF-8 text. Type the room's name again.") from None


def clean_typed_name(typed: str) -> str:
    """Return a name as a person typed it, without spaces around it and in Unicode's form NFC."""
    return unicodedata.normalize("NFC", typed).strip()


def socket_path(name: str) -> str:
    """Return the path of the room's WebSocket, percent-encoded."""
    return f"/ws/chat/{quote(name, safe='')}/"


def group_name(name: str) -> str:
    """Return the name of the room's group. No two rooms share one.

    Channel layers accept fewer than 100 ASCII letters, digits, hyphens, underscores and periods.
    A room name of ASCII letters, digits, hyphens and underscores stays as it is, as in the
    tutorial ("chat_lobby"). Each UTF-8 byte of any other character becomes a period and two
    hexadecimal digits ("chat_caf.c3.a9"), which can be decoded. If that is too long, the group's
    name is a SHA-256 hash.
    """
    data = name.encode("utf-8")
    escaped = "chat_" + "".join(
        chr(byte) if chr(byte) in UNESCAPED else f".{byte:02x}" for byte in data
    )
    if len(escaped) < BaseChannelLayer.MAX_NAME_LENGTH:
        return escaped
    return HASH_PREFIX + hashlib.sha256(data).hexdigest()
