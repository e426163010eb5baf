"""The formats of a transcript: Markdown, CSV, JSON and HTML."""

import csv
import json
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from pathlib import Path
from string import Template
from types import SimpleNamespace

from django.utils.html import escape

from chatdemo.chat.message_log import StoredMessage
from chatdemo.chat.transcripts.control_characters import one_line, replace_controls

#: The name that is shown for a participant without one.
NO_NAME = "Somebody"


class Format(ABC):
    """Writes one transcript: ``begin``, then ``message`` for each message in order, then ``end``.

    No text can become a part of the format, and none has an effect where the file is opened: in a
    browser, a spreadsheet or a terminal. Everything that is returned can be encoded as UTF-8.
    """

    #: The media type, for HTTP.
    content_type: str

    @abstractmethod
    def begin(self, room: str) -> str:
        """Return the text before the first message."""

    @abstractmethod
    def message(self, message: StoredMessage) -> str:
        """Return the text of the next message."""

    def end(self) -> str:
        """Return the text after the last message."""
        return ""


class Markdown(Format):
    """CommonMark: a line with time and name, then the text as a block quote."""

    content_type = "text/markdown; charset=utf-8"

    def begin(self, room: str) -> str:
        return f"# {escape_markdown(one_line(room))}\n"

    def message(self, message: StoredMessage) -> str:
        name = escape_markdown(one_line(message.name).strip() or NO_NAME)
        return f"\n{_readable(message.at)} **{name}**\n\n{block_quote(message.text)}\n"


#: Entities, because not every dialect accepts a backslash before these.
_MARKDOWN_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
#: Characters with a meaning anywhere in a line, in CommonMark, GitHub's dialect or Pandoc's. A
#: hyphen within a word and a period or colon at the end of a word have none.
_MARKDOWN_SPECIAL = re.compile(r"[&<>\\`*_{}\[\]#|~$^@=+]|(?<![^\W_])-|-(?![^\W_])|[.:](?=\S)")
#: Special only at the start of a line: "1." or "1)" of a list, ":" of a definition, "%" of a title.
_MARKDOWN_LINE_START = re.compile(r"^(\d*)([.):%])")
_INDENT = re.compile(r"^[ \t\u00a0]+")
_LINE_BREAKS = re.compile("[\n\u2028\u2029]")


def block_quote(text: str) -> str:
    """Return ``text`` as a block quote, in which two spaces at the end of a line break the line."""
    lines = _LINE_BREAKS.split(replace_controls(text))
    escaped = [escape_markdown(line.rstrip()) for line in lines]
    return "\n".join(f"> {line}  " if line else ">" for line in escaped).rstrip(" ")


def escape_markdown(line: str) -> str:
    """Return Markdown that shows ``line``. Indentation, which would mean code, becomes U+00A0."""
    indent = _INDENT.match(line)
    start = "\u00a0" * len(indent[0].expandtabs(4)) if indent else ""
    line = _MARKDOWN_SPECIAL.sub(
        lambda match: _MARKDOWN_ENTITIES.get(match[0]) or f"\\{match[0]}",
        line[indent.end() :] if indent else line,
    )
    return start + _MARKDOWN_LINE_START.sub(r"\1\\\2", line)


class Csv(Format):
    """CSV as in RFC 4180: a header line, then a row for each message. UTF-8 without a BOM."""

    content_type = "text/csv; charset=utf-8; header=present"

    def __init__(self) -> None:
        # writerow returns what the file's write returns: here, the row.
        self._row = csv.writer(SimpleNamespace(write=str)).writerow

    def begin(self, room: str) -> str:
        return self._row(["seq", "at", "name", "text"])

    def message(self, message: StoredMessage) -> str:
        return self._row([message.seq, message.at, csv_cell(message.name), csv_cell(message.text)])


#: A cell that a spreadsheet would run: https://owasp.org/www-community/attacks/CSV_Injection.
#: Apostrophes may precede it, so that removing the one from ``csv_cell`` always restores the text.
CSV_FORMULA = re.compile(r"'*(?:[\t\r\n]|\s*[=+\-@＝＋－＠])")


def csv_cell(text: str) -> str:
    """Return ``text`` without control characters, and with an apostrophe before a formula."""
    text = replace_controls(text)
    return f"'{text}" if CSV_FORMULA.match(text) else text


class Json(Format):
    """JSON: an array with one object for each message, each on a line. Texts are unchanged."""

    content_type = "application/json"

    def __init__(self) -> None:
        self._separator = "\n"

    def begin(self, room: str) -> str:
        return "["

    def message(self, message: StoredMessage) -> str:
        fields = {name: getattr(message, name) for name in ("seq", "at", "name", "text")}
        separator, self._separator = self._separator, ",\n"
        return separator + json_line(fields)

    def end(self) -> str:
        return "\n]\n" if self._separator == ",\n" else "]\n"


#: What json.dumps leaves as it is, though a terminal acts on it or it can't be encoded.
_JSON_ESCAPED = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def json_line(value: object) -> str:
    """Return ``value`` as one line of JSON. Only characters with an effect are escaped."""
    text = json.dumps(value, ensure_ascii=False)
    return _JSON_ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


class Html(Format):
    """One self-contained page. ``bdi`` and ``dir`` keep right-to-left text in its own place.

    The page's own script shows the times of the reader's time zone. Its policy allows no other.
    """

    content_type = "text/html; charset=utf-8"

    def __init__(self) -> None:
        page = Path(__file__).with_name("page.html").read_text("utf-8")
        self._start, rest = page.split("$messages")
        self._before_summary, self._end = rest.split("$summary")
        self._count = 0
        self._names: dict[str, None] = {}  # in the order in which they came
        self._times: list[str] = []  # of the first and the last message

    def begin(self, room: str) -> str:
        return Template(self._start).substitute(room=_escape_html(room))

    def message(self, message: StoredMessage) -> str:
        name, text = _escape_html(message.name.strip() or NO_NAME), _escape_html(message.text)
        time = _time_element(message.at)
        self._count += 1
        self._names[name] = None
        self._times[1:] = [time]
        return (
            f'<li id="m{message.seq}"><strong><bdi>{name}</bdi></strong>'
            f' {time}\n<p dir="auto">{text}</p></li>\n'
        )

    def end(self) -> str:
        return self._before_summary + self._summary() + self._end

    def _summary(self) -> str:
        """Return how many messages there are, whose they are, and from when."""
        if not self._count:
            return "<p>No messages.</p>\n"
        names = ", ".join(f"<bdi>{name}</bdi>" for name in self._names)
        people = "" if len(self._names) == 1 else f"{len(self._names):,} people: "
        count = "1 message" if self._count == 1 else f"{self._count:,} messages"
        since = " to ".join(dict.fromkeys(self._times))
        return f"<p>{count} by {people}{names}</p>\n<p>{since}</p>\n"


def _time_element(at: str) -> str:
    return f'<time datetime="{escape(at)}">{escape(_readable(at))}</time>'


def _escape_html(text: str) -> str:
    return escape(replace_controls(text))


def _readable(at: str) -> str:
    """Return the ISO 8601 time ``at`` to the second, as people read it."""
    return f"{at[:10]} {at[11:19]} UTC"


#: By name, which is also the file's extension. The first is the default.
FORMATS: dict[str, type[Format]] = {"md": Markdown, "csv": Csv, "json": Json, "html": Html}


def write(format: Format, room: str, pages: Iterable[list[StoredMessage]]) -> Iterator[str]:
    """Yield the transcript page by page, so that it is never in memory as a whole."""
    yield format.begin(room)
    for page in pages:
        yield "".join(map(format.message, page))
    yield format.end()
