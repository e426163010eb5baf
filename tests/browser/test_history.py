"""What a page shows of what was said, and what becomes of what is written: with real pages and a real server."""

from playwright.sync_api import expect

from tests.browser.participant import say_numbers
from tests.support.served import Served, wait_for


def said(page, *texts):
    page.say_all(texts)
    expect(page.unsent.get_by_role("listitem")).to_have_count(0)


def test_who_comes_later_sees_what_was_said(meet):
    said(meet(), "first", "second")
    ben = meet()
    ben.expect_log("first", "second")
    expect(ben.messages).to_have_text(["first", "second"])
    ben.say("third")
    ben.expect_log("first", "second", "third")


def test_a_page_that_is_loaded_again_shows_ones_own_as_ones_own(join):
    ada = join()
    said(ada, "mine")
    ada.page.reload()
    ada.expect_log("mine")
    expect(ada.page.get_by_role("log").locator(".own .text")).to_have_text(["mine"])


def test_what_was_said_while_a_page_was_offline_comes_when_it_is_back(meet):
    ada, ben = meet(), meet()
    said(ben, "before")
    ada.expect_log("before")
    ada.page.context.set_offline(True)
    ada.expect_state("Connection lost")
    said(ben, "one", "two", "three")
    ada.say("typed offline")
    expect(ada.unsent).to_contain_text("Waiting for the connection")
    ada.page.context.set_offline(False)
    ada.expect_log("before", "one", "two", "three", "typed offline")
    ben.expect_log("before", "one", "two", "three", "typed offline")


def test_what_waits_outlives_a_reload_and_a_new_server(meet, served, tmp_path):
    ada = meet(url=served.url)
    said(ada, "before")
    served.kill()
    ada.expect_state("Connection lost")
    ada.say("first")
    ada.say("second")
    with Served(tmp_path, "--port", str(served.port)):
        ada.page.reload()
        ada.expect_log("before", "first", "second")
        expect(ada.unsent.get_by_role("listitem")).to_have_count(0)


def test_older_messages_come_as_one_scrolls_up(join, house, room):
    say_numbers(house.socket_url(f"/ws/chat/{room}/"), 130)
    ben = join()
    ben.expect_log(*map(str, range(81, 131)))
    ben.view.evaluate("(view) => view.scrollTo(0, 0)")
    ben.expect_log(*map(str, range(31, 131)))
    at = ben.view.get_by_text("81", exact=True).bounding_box()
    assert at and at["y"] >= 0  # what was being read is still to be seen
    wait_for(
        lambda: (
            ben.view.evaluate("(view) => view.scrollTo(0, 0)")
            or "\n1\n" in "\n" + ben.log.input_value()
        ),
        "all",
    )
    ben.expect_log(*map(str, range(1, 131)))


def test_a_message_that_cannot_be_kept_is_told_and_can_be_tried_again(meet, tmp_path, served):
    ada = meet(url=served.url)
    said(ada, "before")
    database = tmp_path / "chat.sqlite3"
    [path] = list(tmp_path.rglob("*.sqlite3")) or [database]
    path.rename(path.with_name("away"))
    ada.say("lost?")
    expect(ada.unsent).to_contain_text("the server's database file is gone")
    path.unlink(missing_ok=True)
    path.with_name("away").rename(path)
    ada.page.get_by_role("button", name="Try again").click()
    ada.expect_log("before", "lost?")


def test_two_tabs_of_one_browser_say_each_message_once(join):
    ada, again = join(), join()
    said(ada, "from one")
    said(again, "from the other")
    for tab in (ada, again):
        tab.expect_log("from one", "from the other")
        expect(tab.page.locator("#people .count")).to_have_text("1")


def test_older_messages_that_could_not_be_loaded_are_loaded_later(join, house, room):
    say_numbers(house.socket_url(f"/ws/chat/{room}/"), 60)
    ben = join()
    ben.expect_log(*map(str, range(11, 61)))
    words = ben.page.locator(".older")
    ben.page.route("**/messages/**", lambda route: route.abort())
    ben.view.evaluate("(view) => view.scrollTo(0, 0)")
    expect(words).to_have_text("Earlier messages can't be loaded now. Scroll up to try again.")
    ben.page.unroute("**/messages/**")
    ben.view.evaluate("(view) => view.scrollTo(0, 300)")
    ben.view.evaluate("(view) => view.scrollTo(0, 0)")
    ben.expect_log(*map(str, range(1, 61)))
    expect(words).to_be_hidden()
    expect(words).to_have_text("Loading earlier messages…")


def test_what_was_begun_outlives_a_reload(join):
    ada = join()
    ada.input.fill("half a thought")
    ada.page.reload()
    expect(ada.input).to_have_value("half a thought")
    ada.input.press("Enter")
    ada.expect_log("half a thought")
    ada.page.reload()
    expect(ada.input).to_have_value("")


def test_a_history_that_cannot_be_read_is_not_an_empty_one(meet, new_context, served, tmp_path):
    said(meet(url=served.url, room="lobby"), "before")
    [path] = tmp_path.rglob("*.sqlite3")
    path.rename(path.with_name("away"))
    page = new_context().new_page()
    page.goto(f"{served.url}chat/lobby/")
    expect(page.locator(".empty")).to_have_text(
        "Earlier messages can't be loaded now: the server's database has an error."
    )
    path.with_name("away").rename(path)
