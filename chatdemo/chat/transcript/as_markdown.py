"""Markdown: each message is a line that says who and when, and a block quote with the text."""

import re

from chatdemo.chat.message_log import StoredMessage as Kept
from chatdemo.chat.transcript.characters import one_line, visible
from chatdemo.chat.transcript.form import NOBODY, Form, readable

#: As entities, as not every dialect takes a backslash before these.
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
#: What means something somewhere in a line, in CommonMark, GitHub's dialect or Pandoc's. A hyphen within a word means
#: nothing, nor does a period or colon at a word's end: a sentence stays one that can be read.
_SPECIAL = re.compile(r"[&<>\\`*_{}\[\]#|~$^@=+]|(?<![^\W_])-|-(?![^\W_])|[.:](?=\S)")
#: What means something at the start of a line alone: a list's "1." or "1)", a definition's ":", a title's "%".
_STARTING = re.compile(r"^(\d*)([.):%])")
_SPACE = re.compile(r"^[ \t\u00a0]+")
_LINES = re.compile("[\n\u2028\u2029]")


class Markdown(Form):
    """CommonMark. A text's own marks are escaped, and so are text; its line breaks stay."""

    content_type = "text/markdown; charset=utf-8"

    def begin(self, room: str) -> str:
        return f"# {escape(one_line(room))}\n"

    def message(self, kept: Kept) -> str:
        name = escape(one_line(kept.name).strip() or NOBODY)
        return f"\n{readable(kept.at)} **{name}**\n\n{quote(kept.text)}\n"


def quote(text: str) -> str:
    """``text`` as a block quote. Two spaces at a line's end are a line break."""
    lines = [escape(line.rstrip()) for line in _LINES.split(visible(text))]
    return "\n".join(f"> {line}  " if line else ">" for line in lines).rstrip(" ")


def escape(line: str) -> str:
    """A line of text as Markdown that shows it. Space at its start, which would make it code, can't be broken."""
    indent = _SPACE.match(line)
    start = "\u00a0" * len(indent[0].expandtabs(4)) if indent else ""
    line = _SPECIAL.sub(_escaped, line[indent.end() :] if indent else line)
    return start + _STARTING.sub(r"\1\\\2", line)


def _escaped(found: re.Match[str]) -> str:
    return _ENTITIES.get(found[0]) or f"\\{found[0]}"
