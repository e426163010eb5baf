"""Characters that would act instead of being read: a terminal obeys ESC, and a lone surrogate can't be encoded."""

import re

_NEWLINE = re.compile(r"\r\n?")
#: All of Unicode's control characters but tab and newline, and lone surrogates.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_SPACE = re.compile("[\t\n\u2028\u2029]")
#: What turns or closes the direction of the text round it (https://www.unicode.org/reports/tr9/, section 2).
_TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def visible(text: str) -> str:
    """``text`` with a picture in the place of each control character (ESC is ␛), or U+FFFD where there is none.

    Newlines are ``\\n``, whichever they were; they and tabs stay.
    """
    return _UNSEEN.sub(_picture, _NEWLINE.sub("\n", text))


def one_line(text: str) -> str:
    """``text`` as it can stand among other words in a line: visible, without newlines, and turning nothing round it."""
    return _SPACE.sub(" ", _TURNING.sub("", visible(text)))


def _picture(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x20:
        return chr(0x2400 + code)  # the block "Control Pictures"
    return "\u2421" if code == 0x7F else "\ufffd"
