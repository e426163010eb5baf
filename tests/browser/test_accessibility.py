"""The pages for people who use a keyboard, a screen reader, or eyes that need contrast (WCAG 2.2, level AA)."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.axe import expect_no_violations
from tests.browser.pages import addresses
from tests.browser.participant import Participant, visit

FIELDS_AND_BUTTONS = {
    "textbox",
    "button",
    "link",
    "searchbox",
    "combobox",
    "checkbox",
    "DisclosureTriangle",
}

#: Everything that the keyboard can reach on the page as it is shown, in its order.
#: Each is named by what it says now: later it may tell another age.
REACHABLE = """() => Array.from(document.querySelectorAll("a[href], button, input, select, textarea, summary,"
  + "[tabindex]")).filter((element) => element.tabIndex >= 0 && !element.disabled && element.checkVisibility())
  .map((element) => element.stop = element.id || element.textContent.trim())"""
#: What has the focus, null for the page itself, and the CSS pixels of its outline.
FOCUSED = """() => {
  const element = document.activeElement;
  const {outlineStyle, outlineWidth} = getComputedStyle(element);
  const stop = element === document.body ? null : element.stop ?? element.textContent.trim();
  return [stop, outlineStyle === "none" ? 0 : parseFloat(outlineWidth)];
}"""


def accessibility_tree(page) -> list[dict]:
    """What the browser tells a screen reader."""
    session = page.context.new_cdp_session(page)
    session.send("Accessibility.enable")
    return [
        node for node in session.send("Accessibility.getFullAXTree")["nodes"] if not node["ignored"]
    ]


def each_page(context, url, room):
    """Opens every page, one after the other, and gives its name with it."""
    for name, path in addresses(room).items():
        page = context.new_page()
        page.goto(url + path)
        if page.locator("#people").count():
            expect(page.locator("#people .count")).to_have_text("1")
        if name == "inspect":
            expect(page.locator("#status")).to_contain_text("Live")
            expect(page.locator(".events li").first).to_be_visible()
        yield name, page


@pytest.fixture(scope="module")
def opened(browser, house):
    """Every page by its name, for tests that only look at it. Still: what fades in is faint for a moment."""
    context = browser.new_context(reduced_motion="reduce")
    yield dict(each_page(context, house.url, "room-to-look-at"))
    context.close()


def test_every_page_has_a_language_a_title_and_one_heading_of_the_first_level(opened):
    for name, page in opened.items():
        expect(page.locator("html"), name).to_have_attribute("lang", "en")
        expect(page, name).to_have_title(re.compile(r"\S"))
        expect(page.get_by_role("heading", level=1), name).to_have_count(1)
        expect(page.get_by_role("main"), name).to_have_count(1)


def test_every_field_button_and_link_has_a_name(opened):
    for name, page in opened.items():
        nodes = [
            node for node in accessibility_tree(page) if node["role"]["value"] in FIELDS_AND_BUTTONS
        ]
        assert nodes, name
        assert [node for node in nodes if not node["name"]["value"].strip()] == [], name


def test_a_screen_reader_is_told_of_messages_of_the_connection_and_of_what_is_wrong(join):
    ada = join()
    log = ada.page.get_by_role("log", name="Message history")
    expect(log).to_have_attribute("aria-live", "polite")  # soon after the stored messages
    live = {}
    for node in accessibility_tree(ada.page):
        properties = {entry["name"]: entry["value"].get("value") for entry in node["properties"]}
        live[node["role"]["value"]] = properties.get("live")
    assert live["log"] == live["status"] == "polite"
    expect(ada.note).to_have_attribute("aria-live", "polite")
    expect(ada.input).to_have_accessible_name("Your message")


def test_the_reason_why_a_message_is_too_long_belongs_to_the_input(join):
    ada = join()
    ada.say("x" * 5000)
    expect(ada.input).to_have_accessible_description(re.compile("too many"))


def test_a_room_name_that_is_refused_is_marked_and_described(context, house):
    page = context.new_page()
    page.goto(f"{house.url}chat/?room=a%2Fb")
    expect(page.locator("#room-name-input")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#room-name-input")).to_have_accessible_description(
        re.compile("can't contain a slash")
    )


def tab_round(page, count: int) -> list[str]:
    """What Tab comes to in ``count`` steps from the top of the page, each with its focus shown."""
    for _ in range(count + 1):  # to the end, whichever part has the focus
        if page.evaluate(FOCUSED)[0] is None:
            break
        page.keyboard.press("Tab")
    stops = []
    for _ in range(count):
        page.keyboard.press("Tab")
        stop, outline = page.evaluate(FOCUSED)
        assert outline >= 2, f"{stop} doesn't show that it has the focus"
        stops.append(stop)
    return stops


def test_the_keyboard_reaches_everything_in_order_and_shows_where_it_is(context, house, room):
    for name, page in each_page(context, house.url, room):
        if name == "inspect":  # whose texts change while it is live, and with what has the focus
            page.get_by_role("button", name="Pause").click()
            page.get_by_role("button", name="Clear").click()
            page.get_by_role("combobox", name="Room").focus()
        everything = page.evaluate(REACHABLE)
        assert tab_round(page, len(everything)) == everything, name


def test_the_keyboard_reaches_the_choices_beside_a_message_and_not_the_hidden_log(
    context, forgetful, room
):
    ada = in_doubt(context, forgetful.url, room)
    everything = ada.page.evaluate(REACHABLE)
    assert {"Send again", "Discard"} <= set(everything) and "chat-log" not in everything
    assert tab_round(ada.page, len(everything)) == everything


def in_doubt(context, url, room) -> Participant:
    """Someone with messages on the page, one that waits and one in doubt, without a connection."""
    page = context.new_page()
    page.clock.install()
    page.route_web_socket("**/ws/chat/**", losing_the_last())
    ada = visit(page, url, room)
    ada.say("my own")
    ada.expect_log("my own", "of another")
    page.clock.pause_at(
        page.evaluate("Date.now()") / 1000 + 1
    )  # no try to connect again comes from here on
    ada.say("the last")
    ada.expect_state("Connection lost")
    ada.say("waits")
    expect(ada.unsent).to_contain_text("Waiting for the connection")
    return ada


def losing_the_last():
    """A server that sends each message back, with one of another person's after it, and is gone from "the last" on."""
    lost = []

    def serve(socket) -> None:
        if lost:
            socket.close()
        socket.on_message(lambda text: '"message"' in text and answer(socket, text))

    def answer(socket, text) -> None:
        if "the last" in text:
            lost.append(text)
            return socket.close()
        socket.send(text)
        socket.send('{"message": "of another"}')

    return serve


def test_axe_finds_no_violation_where_messages_are_in_doubt(new_context, forgetful, room):
    ada = in_doubt(new_context(), forgetful.url, room)
    ada.page.clock.resume()  # axe-core has timers
    for characters in (3999, 5000):
        ada.input.fill("x" * characters)
        expect_no_violations(ada.page)


def test_axe_finds_no_violation_in_a_room_that_is_connected_again(new_context, house, room):
    page = new_context().new_page()
    sockets = []
    page.route_web_socket("**/ws/chat/**", lambda socket: sockets.append(socket))
    ada = visit(page, house.url, room)
    ada.expect_state("Connected")
    sockets[0].close()
    ada.expect_state("Connection lost")
    ada.expect_state("Connected")
    expect_no_violations(page)
