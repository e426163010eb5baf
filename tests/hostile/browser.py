"""A browser without a screen: it keeps its cookies, sends the forms of its pages, and joins rooms as a page does."""

import json
import re
from http.cookies import SimpleCookie
from urllib.parse import quote, urlencode

from websockets.sync.client import ClientConnection, connect

from tests.hostile.raw import Answer, Raw, hear
from tests.support.served import TIMEOUT_SECONDS, Served

FORM = "application/x-www-form-urlencoded"


class Browser:
    """One person's. It has been on the page of ``room``, whose name it has percent-encoded in its addresses."""

    def __init__(self, server: Served, room: str):
        self.server, self.room, self.cookies = server, quote(room, safe=""), SimpleCookie()
        page = self.get(f"/chat/{self.room}/")
        self.token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)[1]

    @property
    def cookie(self) -> str:
        """The header."""
        return "; ".join(f"{name}={morsel.value}" for name, morsel in self.cookies.items())

    def get(self, path: str) -> Answer:
        return self._ask("GET", path)

    def post(self, path: str, body: bytes, content_type: str = FORM, **headers: str) -> Answer:
        """Send ``body``, with the page's token beside it."""
        length = {
            "Content-Length": str(len(body)),
            "Content-Type": content_type,
            "X-CSRFToken": self.token,
        }
        return self._ask("POST", path, body, **{**length, **headers})

    def call_oneself(self, name: str) -> Answer:
        return self.post(f"/chat/{self.room}/name/", urlencode({"name": name}).encode())

    def join(self, query: str = "") -> ClientConnection:
        """Its page's WebSocket."""
        url = self.server.socket_url(f"/ws/chat/{self.room}/{query}")
        headers = {"Cookie": self.cookie}
        return connect(
            url,
            subprotocols=["chatdemo"],
            additional_headers=headers,
            open_timeout=TIMEOUT_SECONDS,
            proxy=None,
        )

    def _ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        with Raw(self.server) as client:
            client.request(
                f"{method} {path} HTTP/1.1".encode(),
                Connection="close",
                Cookie=self.cookie,
                **headers,
            )
            client.send(body)
            answer = client.answer()
        for header in answer.headers.get_all("Set-Cookie", ()):
            self.cookies.load(header)
        return answer


def message(client: ClientConnection) -> dict:
    """The next frame that is no event."""
    while "event" in (frame := hear(client)):
        pass
    return frame


def event(client: ClientConnection, name: str) -> dict:
    """The next event of this name."""
    while (frame := hear(client)).get("event") != name:
        pass
    return frame


def data(page: str, id: str) -> object:
    """What a page has for its script."""
    return json.loads(
        re.search(rf'<script id="{id}" type="application/json">(.*?)</script>', page, re.DOTALL)[1]
    )
