"""A transcript as a file that a browser saves."""

import re
from collections.abc import AsyncIterator, Iterator
from urllib.parse import quote

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import StreamingHttpResponse

from chatdemo.chat import transcript
from chatdemo.chat.transcript import reader

#: What some file system can't have in a name, or what makes it look like another name.
_UNSAFE = re.compile(
    '[\\x00-\\x1f\\x7f-\\x9f"*/:<>?\\\\|%\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]'
)
#: Bytes of a name that any file system takes, with the extension and what a browser adds if there is one already.
MOST = 200


def respond(room: str, extension: str) -> StreamingHttpResponse:
    """The room's transcript, as a stream. Raises BadRequest if there is no such form."""
    if extension not in transcript.FORMS:
        raise BadRequest(f"A transcript's format is one of {', '.join(transcript.FORMS)}.")
    form = transcript.FORMS[extension]()
    pieces = transcript.write(form, room, reader.pages(settings.DATABASES["default"]["NAME"], room))
    headers = {
        "Content-Type": form.content_type,
        "Content-Disposition": disposition(file_name(room, extension)),
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",  # no other site's page can have it as a script or a picture
        "Cache-Control": "no-store",
    }
    return StreamingHttpResponse(in_threads(pieces), headers=headers)


async def in_threads(pieces: Iterator[str]) -> AsyncIterator[str]:
    """The pieces, each made in a thread: whoever reads slowly, and however long it is, nobody else waits."""
    while (piece := await sync_to_async(next, thread_sensitive=False)(pieces, None)) is not None:
        yield piece


def file_name(room: str, extension: str) -> str:
    """A name for the room's transcript. It starts like no hidden file and no device of Windows."""
    safe = _UNSAFE.sub("_", room).encode("utf-8", "replace")[:MOST].decode("utf-8", "ignore")
    return f"chat-{safe.rstrip('. ')}.{extension}"


def disposition(name: str) -> str:
    """The header Content-Disposition that has a browser save what it gets as ``name`` (RFC 6266, appendix D)."""
    plain = name.encode("ascii", "replace").decode("ascii").replace("?", "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
