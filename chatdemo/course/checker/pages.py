"""The learner's pages: fetched through the ASGI application, and read as a browser would."""

import asyncio
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from chatdemo.course.checker.participant import http_scope
from chatdemo.course.checker.project import Project
from chatdemo.course.checker.scripts import at_once, looked_up, without_comments


@dataclass
class Page:
    """An answer: its status, the text, and what the view raised (``error``) if it did."""

    status: int
    text: str
    location: str = ""
    error: BaseException | None = None
    ids: dict[str, str] = field(default_factory=dict)
    json_ids: set[str] = field(default_factory=set)
    early: list[str] = field(default_factory=list)
    script: str = ""

    def __post_init__(self) -> None:
        reader = _Reader()
        reader.feed(self.text)
        self.ids, self.json_ids = reader.ids, reader.json_ids
        self.early = [id for id in reader.early if id in reader.ids]
        self.script = without_comments("\n".join(reader.scripts))


async def get(project: Project, path: str) -> Page | None:
    """The page at ``path``, or None if no answer comes in time."""
    from django.core.signals import got_request_exception

    raised: list[BaseException] = []

    def note(sender: Any, **_: Any) -> None:
        raised.append(sys.exc_info()[1])

    got_request_exception.connect(note)
    try:
        return await asyncio.wait_for(_get(project, path, raised), project.timeouts.stuck_seconds)
    except (asyncio.TimeoutError, TimeoutError):
        return None
    finally:
        got_request_exception.disconnect(note)


async def _get(project: Project, path: str, raised: list[BaseException]) -> Page:
    sent: list[dict] = []
    events: asyncio.Queue = asyncio.Queue()
    events.put_nowait({"type": "http.request", "body": b"", "more_body": False})

    async def send(event: dict) -> None:
        sent.append(event)

    try:
        await project.application(http_scope(path), events.get, send)
    except Exception as error:
        return Page(500, "", error=error)
    headers = dict(sent[0].get("headers", []))
    text = b"".join(event.get("body", b"") for event in sent[1:]).decode("utf-8", "replace")
    location = headers.get(b"Location", b"").decode()
    return Page(sent[0]["status"], text, location, raised[-1] if raised else None)


class _Reader(HTMLParser):
    """Collects the ids with the tags that have them, and the scripts that are run."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: dict[str, str] = {}
        self.scripts: list[str] = []
        self.json_ids: set[str] = set()
        self.early: list[str] = []  # what a script looks up at once, and stands below it
        self._in_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("id"):
            self.ids[given["id"]] = tag
        kind = given.get("type") or ""
        if tag == "script" and kind == "application/json" and given.get("id"):
            self.json_ids.add(given["id"])
        self._in_script = tag == "script" and kind in ("", "module", "text/javascript")
        self._at_once = kind != "module"

    def handle_endtag(self, tag: str) -> None:
        self._in_script = False

    def handle_data(self, data: str) -> None:
        if self._in_script:
            self.scripts.append(data)
            now = at_once(without_comments(data)) if self._at_once else ""
            self.early += [id for id in looked_up(now) if id not in self.ids]
