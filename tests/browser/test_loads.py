"""What a page's first load takes from the server, and what a second one does. Classes share a weak network."""

from dataclasses import dataclass, field

import pytest

from tests.support.served import wait_for


@dataclass
class Loads:
    """The answers that come from the server, by their request's id: frames count, WebSockets don't."""

    addresses: dict[str, str] = field(default_factory=dict)
    octets: dict[str, int] = field(default_factory=dict)  # with their headers, as sent
    cached: set[str] = field(default_factory=set)

    def watch(self, page) -> None:
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.requestServedFromCache", lambda e: self.cached.add(e["requestId"]))
        session.on("Network.responseReceived", self.on_response)
        session.on("Network.loadingFinished", self.on_end)

    def on_response(self, event) -> None:
        if event["response"].get("fromDiskCache"):
            self.cached.add(event["requestId"])
        if event["response"]["url"].startswith("http"):
            self.addresses[event["requestId"]] = event["response"]["url"]

    def on_end(self, event) -> None:
        self.octets[event["requestId"]] = event["encodedDataLength"]

    def from_server(self) -> list[str]:
        return [url for id, url in self.addresses.items() if id not in self.cached]

    def size(self) -> int:
        return sum(self.octets[id] for id in self.addresses if id not in self.cached)


def load(page, url: str, is_ready: str) -> Loads:
    """Open ``url`` and wait until an element of ``is_ready`` is there and all answers have come."""
    loads = Loads()
    loads.watch(page)
    page.goto(url, wait_until="networkidle")
    page.locator(is_ready).first.wait_for(state="attached")
    wait_for(lambda: loads.addresses.keys() <= loads.octets.keys(), "the ends of all answers")
    return loads


#: The page, what tells that it is ready, and at most so many requests and octets.
PAGES = {
    "room": ("chat/{room}/", "#connection[data-state=open]", 6, 25_000),
    "lesson": ("learn/groups/", ".journey [data-state=open]", 12, 60_000),
    "inspector": ("inspect/", "#status[data-state=open]", 10, 45_000),
    "start": ("", ".cards", 2, 10_000),
    "index": ("chat/", "#room-name-input", 2, 10_000),
    "course": ("learn/", ".overview", 3, 20_000),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_first_load_is_few_requests_and_small(context, house, room, name):
    path, is_ready, requests, octets = PAGES[name]
    loads = load(context.new_page(), house.url + path.format(room=room), is_ready)
    assert len(loads.from_server()) <= requests, loads.from_server()
    assert loads.size() <= octets


@pytest.mark.parametrize("name", PAGES)
def test_a_second_load_asks_for_no_static_file(context, house, room, name):
    path, is_ready, _, _ = PAGES[name]
    for _ in range(2):
        page = context.new_page()
        loads = load(page, house.url + path.format(room=room), is_ready)
        page.close()
    assert loads.from_server()
    assert [url for url in loads.from_server() if "/static/" in url] == []
