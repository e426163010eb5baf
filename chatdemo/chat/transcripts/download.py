"""A transcript as an HTTP response that a browser saves as a file."""

import re
from collections.abc import AsyncIterator, Iterator
from functools import partial
from urllib.parse import quote

from asgiref.sync import sync_to_async
from django.apps import apps
from django.core.exceptions import BadRequest
from django.http import StreamingHttpResponse

from chatdemo.chat.transcripts import formats

#: What isn't allowed in a file name on some system, or makes it look like another name.
_UNSAFE = re.compile(
    '[\\x00-\\x1f\\x7f-\\x9f"*/:<>?\\\\|%\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]'
)
#: File systems allow 255. The rest is for the extension and for what a browser adds to the name of
#: a second copy.
MAX_NAME_BYTES = 200


def respond(room: str, extension: str) -> StreamingHttpResponse:
    """Return the room's transcript as a stream. Raises BadRequest if there is no such format."""
    if extension not in formats.FORMATS:
        raise BadRequest(f"A transcript's format is one of {', '.join(formats.FORMATS)}.")
    format = formats.FORMATS[extension]()
    pages = apps.get_app_config("chat").stored_rooms.pages(room)
    headers = {
        "Content-Type": format.content_type,
        "Content-Disposition": disposition(file_name(room, extension)),
        "X-Content-Type-Options": "nosniff",
        # Another site's page can't load it as a script or an image.
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
    return StreamingHttpResponse(_in_threads(formats.write(format, room, pages)), headers=headers)


async def _in_threads(pieces: Iterator[str]) -> AsyncIterator[str]:
    """Make each piece in a thread, so that neither a slow reader nor a long transcript blocks."""
    next_piece = sync_to_async(partial(next, pieces, None), thread_sensitive=False)
    while (piece := await next_piece()) is not None:
        yield piece


def file_name(room: str, extension: str) -> str:
    """Return a name that every file system accepts. The prefix avoids hidden files and devices."""
    safe = _UNSAFE.sub("_", room).encode("utf-8", "replace")[:MAX_NAME_BYTES]
    return f"chat-{safe.decode('utf-8', 'ignore').rstrip('. ')}.{extension}"


def disposition(name: str) -> str:
    """Return the header Content-Disposition for a file ``name`` (RFC 6266, appendix D)."""
    plain = name.encode("ascii", "replace").decode("ascii").replace("?", "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
