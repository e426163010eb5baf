"""A room's kept messages in a form to take away: Markdown, CSV, JSON or HTML, as a stream."""

from collections.abc import Iterable, Iterator

from chatdemo.chat.message_log import StoredMessage as Kept
from chatdemo.chat.transcript.as_csv import Csv
from chatdemo.chat.transcript.as_html import Html
from chatdemo.chat.transcript.as_json import Json
from chatdemo.chat.transcript.as_markdown import Markdown
from chatdemo.chat.transcript.form import Form

#: By the name that ``--format`` and ``?format=`` take, which is the file's extension too. The first is the default.
FORMS: dict[str, type[Form]] = {"md": Markdown, "csv": Csv, "json": Json, "html": Html}


def write(form: Form, room: str, pages: Iterable[list[Kept]]) -> Iterator[str]:
    """The transcript, a piece for each page: nobody ever has all of it in memory."""
    yield form.begin(room)
    for page in pages:
        yield "".join(map(form.message, page))
    yield form.end()
