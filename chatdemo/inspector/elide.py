"""Values as texts that are safe to keep and to show: bounded in size and depth, and without secrets."""

import re
from itertools import islice
from typing import Any

#: Characters of a whole payload, and of one text in it; items of one list or dict; how deep they may nest.
LONGEST, LONGEST_TEXT, ITEMS, DEPTH = 1000, 200, 20, 5
#: Keys whose values are not shown.
SECRET = re.compile(
    r"cookie|session|token|passw|secret|csrf|authorization|api_?key|credential", re.IGNORECASE
)
HIDDEN = "<hidden>"


def elide(value: Any) -> str:
    """``value`` as one line, for people. Nothing of its own is called, so that it can't fail or take long."""
    shown = value if isinstance(value, str) else _show(value, DEPTH)
    return printable(
        shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}… ({len(shown):,} characters)"
    )


def size(value: Any) -> int | None:
    """Characters of a text, bytes of bytes, None of anything else."""
    return len(value) if isinstance(value, str | bytes) else None


def printable(text: str) -> str:
    """The text with halves of surrogate pairs spelled out: UTF-8, and so a WebSocket, can't carry them."""
    return text.encode("utf-8", "backslashreplace").decode()


def _show(value: Any, depth: int) -> str:
    if type(value) is str:
        return _show_text(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return f"<{len(value):,} bytes>"
    if value is None or type(value) in (bool, float):
        return str(value)
    if type(value) is int:  # str() of one with thousands of digits raises
        return (
            str(value)
            if value.bit_length() < 1000
            else f"<a number of {value.bit_length():,} bits>"
        )
    if type(value) in (dict, list, tuple, set, frozenset):  # and so a cycle ends
        return _show_items(value, depth - 1) if depth else "…"
    return f"<{type(value).__name__}>"


def _show_text(text: str) -> str:
    return (
        f'"{text}"'
        if len(text) <= LONGEST_TEXT
        else f'"{text[:LONGEST_TEXT]}…" ({len(text):,} characters)'
    )


def _show_items(value: Any, depth: int) -> str:
    few = list(islice(value.items() if isinstance(value, dict) else value, ITEMS))
    more = [f"… ({len(value) - len(few):,} more)"] if len(value) > len(few) else []
    if not isinstance(value, dict):
        return "[" + ", ".join([*(_show(item, depth) for item in few), *more]) + "]"
    return "{" + ", ".join([*(_show_pair(key, item, depth) for key, item in few), *more]) + "}"


def _show_pair(key: Any, value: Any, depth: int) -> str:
    hidden = isinstance(key, str) and SECRET.search(key)
    return f"{_show(key, depth)}: {HIDDEN if hidden else _show(value, depth)}"
