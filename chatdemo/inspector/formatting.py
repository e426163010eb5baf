"""Values as text to store and show: limited in length and depth, and without secrets."""

import re
from collections.abc import Iterable
from itertools import islice
from typing import Any

#: Characters of a payload, and of one text in it.
MAX_PAYLOAD_CHARACTERS, MAX_TEXT_CHARACTERS = 1000, 200
#: Items of a list or dict, and levels of nesting.
MAX_ITEMS, MAX_DEPTH = 20, 5
#: An int of more bits is described: str() raises for thousands of digits.
MAX_BITS = 1000
#: Keys whose values are hidden.
SECRET_KEY = re.compile(
    r"cookie|session|token|passw|secret|csrf|authorization|api_?key|credential", re.IGNORECASE
)
HIDDEN = "<hidden>"


def format_value(value: Any) -> str:
    """Return ``value`` as one line. None of its methods is called: they could fail or block."""
    text = value if isinstance(value, str) else _format(value, MAX_DEPTH)
    if len(text) > MAX_PAYLOAD_CHARACTERS:
        text = f"{text[:MAX_PAYLOAD_CHARACTERS]}… ({len(text):,} characters)"
    return printable(text)


def size_of(value: Any) -> int | None:
    """Return the characters of a text or the bytes of bytes, None for other values."""
    return len(value) if isinstance(value, str | bytes) else None


def printable(text: str) -> str:
    """Escape lone surrogates, which UTF-8 and so a WebSocket can't carry."""
    return text.encode("utf-8", "backslashreplace").decode()


def _format(value: Any, depth: int) -> str:
    kind = type(value)
    if kind is str:
        if len(value) <= MAX_TEXT_CHARACTERS:
            return f'"{value}"'
        return f'"{value[:MAX_TEXT_CHARACTERS]}…" ({len(value):,} characters)'
    if isinstance(value, bytes | bytearray | memoryview):
        return f"<{len(value):,} bytes>"
    if value is None or kind in (bool, float):
        return str(value)
    if kind is int:
        bits = value.bit_length()
        return str(value) if bits < MAX_BITS else f"<a number of {bits:,} bits>"
    if kind in (dict, list, tuple, set, frozenset):
        return _format_items(value, depth - 1) if depth else "…"  # which also ends a cycle
    return f"<{kind.__name__}>"


def _format_items(value: Any, depth: int) -> str:
    items: Iterable[Any] = value.items() if isinstance(value, dict) else value
    first = list(islice(items, MAX_ITEMS))
    if isinstance(value, dict):
        shown = [f"{_format(key, depth)}: {_format_item(key, item, depth)}" for key, item in first]
    else:
        shown = [_format(item, depth) for item in first]
    if len(value) > len(first):
        shown.append(f"… ({len(value) - len(first):,} more)")
    text = ", ".join(shown)
    return f"{{{text}}}" if isinstance(value, dict) else f"[{text}]"


def _format_item(key: Any, value: Any, depth: int) -> str:
    if isinstance(key, str) and SECRET_KEY.search(key):
        return HIDDEN
    return _format(value, depth)
