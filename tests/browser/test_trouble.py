"""What the room's page does about a dead line, and what it keeps of what was written."""

import datetime

from playwright.sync_api import expect

from tests.browser.participant import NOON, SOCKET, Participant, visit
from tests.support.served import wait_for


def listen_silently(page, sockets: list) -> None:
    """The page's first WebSocket opens, and nothing ever comes back; those after it reach the server."""

    def handle(socket):
        sockets.append(socket)
        if len(sockets) > 1:
            socket.connect_to_server()

    page.route_web_socket(SOCKET, handle)


def wait_for_sockets(page, sockets: list, count: int) -> None:
    """Playwright's events come while it is asked something."""
    wait_for(lambda: page.title() and len(sockets) == count, f"WebSocket number {count}")


def test_a_line_that_answers_nothing_for_ten_seconds_is_left_for_a_new_one(context, house, room):
    page, sockets = context.new_page(), []
    page.clock.install(time=NOON)
    listen_silently(page, sockets)
    ada = visit(page, house.url, room)
    ada.expect_state("Connected")
    page.clock.pause_at(NOON + datetime.timedelta(hours=1))
    ada.say("anybody there?")
    page.clock.run_for(9_000)
    ada.expect_state("Connected")
    page.clock.run_for(2_000)
    wait_for_sockets(page, sockets, 2)
    ada.expect_log("anybody there?")
    expect(ada.unsent.get_by_role("listitem")).to_have_count(0)


def test_an_answer_keeps_the_line(context, house, room):
    page, sockets = context.new_page(), [None]
    page.clock.install(time=NOON)
    listen_silently(page, sockets)
    ada = visit(page, house.url, room)
    ada.expect_state("Connected")
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 0.1)
    page.clock.run_for(8_000)
    ada.say("hello")
    ada.expect_log("hello")
    page.clock.run_for(8_000)
    assert len(sockets) == 2
    ada.expect_state("Connected")


def test_another_network_means_another_connection(context, house, room):
    page, sockets = context.new_page(), []
    listen_silently(page, sockets)
    ada = visit(page, house.url, room)
    ada.expect_state("Connected")
    page.evaluate("dispatchEvent(new Event('online'))")
    wait_for_sockets(page, sockets, 2)
    ada.expect_state("Connected")
    ada.say("from the new network")
    ada.expect_log("from the new network")


def test_without_a_history_leaving_asks_first_while_something_is_not_sent(meet, forgetful):
    ada, asked = meet(url=forgetful.url), []
    ada.page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    ada.page.context.set_offline(True)
    ada.expect_state("Connection lost")
    ada.say("not yet sent")
    expect(ada.unsent).to_contain_text("Waiting for the connection")
    ada.page.evaluate("setTimeout(() => location.reload())")
    wait_for(lambda: ada.page.title() and asked, "the browser to ask")
    assert asked == ["beforeunload"]
    expect(ada.unsent).to_contain_text("not yet sent")


def selection(ada: Participant) -> str:
    return ada.log.evaluate("(log) => log.value.slice(log.selectionStart, log.selectionEnd)")


def test_what_is_selected_in_the_plain_text_stays_selected(join):
    ada = join()
    ada.say("copy me")
    ada.expect_log("copy me")
    ada.log.evaluate("(log) => log.setSelectionRange(0, 4)")
    ada.say("another")
    ada.expect_log("copy me", "another")
    assert selection(ada) == "copy"


def test_the_plain_text_is_as_long_as_the_list_and_no_longer(join):
    ada = join()
    ada.page.evaluate(
        """async () => {
          const script = document.querySelector("script[type=module]").src;
          const {MessageLog} = await import(script.replace("room.js", "messages.js"));
          const log = new MessageLog(messages, newest, document.getElementById("chat-log"));
          for (let number = 1; number <= 1003; number++) log.add({ message: `message ${number}` }, false);
        }"""
    )
    ada.expect_log(*(f"message {number}" for number in range(4, 1004)))
    expect(ada.messages).to_have_count(1000)


def test_a_screen_reader_is_told_what_was_said_and_what_failed_but_not_each_try(join, context):
    ada = join()
    context.set_offline(True)
    ada.expect_state("Connection lost")
    ada.say("waiting")
    expect(ada.unsent).to_contain_text("waiting")
    assert ada.page.get_by_role("log").get_by_text("waiting").count() == 0
    assert ada.unsent.get_by_role("alert").count() == 0
