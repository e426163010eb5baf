"""More than a room takes at once, and more than a message holds."""

import json
import re
import threading
import time

import pytest
from playwright.sync_api import expect
from websockets.sync.client import connect

from tests.browser.participant import visit
from tests.support.served import Served

#: Gathers all that is said of the messages that wait.
WATCH = """() => {
  window.states = [];
  const shown = () => [...document.querySelectorAll(".waiting .delivery")].map((state) => state.textContent);
  const look = () => window.states.push(...shown());
  new MutationObserver(look).observe(document.querySelector(".waiting"), { childList: true, subtree: true });
}"""
FLOOD = [f"line {number}" for number in range(1, 201)]


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """Its limit of messages a second is met often in a flood, and soon over."""
    with Served(
        tmp_path_factory.mktemp("house"), CHATDEMO_MAX_RATE="150", CHATDEMO_MAX_BURST="20"
    ) as server:
        yield server


def test_a_flood_arrives_whole_in_order_and_once(meet):
    ada, ben = meet(), meet()
    ada.say_all(FLOOD)
    ben.say("in between")
    expect(ben.messages).to_have_count(len(FLOOD) + 1)
    expect(ada.unsent.get_by_role("listitem")).to_have_count(0)
    heard = ben.log.input_value().splitlines()
    assert [text for text in heard if text != "in between"] == FLOOD
    assert heard.index("in between") < len(FLOOD)  # one who floods slows nobody else
    ada.expect_log(*heard)


def test_what_waits_in_a_flood_says_so_and_asks_for_nothing(meet):
    ada = meet()
    ada.page.evaluate(WATCH)
    ada.say_all(FLOOD)
    expect(ada.messages).to_have_count(len(FLOOD))
    assert set(ada.page.evaluate("window.states")) <= {"Waiting for its turn…", "Sending…"}
    expect(ada.note).to_be_empty()


def test_many_lines_that_are_pasted_are_one_message(meet):
    ada = meet()
    ada.input.fill("\n".join(FLOOD))
    ada.input.press("Enter")
    expect(ada.messages).to_have_text(["\n".join(FLOOD)])


def test_a_novel_is_refused_with_the_reason_and_stays_to_be_shortened(meet):
    ada, novel = meet(), "word " * 1000
    ada.input.fill(novel)
    expect(ada.note).to_have_text("1,000 characters too many: a message may have at most 4,000.")
    ada.input.press("Enter")
    expect(ada.note).to_have_class(re.compile("error"))
    expect(ada.input).to_have_value(novel)
    ada.expect_log()
    ada.say("x" * 4000)
    ada.expect_log("x" * 4000)
    expect(ada.note).to_be_empty()


#: Messages on the page before, and then for so many seconds so many a second.
BEFORE, SECONDS, RATE = 1000, 4, 50
#: Of the page's main thread, in a second. On a computer that is six times slower it would be a second at 167 ms. The
#: plain text alone took more than that: the browser laid it out for each message.
MAX_MILLISECONDS = 200


def flood(url: str, count: int, rate: float) -> None:
    """Say ``count`` lines, ``rate`` a second, and read what comes back."""
    with connect(url) as socket:
        reader = threading.Thread(target=lambda: [socket.recv() for _ in range(count)])
        reader.start()
        started = time.monotonic()
        for number in range(count):
            socket.send(json.dumps({"message": f"message {number} of about a line's length " * 2}))
            time.sleep(max(0, started + number / rate - time.monotonic()))
        reader.join()


def main_thread_milliseconds(session) -> float:
    """What the page's main thread has worked: processor time, which other programs don't change."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return next(one["value"] for one in metrics if one["name"] == "TaskDuration") * 1000


def test_fifty_messages_a_second_leave_the_page_time_for_who_writes(new_context, room, tmp_path):
    with Served(tmp_path, CHATDEMO_MAX_RATE="0") as server:
        page, url = new_context().new_page(), server.socket_url(f"/ws/chat/{room}/")
        ada = visit(page, server.url, room)
        ada.expect_state("Connected")
        flood(url, BEFORE, 2000)
        expect(ada.messages).to_have_count(BEFORE)
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        before = main_thread_milliseconds(session)
        flood(url, SECONDS * RATE, RATE)
        assert (main_thread_milliseconds(session) - before) / SECONDS < MAX_MILLISECONDS
