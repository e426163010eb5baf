"""What the room's page does when the connection goes, and comes back."""

import datetime
import re
import signal
from itertools import pairwise

import pytest
from playwright.sync_api import expect

from tests.browser.participant import NOON, SOCKET, visit
from tests.support.served import Served, wait_for

#: Every try to connect fails at once, and the time of each (of the page's clock) is written down.
NO_SERVER = """
  window.tries = [];
  window.WebSocket = class {
    static OPEN = 1;
    constructor() {
      tries.push(Date.now());
      setTimeout(() => this.onclose({}), 0);
    }
  };
"""

#: Each one opens, and ends at once with this code.
CUT_OFF = """
  window.tries = [];
  window.WebSocket = class {
    static OPEN = 1;
    constructor() {
      tries.push(Date.now());
      setTimeout(() => this.onopen(), 0);
      setTimeout(() => this.onclose({code: CODE}), 10);
    }
  };
"""


@pytest.fixture
def restart(served, tmp_path):
    """Starts the server again, on the port that it had before it was killed."""
    servers = []

    def restart():
        servers.append(Served(tmp_path, "--port", str(served.port)))
        return servers[-1].__enter__()

    yield restart
    for server in servers:
        server.__exit__()


def test_after_a_restart_what_waits_is_sent_and_what_is_typed_is_still_there(meet, served, restart):
    ada, ben = meet(url=served.url), meet(url=served.url)
    ada.say("before")
    ada.expect_log("before")
    ada.page.evaluate("window.stillThisPage = true")
    ben.expect_log("before")
    ben.input.fill("half a sentence")
    served.kill()
    for page in (ada, ben):
        page.expect_state("Connection lost")
    ada.say("first")
    ada.say("second")
    expect(ada.unsent.get_by_role("listitem")).to_contain_text(["first", "second"])
    expect(ada.unsent).to_contain_text("Waiting for the connection")
    restart()
    ada.expect_log("before", "first", "second")
    expect(ada.unsent.get_by_role("listitem")).to_have_count(0)
    ben.expect_state("Connected")
    expect(ben.input).to_have_value("half a sentence")
    expect(ben.input).to_be_focused()
    meet(url=served.url, beside=ben).say("after")
    for page in (ada, ben):
        page.expect_log("before", "first", "second", "after")
    assert ada.page.evaluate("window.stillThisPage")


def test_a_message_that_waits_stands_where_the_others_of_ones_own_stand(join, context):
    ada = join()
    ada.say("sent")
    ada.expect_log("sent")
    context.set_offline(True)
    ada.expect_state("Connection lost")
    ada.say("waiting")
    assert look(ada.unsent.get_by_role("listitem")) == look(
        ada.page.get_by_role("log").locator(".own")
    )


def look(message) -> tuple[float, str]:
    """Where a message ends on the right, and its colour."""
    box = message.bounding_box()
    return box["x"] + box["width"], message.evaluate(
        "(element) => getComputedStyle(element).backgroundColor"
    )


def test_a_server_that_is_stopped_leaves_the_page_waiting_for_the_next(meet, served, restart):
    ada = meet(url=served.url)
    served.stop(signal.SIGINT)
    ada.expect_state("Connection lost")
    restart()
    ada.expect_state("Connected")


def test_the_button_tries_at_once_instead_of_after_the_pause(context, served, restart):
    page = context.new_page()
    page.clock.install(time=NOON)
    ada = visit(page, served.url)
    ada.expect_state("Connected")
    page.clock.pause_at(NOON + datetime.timedelta(hours=1))  # no pause ends by itself from here on
    served.kill()
    ada.expect_state("Connection lost")
    restart()
    page.get_by_role("button", name="Try now").click()
    ada.expect_state("Connected")
    expect(page.get_by_role("button", name="Try now")).to_be_hidden()


def pauses_between_tries(context, url, minutes=3, sockets=NO_SERVER) -> list[float]:
    """In seconds of the page's own clock, with no server to reach or with these WebSockets."""
    page = context.new_page()
    page.clock.install(time=NOON)
    page.add_init_script(sockets)
    visit(page, url).expect_state("Connection lost")
    page.clock.run_for(minutes * 60_000)
    tries = page.evaluate("tries")
    return [(later - earlier) / 1000 for earlier, later in pairwise(tries)]


def test_the_pauses_between_tries_grow_up_to_ten_seconds(context, house):
    pauses = pauses_between_tries(context, house.url)
    assert pauses[0] < 1.5
    assert max(pauses[:2]) < min(pauses[5:])
    assert min(pauses[5:]) > 4 and max(pauses) < 10.5


def test_the_pauses_stay_short_where_the_wifi_is_bad_and_the_server_is_there(context, house):
    pauses = pauses_between_tries(context, house.url, sockets=CUT_OFF.replace("CODE", "1006"))
    assert max(pauses) < 1.5


def test_the_pauses_grow_where_the_server_ends_each_connection(context, house):
    pauses = pauses_between_tries(context, house.url, sockets=CUT_OFF.replace("CODE", "4500"))
    assert max(pauses) > 4


def test_no_two_pages_try_again_at_the_same_times(context, house):
    one, other = (pauses_between_tries(context, house.url) for _ in range(2))
    assert one[:6] != other[:6]
    assert max(one[5:]) - min(one[5:]) > 1


def test_a_page_that_came_over_https_opens_a_secure_websocket(context, house, room):
    def forward(route):
        path = route.request.url.removeprefix("https://chat.test/")
        route.fulfill(response=route.fetch(url=house.url + path))

    opened = []
    page = context.new_page()
    page.route("https://chat.test/**", forward)
    page.route_web_socket(SOCKET, lambda socket: opened.append(socket.url))
    visit(page, "https://chat.test/", room).expect_state("Connected")
    assert [url.partition("?")[0] for url in opened] == [f"wss://chat.test/ws/chat/{room}/"]


@pytest.fixture
def doubtful(context, forgetful, room):
    """Without a history: someone whose message was on its way when the connection went, and who is connected again."""
    sockets = []

    def lose_the_first_message(socket):
        sockets.append(socket)
        server = socket.connect_to_server()
        if len(sockets) == 1:
            socket.on_message(lambda text: '"message"' in text and (server.close(), socket.close()))

    page = context.new_page()
    page.route_web_socket(SOCKET, lose_the_first_message)
    ada = visit(page, forgetful.url, room)
    ada.expect_state("Connected")
    ada.say("did it arrive?")
    expect(ada.unsent).to_contain_text("may or may not have been sent")
    wait_for_second(page, sockets)
    ada.expect_state("Connected")
    return ada


def wait_for_second(page, sockets) -> None:
    """Playwright's events come while it is asked something."""
    wait_for(lambda: page.title() and len(sockets) == 2, "the second connection")


def test_a_message_in_doubt_is_not_sent_again_unasked(doubtful):
    doubtful.say("another")
    doubtful.expect_log("another")
    expect(doubtful.unsent).to_contain_text("did it arrive?")


def test_a_message_in_doubt_can_be_sent_again(doubtful, meet, forgetful):
    ben = meet(url=forgetful.url, beside=doubtful)
    doubtful.page.get_by_role("button", name="Send again").click()
    ben.expect_log("did it arrive?")
    doubtful.expect_log("did it arrive?")
    expect(doubtful.unsent.get_by_role("listitem")).to_have_count(0)


def test_a_message_in_doubt_can_be_discarded(doubtful):
    expect(doubtful.unsent.get_by_role("alert")).to_contain_text("may or may not have been sent")
    doubtful.page.get_by_role("button", name="Discard").press("Enter")
    expect(doubtful.input).to_be_focused()
    expect(doubtful.unsent.get_by_role("listitem")).to_have_count(0)
    doubtful.expect_log()


def refusal(message: str, code: str, detail: str) -> str:
    """The wire contract's answer to a message that can't be taken."""
    own_id = re.search('"id": ?"([^"]+)"', message)[1]
    return f'{{"error": "{code}", "detail": "{detail}", "id": "{own_id}"}}'


def answer_messages(page, answer) -> None:
    """``answer(socket, text)`` is what stands for the server."""
    page.route_web_socket(
        SOCKET,
        lambda socket: socket.on_message(lambda text: '"message"' in text and answer(socket, text)),
    )


def test_a_message_that_comes_too_fast_is_sent_again_by_itself(context, house, room):
    def answer(socket, text):
        heard.append(text)
        socket.send(refusal(text, "too_fast", "Wait a moment.") if len(heard) == 1 else text)

    page, heard = context.new_page(), []
    answer_messages(page, answer)
    ada = visit(page, house.url, room)
    ada.say("too soon")
    expect(ada.unsent).to_contain_text("Waiting for its turn…")
    ada.expect_log("too soon")
    assert heard[0] == heard[1]


def test_what_can_be_done_with_a_refused_message_is_in_sight(context, house, room):
    page = context.new_page()
    answer_messages(
        page, lambda socket, text: socket.send(refusal(text, "not_kept", "No disk. " * 20))
    )
    ada = visit(page, house.url, room)
    ada.say("line\n" * 60)
    for name in ("Try again", "Edit", "Discard"):
        expect(page.get_by_role("button", name=name)).to_be_in_viewport(ratio=1)


def test_a_refused_message_is_kept_with_the_reason_and_can_be_edited(context, house, room):
    page = context.new_page()
    answer_messages(
        page, lambda socket, text: socket.send(refusal(text, "too_long", "Shorten it."))
    )
    ada = visit(page, house.url, room)
    ada.say("too soon")
    expect(ada.unsent).to_contain_text("Shorten it.")
    page.get_by_role("button", name="Edit").click()
    expect(ada.input).to_have_value("too soon")
    expect(ada.input).to_be_focused()
    ada.expect_log()
