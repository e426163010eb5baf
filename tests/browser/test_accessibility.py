"""The pages for people who use a keyboard, a screen reader, or eyes that need contrast (WCAG 2.2, level AA)."""

import re

import pytest
from playwright.sync_api import expect

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

#: The contrast of each text on the page with what is painted behind it, from the styles as computed: backgrounds and
#: opacities are laid over one another from the root down. Gives [ratio, what is needed, text] for each.
CONTRASTS = r"""() => {
  const parse = (color) => {
    const [, r, g, b, a = 1] = color.match(/^rgba?\(([\d.]+), ([\d.]+), ([\d.]+)(?:, ([\d.]+))?\)$/).map(Number)
      .map((number) => Number.isNaN(number) ? undefined : number);
    return {rgb: [r, g, b], a};
  };
  const mix = (over, under, share) => over.map((value, i) => value * share + under[i] * (1 - share));
  const lay = (color, under) => mix(parse(color).rgb, under, parse(color).a);
  const paint = ([element, ...inner], under, ink) => {
    const style = getComputedStyle(element);
    if (style.backgroundImage !== "none") throw new Error(`a background image behind ${element.outerHTML}`);
    const back = lay(style.backgroundColor, under);
    const painted = inner.length ? paint(inner, back, ink) : {back, ink: lay(ink, back)};
    const share = Number(style.opacity);
    return {back: mix(painted.back, under, share), ink: mix(painted.ink, under, share)};
  };
  const luminance = (rgb) => rgb.map((value) => value / 255)
    .map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
    .reduce((sum, value, i) => sum + value * [0.2126, 0.7152, 0.0722][i], 0);
  const ratio = (element, ink) => {
    const path = [];
    for (let node = element; node; node = node.parentElement) path.unshift(node);
    const painted = paint(path, [255, 255, 255], ink);
    const [high, low] = [luminance(painted.back), luminance(painted.ink)].sort((a, b) => b - a);
    return (high + 0.05) / (low + 0.05);
  };
  const row = (element, style, text) => {
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    return [ratio(element, style.color), large ? 3 : 4.5, text];
  };
  const shown = (element) => element.checkVisibility({visibilityProperty: true}) && !element.closest(".hidden");
  const rows = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    const text = texts.currentNode.data.trim();
    if (text && shown(element)) rows.push(row(element, getComputedStyle(element), text));
  }
  for (const field of document.querySelectorAll("input, textarea")) {
    if (!shown(field)) continue;
    if (field.value) rows.push(row(field, getComputedStyle(field), field.value));
    else if (field.placeholder) rows.push(row(field, getComputedStyle(field, "::placeholder"), field.placeholder));
  }
  return rows;
}"""


def faint(page) -> list:
    """The texts on the page whose contrast is less than they need."""
    rows = page.evaluate(CONTRASTS)
    assert rows, "no text was found"
    return [(round(ratio, 2), text) for ratio, needed, text in rows if ratio < needed]


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


def expect_contrast(page, name="") -> None:
    """Each text on the page has it, in light and in dark colours."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert faint(page) == [], f"{name} {scheme}"


def test_every_text_has_contrast(opened):
    for name, page in opened.items():
        expect_contrast(page, name)


def test_messages_of_every_kind_have_contrast(new_context, forgetful, room):
    ada = in_doubt(new_context(reduced_motion="reduce"), forgetful.url, room)
    ada.input.fill("x" * 3999)
    expect_contrast(ada.page)
    ada.input.fill("x" * 5000)
    expect_contrast(ada.page)


def test_a_room_that_is_connected_again_has_contrast(new_context, house, room):
    page = new_context(reduced_motion="reduce").new_page()
    sockets = []
    page.route_web_socket("**/ws/chat/**", lambda socket: sockets.append(socket))
    ada = visit(page, house.url, room)
    ada.expect_state("Connected")
    sockets[0].close()
    ada.expect_state("Connection lost")
    ada.expect_state("Connected")
    expect_contrast(page)


def test_the_measure_of_contrast_finds_a_text_that_is_too_faint(join, room):
    page = join().page
    page.evaluate("document.querySelector('h1').style.opacity = 0.4")
    assert [text for _, text in faint(page)] == [room]
    page.evaluate("document.querySelector('h1').style = 'color: #777; background: #777'")
    assert faint(page) == [(1.0, room)]
