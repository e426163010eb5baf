"""Room names: which ones work, and the group that a room's consumers meet in."""

import hashlib
import unicodedata
from urllib.parse import quote, unquote_to_bytes

from channels.layers import BaseChannelLayer

MAX_NAME = 100
#: What a room name may hold that a group name holds as it is; "_" stands for itself in both.
PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
#: Groups of rooms whose names are too long to be written out; no other group's name starts like this.
HASHED = "chat-sha256_"


class RoomNameError(ValueError):
    """A name that can't be a room's; its text says why, for the person who typed it."""


def check_name(name: str) -> str:
    """``name``, if it can be a room's: 1 to 100 characters of any script.

    Raises RoomNameError if it is empty, too long, ``.`` or ``..`` (which browsers take for folders), or has a slash
    or a control character in it.
    """
    if not name:
        raise RoomNameError("A room needs a name: type one.")
    if len(name) > MAX_NAME:
        raise RoomNameError(
            f"That name has {len(name)} characters, but may have at most {MAX_NAME}: shorten it."
        )
    if name in (".", ".."):
        raise RoomNameError(
            "A browser takes a name of dots alone for a folder: add a letter to it."
        )
    if "/" in name:
        raise RoomNameError("A room's name can't have a / in it: use - or a space.")
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in name):
        raise RoomNameError(
            "That name has a control character in it, which nobody could see: type it afresh."
        )
    return name


def check_path(raw_path: bytes) -> None:
    """Raises RoomNameError if ``raw_path``, an ASGI scope's, isn't UTF-8: decoded, different names would be one."""
    try:
        unquote_to_bytes(raw_path).decode("utf-8")
    except UnicodeDecodeError:
        raise RoomNameError("That address isn't UTF-8 text: type the room's name afresh.") from None


def tidy(typed: str) -> str:
    """A name as a person typed it: no spaces round it, and one form of the letters that Unicode has two of."""
    return unicodedata.normalize("NFC", typed).strip()


def socket_path(name: str) -> str:
    """The address of the room's WebSocket, percent-encoded."""
    return f"/ws/chat/{quote(name, safe='')}/"


def group_name(name: str) -> str:
    """The name of the group for the room ``name``: no two rooms share one, and any channel layer accepts it.

    Channel layers take fewer than 100 ASCII letters, digits, hyphens, underscores and periods. A name of those letters,
    digits, hyphens and underscores stands as it is, as in the tutorial ("chat_lobby"). The UTF-8 bytes of any other
    character stand as a period and two hexadecimal digits each ("chat_caf.c3.a9"), which can be read back. A name too
    long for that is a SHA-256.
    """
    data = name.encode("utf-8")
    written = "chat_" + "".join(
        chr(byte) if chr(byte) in PLAIN else f".{byte:02x}" for byte in data
    )
    if len(written) < BaseChannelLayer.MAX_NAME_LENGTH:
        return written
    return HASHED + hashlib.sha256(data).hexdigest()
