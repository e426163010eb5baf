"""Replaces characters that a terminal would act on, or that can't be encoded."""

import re

_NEWLINES = re.compile(r"\r\n?")
#: Unicode's control characters without tab and newline, and lone surrogates.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_SPACES = re.compile("[\t\n\u2028\u2029]")
#: Characters that change the direction of the text around them
#: (https://www.unicode.org/reports/tr9/, section 2).
_DIRECTIONS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def replace_controls(text: str) -> str:
    """Return ``text`` with a picture instead of each control character (␛ for ESC), or U+FFFD.

    All newlines become ``\\n``. Newlines and tabs stay.
    """
    return _CONTROLS.sub(_picture, _NEWLINES.sub("\n", text))


def one_line(text: str) -> str:
    """Return ``text`` for use within a line: no control characters, newlines or direction marks."""
    return _SPACES.sub(" ", _DIRECTIONS.sub("", replace_controls(text)))


def _picture(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)  # the Unicode block "Control Pictures"
    return "\u2421" if code == 0x7F else "\ufffd"
