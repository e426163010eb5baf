"""Every page on every kind of screen: it fits, it is ready to be typed into, and it asks nobody else for anything."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.pages import SCREENS, addresses, each_screen, long_name, show
from tests.browser.participant import Participant, visit

ROOMS = ("room", "long room")
STATUSES = {"refused name": 400, "400": 400, "404": 404}
CONTROLS = {
    "start": ["a.brand", "nav a", "main a"],
    "index": ["#room-name-input", "#room-name-submit"],
    "room": ["#chat-message-input", "#chat-message-submit", "a.back"],
    "404": ["main a"],
}
LONG_MESSAGES = [
    "words and " * 60,
    "unbroken" * 60,
    "عربي " * 60,
    "def f():\n" + "    " * 40 + "return 1",
]

REPORT_VIOLATIONS = """
  addEventListener("securitypolicyviolation", (event) => console.error(`policy: ${event.blockedURI}`));
"""


@pytest.fixture
def phone(new_context):
    width, height = SCREENS["phone"]
    return new_context(viewport={"width": width, "height": height}, has_touch=True, is_mobile=True)


def overflow(locator) -> int:
    """CSS pixels that one would have to scroll sideways."""
    return locator.evaluate("(element) => element.scrollWidth - element.clientWidth")


def test_no_message_makes_a_room_scroll_sideways(join, room):
    ada = join(long_name(room))
    for message in LONG_MESSAGES:
        ada.say(message)
    expect(ada.messages).to_have_count(len(LONG_MESSAGES))
    for screen in each_screen(ada.page):
        assert overflow(ada.page.locator("html")) <= 0, screen
        assert overflow(ada.view) <= 0, screen


def test_a_rooms_composer_and_bar_stay_on_the_screen_under_many_messages(join):
    ada = join()
    ada.say_all([f"message {number}" for number in range(30)])
    for count, screen in enumerate(each_screen(ada.page), 31):
        ada.say(screen)
        expect(ada.messages).to_have_count(count)
        for part in ("#chat-message-input", "#chat-message-submit", "h1", "#connection"):
            expect(ada.page.locator(part), screen).to_be_in_viewport(ratio=1)
        expect(ada.messages.last, screen).to_be_in_viewport(ratio=1)


def test_a_text_of_many_lines_leaves_the_button_and_some_messages_on_the_screen(join):
    ada = join()
    for screen in each_screen(ada.page):
        ada.input.fill("")
        ada.input.fill("line\n" * 60)
        expect(ada.page.locator("#chat-message-submit"), screen).to_be_in_viewport(ratio=1)
        assert ada.view.bounding_box()["height"] > 100, screen


@pytest.mark.parametrize(
    "name, input", [("index", "#room-name-input"), ("room", "#chat-message-input")]
)
def test_the_input_has_the_cursor_as_soon_as_the_page_is_there(name, input, context, house, room):
    page = context.new_page()
    page.goto(house.url + addresses(room)[name])
    expect(page.locator(input)).to_be_focused()
    page.keyboard.type("typed blind")
    expect(page.locator(input)).to_have_value("typed blind")


def watch(page) -> tuple[list[str], list[str]]:
    """Two lists that fill as the page loads: its complaints (console, errors, policy) and the hosts it asks."""
    complaints, hosts = [], []
    page.add_init_script(REPORT_VIOLATIONS)
    page.on(
        "console",
        lambda message: message.type in ("error", "warning") and complaints.append(message.text),
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: hosts.append(urlsplit(request.url).netloc))
    page.on("websocket", lambda socket: hosts.append(urlsplit(socket.url).netloc))
    return complaints, hosts


def test_no_page_has_complaints_or_asks_any_host_but_its_own(context, house, room):
    for name, path in addresses(room).items():
        page = context.new_page()
        complaints, hosts = watch(page)
        response = page.goto(house.url + path)
        if name in ROOMS:
            Participant(page).say("hello")
            expect(Participant(page).messages).to_contain_text(["hello"])
        page.wait_for_load_state("networkidle")
        assert response.status == STATUSES.get(name, 200), name
        # Chromium writes a line for the status itself.
        expected = f"the server responded with a status of {response.status}"
        assert [text for text in complaints if expected not in text] == [], name
        assert set(hosts) == {urlsplit(house.url).netloc}, name


def test_what_another_host_offers_is_refused_and_the_watch_above_sees_it(context, house, room):
    page = context.new_page()
    complaints, _ = watch(page)
    visit(page, house.url, room)
    for attempt in (
        "new Image().src = url",
        "fetch(url).catch(() => {})",
        "new WebSocket(url.replace('http', 'ws'))",
    ):
        with page.expect_console_message(lambda message: message.text.startswith("policy:")):
            page.evaluate(f"(url) => {{ {attempt} }}", "http://elsewhere.test/")
    assert (
        "policy: http://elsewhere.test/" in complaints
        and "policy: ws://elsewhere.test/" in complaints
    )


def test_fingers_find_the_controls_on_a_phone(phone, house, room):
    page = phone.new_page()
    for name, controls in CONTROLS.items():
        page.goto(house.url + addresses(room)[name])
        assert [
            control for control in controls if not fits_a_finger(page.locator(control).first)
        ] == [], name


def test_fingers_find_the_choices_beside_a_message_in_doubt(phone, forgetful, room):
    page = phone.new_page()
    page.route_web_socket(
        "**/ws/chat/**",
        lambda socket: socket.on_message(lambda text: '"message"' in text and socket.close()),
    )
    visit(page, forgetful.url, room).say("in doubt")
    choices = {label: page.get_by_role("button", name=label) for label in ("Send again", "Discard")}
    assert [label for label, button in choices.items() if not fits_a_finger(button)] == []


def test_fingers_find_the_button_that_tries_to_connect_again(phone, house, room):
    page = phone.new_page()
    page.clock.install()
    page.route_web_socket("**/ws/chat/**", lambda socket: socket.close())
    visit(page, house.url, room)
    assert fits_a_finger(page.get_by_role("button", name="Try now"))


def fits_a_finger(control) -> bool:
    """At least 44 CSS pixels each way (WCAG 2.2, 2.5.5), less a rounding."""
    expect(control).to_be_visible()
    box = control.bounding_box()
    return min(box["width"], box["height"]) >= 43.5


def test_the_presentation_view_of_a_room_has_the_talk_alone_in_large_letters(join, room):
    ada = join(room)
    ada.say("for the back row")
    expect(ada.messages).to_have_count(1)
    page = ada.page
    show(page, "projector")
    ada.open_people()
    page.get_by_role("button", name="Presentation view").click()
    for hidden in (".bar", "#composer", "#asked"):
        expect(page.locator(hidden)).to_be_hidden()
    size = "(element) => parseFloat(getComputedStyle(element).fontSize)"
    assert page.locator(".said .text").evaluate(size) >= 32
    assert page.locator(".said time").evaluate(size) >= 24
    page.keyboard.press("Escape")
    expect(page.locator("#composer")).to_be_visible()
    ada.page.locator("#messages").focus()
    page.keyboard.press("v")
    expect(page.locator("#composer")).to_be_hidden()
    page.get_by_role("button", name="Leave the presentation view").click()
    expect(page.locator(".bar")).to_be_visible()
