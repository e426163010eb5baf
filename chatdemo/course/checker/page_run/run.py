"""Runs the pages of a project in a browser, and waits for what driver.js reports."""

import asyncio
import json
import secrets
import time
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, cast
from urllib.parse import unquote, urlsplit

from chatdemo.course.checker.asgi_client import tutorial_frame, with_static_files
from chatdemo.course.checker.page_run.browser import HeadlessBrowser
from chatdemo.course.checker.page_run.server import ALIVE, POLL_SECONDS, PREFIX, REPORT, PageServer

if TYPE_CHECKING:
    from chatdemo.course.checker.project import LearnerProject

NO_BROWSER = "There is no Chromium, Chrome or Edge on this computer."
#: How long the page may take to load, and a message to be shown.
LOAD_SECONDS, ANSWER_SECONDS = 4.0, 1.5
#: How long the browser may take to start, how long our page may be silent while a script runs, and
#: how long everything may take.
START_SECONDS, SILENT_SECONDS, RUN_SECONDS = 10.0, 5.0, 30.0


class ScriptLine(TypedDict):
    """A line of a page or of a script, by its address."""

    url: str
    line: int


class HandlerRun(TypedDict):
    """A handler that has run: of which event and element, and where it was set.

    ``sent`` are the frames that it has sent, and ``changed`` the ids of the elements that a handler
    of messages has changed. ``emptiedAt`` is where it has emptied an input before it sent anything,
    and ``addedAt`` where it has set the value of the log.
    """

    type: str
    target: str
    at: list[ScriptLine]
    sent: list[str]
    changed: list[str]
    emptiedAt: list[ScriptLine]
    addedAt: list[ScriptLine]


class Unattached(TypedDict):
    """An element that a script has made, at this line, and that isn't in the page."""

    tag: str
    at: list[ScriptLine]


class Handler(TypedDict):
    """A handler that a script has set. ``isKnown``: the browser has such an event.

    ``replacedAt`` is where its property was set to another one before it has run, or None.
    """

    type: str
    target: str
    at: list[ScriptLine]
    isFunction: bool
    isKnown: bool
    hasRun: bool
    replacedAt: list[ScriptLine] | None


class ScriptError(ScriptLine):
    """An exception in a page: the browser's words, the line that raised it, and its callers.

    ``isRejection``: it is a promise's, such as that of a sound that wasn't allowed to play.
    ``during`` is the handler that has raised it, if it was one.
    """

    message: str
    callers: list[ScriptLine]
    isRejection: bool
    during: HandlerRun | None


class Navigation(TypedDict):
    """A path that a script has opened: the line, and the handler that ran, if it was one."""

    to: str
    at: list[ScriptLine]
    during: HandlerRun | None


class SocketRecord(TypedDict):
    """A WebSocket of a page. ``listens``: the page has a handler for what is received.

    ``at`` and ``during`` are the line and the handler that have opened it, and ``sentAt`` are the
    lines that have sent each frame.
    """

    url: str
    at: list[ScriptLine]
    during: HandlerRun | None
    sentAt: list[list[ScriptLine]]
    isOpen: bool
    closeCode: int | None
    isClosedByPage: bool
    sent: list[str]
    received: list[str]
    listens: bool


class Use(TypedDict):
    """What Enter or the button has done. ``isSet``: a handler was set for it.

    ``disabled`` are ids of elements.
    """

    isSet: bool
    disabled: list[str]
    ran: list[HandlerRun]


class Said(Use):
    """What became of one message: was it sent, and is it in the log of its sender, of another?

    ``sentBy`` are the lines that have sent it, each time, and ``timesHere`` and ``timesThere`` how
    often it is in the logs. ``hasSent``: Enter or the button has sent a frame. ``isEarly``: a part
    of the message was sent before. ``isTyped``: it was in the input. ``known`` are other texts of
    the page, by the words for them.
    """

    isSent: bool
    sentBy: list[list[ScriptLine]]
    timesHere: int
    timesThere: int
    hasSent: bool
    isEarly: bool
    isTyped: bool
    isHere: bool
    isThere: bool
    known: dict[str, str]


class PageReport(TypedDict, total=False):
    """The run of a page, at ``path``. ``missing`` are ids that no element has, ``ids`` those that
    elements have, ``errors``, ``notLoaded`` (addresses of scripts), ``refused`` (directives of a
    Content-Security-Policy), ``handlers``, ``navigations`` and ``sockets`` what its documents have
    recorded. ``runs`` has the last run of a handler of messages. ``isSubmitted``: a form was.
    ``unattached`` are elements that scripts have made and not put into the page.
    ``ignored`` are the addresses of scripts whose elements have a text too, which doesn't run.
    ``keysRefusedAt`` is where a handler was set that has kept a key from the page.
    ``repeated`` are needed ids that several elements have, and ``hidden`` those of elements that
    can't be seen. ``inside`` is the unclosed tag that the rest of the page is in, or "".
    ``isLeft``: the page has opened another, ``last``, before anybody used it.

    The index page has ``opened``: the path that "enter" and "button" have opened; ``uses`` tells
    what they have done. The room's page
    runs in two frames. ``said`` has a message by "enter" and by "button". ``isKept``: the first is
    still in the log after the second. ``log`` is the end of the log, and ``isValue`` says whether
    that is the value of an element. ``wasReloaded``: the page was loaded again after the last
    message. ``isMarkup``: a message can become an element of the page. ``otherUrl`` is that of the
    WebSocket which the page of another room opens.

    The button isn't tried if Enter opens no room, if its message isn't shown, and neither if a
    script has raised an exception.
    """

    path: str
    last: str
    missing: list[str]
    ids: list[str]
    errors: list[ScriptError]
    notLoaded: list[str]
    sockets: list[SocketRecord]
    repeated: list[str]
    hidden: list[str]
    refused: list[str]
    handlers: list[Handler]
    runs: list[HandlerRun]
    navigations: list[Navigation]
    ignored: list[str]
    unattached: list[Unattached]
    keysRefusedAt: list[ScriptLine]
    isSubmitted: bool
    inside: str
    isLeft: bool
    opened: dict[str, str | None]
    uses: dict[str, Use]
    said: dict[str, Said]
    isKept: bool
    log: str
    isValue: bool
    isMarkup: bool
    wasReloaded: bool
    otherUrl: str | None


class Report(TypedDict):
    """What driver.js reports: None for a page that wasn't opened."""

    index: PageReport | None
    room: PageReport | None


class NotRunError(Exception):
    """The pages can't be run. The text is the reason."""


class EndlessScriptError(Exception):
    """A page's script doesn't end. The text is the page's path."""


class Pages:
    """The project's pages as a browser runs them. ``browser`` is its path, None without one.

    ``index`` and ``room`` are the reports of the last run. ``why_not_run`` is a sentence if there
    are none. ``room_name`` is that of the room in which the browser talks. Its files are below
    ``scratch``.
    """

    def __init__(self, browser: str | None, scratch: Path):
        self.browser = browser
        self.scratch = scratch
        self.room_name = f"check_{secrets.token_hex(3)}"
        self.texts = {way: f"{way}_{secrets.token_hex(3)}" for way in ("enter", "button")}
        self.index: PageReport | None = None
        self.room: PageReport | None = None
        self.why_not_run = "" if browser else NO_BROWSER
        self._server: PageServer | None = None
        self._opened: HeadlessBrowser | None = None

    async def run(
        self, project: "LearnerProject", index: bool = True, room: bool = True, own: bool = False
    ) -> None:
        """Run the index page, the room's page, or both. Does nothing without a browser.

        With ``own`` the messages go through the project's consumers, else through the tutorial's
        chat. Raises EndlessScriptError.
        """
        if self.why_not_run:
            return
        if self._server is None:
            self._server = PageServer(with_static_files(project.application), project.is_room_path)
        self._server.uses_own_consumers, self._server.cookie = own, project.cookie
        self._server.job = {
            "index": "/chat/" if index else None,
            "room": self.room_path if room else None,
            "otherRoom": "/chat/other/",
            "roomName": self.room_name,
            "texts": self.texts,
            "report": REPORT,
            "alive": ALIVE,
            "loadSeconds": LOAD_SECONDS,
            "answerSeconds": ANSWER_SECONDS,
        }
        try:
            report = await self._open(self._server)
        except NotRunError as error:
            self.why_not_run = str(error)
            return
        self.index = report["index"] or self.index
        self.room = report["room"] or self.room

    async def _open(self, server: PageServer) -> Report:
        """Have our page do the server's job, and return what it reports.

        Raises NotRunError and EndlessScriptError.
        """
        assert self.browser is not None
        server.report = server.last_path = None
        start = server.last_sign = time.monotonic()
        if self._opened is None:
            url = f"http://127.0.0.1:{server.port}{PREFIX}"
            self._opened = HeadlessBrowser(self.browser, url, self.scratch)
        while server.report is None:
            await asyncio.sleep(POLL_SECONDS)
            now = time.monotonic()
            is_late = now - start > (RUN_SECONDS if server.last_path else START_SECONDS)
            if self._opened.failure or is_late:
                why = self._opened.failure or "it doesn't open the pages within seconds"
                raise NotRunError(f"{self.browser} doesn't work ({why}).")
            if server.last_path and now - server.last_sign > SILENT_SECONDS:
                raise EndlessScriptError(server.last_path)
        return cast(Report, server.report)

    def close(self) -> None:
        """End the browser, if one was started."""
        if self._opened:
            self._opened.close()

    @property
    def room_path(self) -> str:
        """The path of the room's page."""
        return f"/chat/{self.room_name}/"

    @property
    def texts_by_path(self) -> dict[str, str]:
        """The pages as the browser got them."""
        return self._server.pages if self._server else {}

    @property
    def address(self) -> str:
        """The host and port at which the browser has found the pages."""
        return f"127.0.0.1:{self._server.port}" if self._server else ""

    def frame(self, message: str) -> str:
        """Return what the room's page sends to say ``message``; without a run, the tutorial's.

        A page may send drafts of it before.
        """
        for socket in self.sockets:
            for frame in reversed(socket["sent"]):
                for text in self.texts.values():
                    if text in frame:
                        return frame.replace(text, json.dumps(message)[1:-1])
        return tutorial_frame(message)

    def socket_path(self, room: str) -> str:
        """Return the path, and the query if any, of the WebSocket that a room's page opens."""
        for socket in self.sockets:
            url = urlsplit(socket["url"])
            if self.room_name in (path := unquote(url.path)):
                query = f"?{url.query}" if url.query else ""
                return path.replace(self.room_name, room) + query
        return f"/ws/chat/{room}/"

    @property
    def sockets(self) -> list[SocketRecord]:
        """Those of the room's page."""
        return self.room["sockets"] if self.room else []
