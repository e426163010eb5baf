"""The course in a real browser: its tabs run the steps, their consoles say what a browser's would, and it fits."""

import re

import pytest
from playwright.sync_api import Frame, Page, expect

from chatdemo.course import outline
from tests.browser.pages import LESSONS, SCREENS, SMALLEST, each_screen, show
from tests.browser.test_accessibility import accessibility_tree
from tests.browser.test_pages import fits_a_finger, overflow, watch
from tests.support.served import Served, wait_for

NAMES = [step.name for step in outline.steps()]
OPEN = 1  # a WebSocket's readyState


class Lesson:
    """A step's lesson on ``page``: what is in its tabs, and what their consoles say."""

    def __init__(self, page: Page, url: str, step: str):
        self.page = page
        page.goto(f"{url}learn/{step}/")

    def tab(self, number: int):
        return self.page.frame_locator(f'iframe[name="tab-{number}"]')

    def log(self, number: int):
        return self.tab(number).locator("#chat-log")

    def console(self, number: int):
        return self.page.get_by_role("log", name=f"Console of tab {number}")

    def place(self, number: int):
        return self.page.get_by_label(f"Address of tab {number}")

    def say(self, number: int, text: str) -> None:
        """Type it in that tab, once its WebSocket is open."""
        self.tab(number).locator("#chat-message-input").fill(text)
        self.settle(self.page.frame(name=f"tab-{number}"))
        self.tab(number).locator("#chat-message-input").press("Enter")

    @staticmethod
    def settle(page: Page | Frame) -> int:
        """Wait until the WebSocket on ``page`` is open or has failed; returns its state."""
        # Not by Playwright's wait_for_function, which the pages' policy refuses.
        return wait_for(lambda: page.evaluate("chatSocket.readyState"), "the WebSocket")

    def both_open(self) -> None:
        for number in (1, 2):
            expect(self.log(number)).to_be_attached()
            assert self.settle(self.page.frame(name=f"tab-{number}")) == OPEN


@pytest.fixture
def lesson(context, house):
    """``lesson("echo")`` opens that step's lesson in a new window."""
    return lambda step: Lesson(context.new_page(), house.url, step)


@pytest.fixture(scope="module")
def opened(browser, house):
    """``opened("learn/echo/")`` is that page with all of it unfolded, for tests that only look at it.

    Its ``complaints`` and ``hosts`` are from before it was loaded.
    """
    context = browser.new_context()
    pages = {}

    def opened(path: str) -> Page:
        if path not in pages:
            page = pages[path] = context.new_page()
            page.complaints, page.hosts = watch(page)
            page.goto(house.url + path)
            page.evaluate(
                "document.querySelectorAll('details').forEach((part) => (part.open = true))"
            )
        return pages[path]

    yield opened
    context.close()


def test_in_step_1_a_room_is_a_404_and_the_console_says_so(lesson):
    index = lesson("index")
    expect(index.place(1)).to_have_text("/chat/?step=index")
    index.tab(1).locator("#room-name-input").fill("anywhere")
    expect(index.console(1)).to_be_empty()
    index.tab(1).locator("#room-name-input").press("Enter")
    expect(index.console(1)).to_have_text(
        re.compile(r"✕ GET /chat/index_\w+_anywhere/ failed with status 404")
    )
    expect(index.console(2)).to_be_empty()
    expect(index.place(1)).to_have_text(re.compile(r"/chat/index_\w+_anywhere/"))
    index.page.get_by_role("button", name="Go back to the first page of tab 1").click()
    expect(index.tab(1).locator("#room-name-input")).to_be_visible()
    expect(index.console(1)).to_be_empty()


def test_in_step_2_the_websocket_is_refused_and_the_console_says_so(lesson, printed):
    room = lesson("room")
    failed = re.compile(r"✕ WebSocket connection to 'ws://[\d.:]+/ws/chat/room_\w+/' failed")
    expect(room.tab(1).locator("#room-name-input")).to_be_visible()
    expect(room.console(1)).to_be_empty()
    room.page.get_by_role("link", name="Open your room in tab 1").click()
    expect(room.console(1).locator(".error")).to_have_text([failed, "✕ The chat socket is closed."])
    room.say(1, "hello")
    expect(room.console(1).locator(".error").last).to_have_text(
        "✕ WebSocket is already in CLOSING or CLOSED state."
    )
    expect(room.log(1)).to_have_value("")
    assert "No application configured for scope type 'websocket'" in printed()


def test_in_step_3_a_message_stays_in_its_own_tab(lesson):
    echo = lesson("echo")
    echo.both_open()
    echo.say(1, "hello")
    expect(echo.log(1)).to_have_value("hello\n")
    echo.say(2, "world")
    expect(echo.log(2)).to_have_value("world\n")
    expect(echo.log(1)).to_have_value("hello\n")
    expect(echo.console(1)).to_be_empty()


def test_in_step_5_a_message_is_in_both_tabs(lesson):
    """As in the steps from there on: test_steps has two tabs of each."""
    groups = lesson("groups")
    groups.both_open()
    groups.say(1, "hello")
    for number in (1, 2):
        expect(groups.log(number)).to_have_value("hello\n")
        expect(groups.console(number)).to_be_empty()


def test_a_visitor_is_alone_in_their_room(new_context, house):
    ada, bob = (Lesson(new_context().new_page(), house.url, "groups") for _ in range(2))
    for visitor in (ada, bob):
        visitor.both_open()
    ada.say(1, "for me")
    bob.say(1, "for me, too")
    expect(bob.log(2)).to_have_value("for me, too\n")
    expect(ada.log(2)).to_have_value("for me\n")


def test_in_step_5_the_room_named_cafe_is_refused(lesson, printed):
    groups = lesson("groups")
    groups.both_open()
    groups.page.get_by_role("link", name="open the room named café in tab 1").click()
    expect(groups.place(1)).to_have_text(re.compile(r"/chat/groups_\w+_café_\w+/"))
    failed = re.compile(r"✕ WebSocket connection to 'ws://\S+_café_\w+/' failed")
    expect(groups.console(1).locator(".error")).to_have_text(
        [failed, "✕ The chat socket is closed."]
    )
    expect(groups.page.locator(".journey .problem").first).to_contain_text("é")
    assert "Group name must be a valid unicode string with length < 100" in printed()


def test_in_step_7_the_links_open_the_rooms_of_the_tests(lesson):
    tests = lesson("tests")
    tests.both_open()
    tests.page.get_by_role("link", name="room_2 in tab 2").click()
    expect(tests.place(2)).to_have_text(re.compile(r"/chat/tests_\w+_room_2_\w+/"))
    tests.both_open()
    tests.say(2, "world")
    expect(tests.log(2)).to_have_value("world\n")
    expect(tests.log(1)).to_have_value("")
    expect(tests.page.locator(".journey .caption .said")).to_have_text("world")


def test_the_console_has_whatever_the_page_says_and_is_empty_again_after_a_reload(lesson):
    echo = lesson("echo")
    echo.both_open()
    frame = echo.page.frame(name="tab-1")
    frame.evaluate(
        "console.log('a', 1, {b: [2]}); console.warn('careful'); console.error(new TypeError('no'))"
    )
    frame.evaluate(
        "setTimeout(() => { nothing.there }); Promise.reject('lost'); console.log('<b>bold</b>')"
    )
    expect(echo.console(1)).to_contain_text("Uncaught ReferenceError: nothing is not defined")
    said = echo.console(1).locator("li").all_text_contents()
    assert said[:3] == ['a 1 {"b":[2]}', "⚠ careful", "✕ TypeError: no"]
    assert "<b>bold</b>" in said
    expect(echo.console(1)).to_contain_text("Uncaught (in promise) lost")
    expect(echo.console(2)).to_be_empty()
    with echo.page.expect_event("framenavigated"):
        echo.page.get_by_role("button", name="Reload tab 1").click()
    expect(echo.console(1)).to_be_empty()
    echo.both_open()


def test_the_steps_code_finds_a_websocket_like_any_other(lesson):
    echo = lesson("echo")
    echo.both_open()
    frame = echo.page.frame(name="tab-1")
    assert frame.evaluate("[WebSocket.OPEN, WebSocket.name, chatSocket instanceof WebSocket]") == [
        1,
        "WebSocket",
        True,
    ]
    refusal = frame.evaluate(
        "(() => { try { new WebSocket('nonsense:') } catch (error) { return error.name } })()"
    )
    assert refusal == "SyntaxError"


def test_a_tab_opens_in_a_window_of_its_own_in_the_same_room(lesson):
    groups = lesson("groups")
    groups.both_open()
    with groups.page.expect_popup() as popup:
        groups.page.get_by_role("link", name="Open tab 1 in a new window").click()
    window = popup.value
    assert "console" not in window.url
    assert groups.settle(window) == OPEN
    window.locator("#chat-message-input").fill("from outside")
    window.locator("#chat-message-input").press("Enter")
    expect(groups.log(2)).to_have_value("from outside\n")


def test_a_lesson_opens_at_its_top_and_keeps_the_focus(lesson):
    for name in NAMES[:3]:
        opened = lesson(name)
        expect(opened.tab(1).locator("input").first).to_be_visible()
        opened.page.wait_for_load_state("networkidle")
        assert opened.page.evaluate("[scrollY, document.activeElement.tagName]") == [0, "BODY"]


def test_back_leaves_the_lesson_whatever_its_tabs_showed(lesson, house):
    overview = lesson("echo").page
    overview.goto(f"{house.url}learn/")
    overview.get_by_role("link", name="Groups").click()
    expect(overview.frame_locator("iframe").first.locator("#chat-log")).to_be_visible()
    overview.go_back()
    expect(overview).to_have_url(f"{house.url}learn/")


def test_the_console_of_step_4_sends_and_receives_on_the_channel_layer(lesson):
    page = lesson("layer").page
    calls = page.get_by_role("log", name="Calls and their answers")
    page.get_by_role("button", name="1. send an event").click()
    expect(calls.locator("li").last).to_have_text(
        re.compile(
            r">>> async_to_sync\(channel_layer.send\)\('learn\.\w{6}\.test_channel', {'type': 'hello'}\)"
        )
    )
    page.get_by_role("button", name="2. receive it").click()
    expect(calls.locator(".result")).to_have_text("{'type': 'hello'}")
    page.get_by_role("button", name="3. receive again").click()
    expect(calls.locator(".note")).to_contain_text("Nothing came within 3 seconds")
    for name in ("4. add first to a group", "5. add second too", "6. send to the group"):
        page.get_by_role("button", name=name).click()
        expect(calls.locator(".waiting")).to_have_count(0)
    for name in ("7. receive from first", "8. receive from second"):
        page.get_by_role("button", name=name).click()
        expect(calls.locator(".waiting")).to_have_count(0)
    received = "{'type': 'chat.message', 'message': 'hi'}"
    expect(calls.locator(".result")).to_have_text(["{'type': 'hello'}", received, received])


def test_the_console_of_step_4_keeps_the_order_of_the_clicks_and_the_last_answer_in_sight(lesson):
    page = lesson("layer").page
    calls = page.get_by_role("log", name="Calls and their answers")
    page.get_by_role("button", name="3. receive again").click()
    for _ in range(8):
        page.get_by_role("button", name="1. send an event").click()
    page.get_by_role("button", name="2. receive it").click()
    expect(calls.locator(".waiting")).to_have_count(0)
    said = calls.locator(".python").all_text_contents()[3:]
    assert ["receive" in line for line in said] == [True, *[False] * 8, True]
    assert calls.evaluate("(log) => log.scrollHeight - log.clientHeight - log.scrollTop") <= 1


def test_the_console_of_step_4_takes_what_is_filled_in_and_shows_only_what_a_call_needs(lesson):
    page = lesson("layer").page
    expect(page.get_by_label("Group", exact=True)).to_be_hidden()
    page.get_by_role("combobox", name="Call").select_option("group_send")
    expect(page.get_by_label("Channel", exact=True)).to_be_hidden()
    page.get_by_label("Group", exact=True).fill("two words")
    page.get_by_role("button", name="Run").click()
    expect(page.locator(".calls .error")).to_contain_text(
        "TypeError: Group name must be a valid unicode string"
    )
    page.get_by_label("Event, as JSON").fill("{'type': 'hello'}")
    page.get_by_role("button", name="Run").click()
    expect(page.locator(".calls .error").last).to_contain_text(
        "The event isn't JSON: Expecting property name"
    )


def test_the_console_of_step_4_says_when_the_server_is_gone(lesson, context):
    page = lesson("layer").page
    context.set_offline(True)
    page.get_by_role("button", name="Run").click()
    expect(page.locator(".calls .error")).to_have_text(
        "The server didn't answer. Is it still running?"
    )


@pytest.mark.parametrize("secure", [True, False])
def test_a_file_is_copied_without_its_marks(new_context, house, secure):
    context = new_context(permissions=["clipboard-read", "clipboard-write"])
    if not secure:  # as over http from another machine, where browsers have no navigator.clipboard
        context.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page = Lesson(context.new_page(), house.url, "groups").page
    page.get_by_role("button", name="Copy chat/consumers.py").click()
    expect(page.locator("button", has_text="Copied")).to_have_count(1)
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('textarea'), {id: 'paste'}))"
    )
    page.locator("#paste").press("ControlOrMeta+v")
    expect(page.locator("#paste")).to_have_value(
        outline.find_step("groups").project()["chat/consumers.py"]
    )


def test_progress_is_remembered_after_a_restart(context, tmp_path):
    with Served(tmp_path) as first:
        page = Lesson(context.new_page(), first.url, "index").page
        page.get_by_role("button", name="Done: go to step 2").click()
        expect(page).to_have_url(f"{first.url}learn/room/")
        room = page.locator(".place").first.text_content()
        port = first.port
        first.stop()
    with Served(tmp_path, "--port", str(port)) as second:
        page.goto(f"{second.url}learn/")
        expect(page.get_by_role("link", name="Continue with step 2")).to_be_visible()
        expect(page.locator(".overview .done")).to_have_count(1)
        page.get_by_role("link", name="Continue with step 2").click()
        expect(page.locator(".place").first).to_have_text(room)


@pytest.mark.parametrize("name", NAMES)
def test_a_lesson_opens_without_complaints_and_asks_no_other_host(opened, house, name):
    page = opened(LESSONS[f"learn {name}"])
    page.wait_for_load_state("networkidle")
    assert page.complaints == []
    assert {host for host in page.hosts if host} == {house.url.split("/")[2]}


def test_a_refusal_fits_into_a_lessons_tab(lesson):
    index = lesson("index")
    index.tab(2).locator("#room-name-input").fill("lobby")
    index.tab(2).locator("#room-name-submit").click()
    way = index.tab(2).get_by_role("link", name="Back to the index page")
    for screen in each_screen(index.page):
        expect(way).to_be_visible()
        assert way.evaluate("(link) => link.getBoundingClientRect().bottom <= innerHeight"), screen


@pytest.mark.parametrize("path", LESSONS.values())
def test_on_a_phone_no_code_is_cut_off(opened, path):
    page = opened(path)
    show(page, "phone")
    page.get_by_role("button", name="Code").click()
    assert page.locator(".listing .code").is_visible()
    assert all(overflow(code) <= 0 for code in page.locator(".code").all())


@pytest.mark.parametrize("screen", ["laptop", "projector"])
def test_what_to_try_both_tabs_and_the_journey_are_on_one_screen_while_it_plays(
    new_context, house, screen
):
    width, height = SCREENS[screen]
    page = new_context(viewport={"width": width, "height": height}).new_page()
    groups = Lesson(page, house.url, "groups")
    groups.both_open()
    groups.say(1, "hello")
    expect(page.locator(".journey .plays").first).to_be_attached()
    parts = [page.get_by_text("Type hello in tab 1"), page.locator(".task ol")]
    parts += [page.locator(".tab").nth(number) for number in (0, 1)]
    parts += [page.locator(".journey .hops li").last, page.locator(".journey .outcome")]
    for part in parts:
        box = part.bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= height, part
    assert page.evaluate("scrollY") == 0


@pytest.mark.parametrize("screen", ["laptop", "projector"])
def test_the_journey_is_on_the_screen_after_a_refusal_too(new_context, house, screen):
    width, height = SCREENS[screen]
    page = new_context(viewport={"width": width, "height": height}).new_page()
    groups = Lesson(page, house.url, "groups")
    groups.both_open()
    page.get_by_role("link", name="open the room named café").click()
    problem = page.locator(".journey .problem")
    expect(problem).to_be_visible()
    groups.say(2, "hello")
    expect(page.locator(".journey .outcome")).to_contain_text("got it")
    expect(problem).to_be_hidden()
    expect(page.locator(".journey .problem-panel .newest")).to_contain_text("Group name must be")
    for part in (page.locator(".journey .hops li").last, page.locator(".journey .outcome")):
        box = part.bounding_box()
        assert box["y"] + box["height"] <= height, part
    page.locator(".journey .problem-panel > summary").click()
    expect(problem).to_be_visible()


def test_a_visitor_is_told_of_their_own_refusals_alone(new_context, house):
    for _ in range(2):
        page = new_context().new_page()
        groups = Lesson(page, house.url, "groups")
        groups.both_open()
        expect(page.locator(".journey .problem-panel")).to_be_hidden()
        page.get_by_role("link", name="open the room named café").click()
        expect(page.locator(".journey .problem")).to_contain_text("Group name must be")
        expect(page.locator(".journey .problem .times")).to_have_count(0)


def test_how_a_journey_ends_is_shown_after_its_rows(new_context, house):
    page = new_context().new_page()
    groups = Lesson(page, house.url, "groups")
    groups.both_open()
    replay = page.get_by_role("button", name="Play again")
    expect(replay).to_be_disabled()
    groups.say(1, "hello")
    outcome = page.locator(".journey .outcome")
    expect(outcome).to_contain_text("got it")
    page.wait_for_function("() => !document.getAnimations().length")
    replay.click()
    opacities = outcome.evaluate("""async (outcome) => {
      const before = getComputedStyle(outcome).opacity;
      await Promise.all(document.getAnimations().map(({ finished }) => finished));
      return [before, getComputedStyle(outcome).opacity];
    }""")
    assert opacities == ["0", "1"]


def test_long_lines_of_code_wrap_after_a_character_that_ends_a_part_and_keep_their_indent(lesson):
    page = lesson("groups").page
    show(page, "laptop")
    page.get_by_role("button", name="Code").click()
    line = page.locator(".listing .line").filter(has_text="self.channel_layer.group_send)(")
    rows = line.evaluate("""(line) => {
      const code = line.querySelector("code"), start = code.getBoundingClientRect().left;
      const text = document.createRange();
      const walker = document.createTreeWalker(code, NodeFilter.SHOW_TEXT), rows = new Map();
      while (walker.nextNode()) {
        for (let index = 0; index < walker.currentNode.length; index += 1) {
          text.setStart(walker.currentNode, index);
          text.setEnd(walker.currentNode, index + 1);
          const { top, left } = text.getBoundingClientRect();
          const row = rows.get(Math.round(top)) ?? { left: left - start, text: "" };
          rows.set(Math.round(top), { left: row.left, text: row.text + text });
        }
      }
      return [...rows.values()];
    }""")
    first, second = rows
    assert first["text"].strip().endswith((".", "(")), rows
    assert first["left"] == 0 and second["left"] > 0, rows


@pytest.mark.parametrize("name", NAMES)
def test_a_lesson_fits_the_smallest_phone(opened, name):
    page = opened(f"learn/{name}/")
    page.set_viewport_size({"width": 320, "height": 568})
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    for arrow in page.locator(".turns a").all():
        box = arrow.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 320


#: Notes the lines that are lit: each is for a moment alone.
NOTE_LIT = """() => {
  window.litLines = [];
  const note = (changes) => changes.forEach(({target}) => {
    if (target.classList.contains("lit")) litLines.push(target.textContent);
  });
  const code = document.querySelector(".listing .code");
  new MutationObserver(note).observe(code, {subtree: true, attributes: true});
}"""


def test_a_hop_lights_its_line_of_code(new_context, house):
    groups = Lesson(new_context().new_page(), house.url, "groups")
    page = groups.page

    def is_lit(code: str) -> bool:
        return any(code in line for line in page.evaluate("litLines"))

    groups.both_open()
    expect(page.locator(".journey .connection")).to_contain_text("Live")
    page.evaluate(NOTE_LIT)
    groups.say(1, "hello")
    wait_for(lambda: is_lit("self.send(text_data=json.dumps"), "the line of the last hop")
    page.evaluate("litLines.length = 0")
    page.locator(".journey .hop").nth(1).focus()
    wait_for(lambda: is_lit("group_send"), "the line of the hop that has the focus")


def test_the_code_is_one_key_away_and_has_every_file(lesson):
    page = lesson("echo").page
    page.set_viewport_size({"width": 1366, "height": 768})
    listing = page.locator(".listing")
    expect(listing).to_be_hidden()
    page.keyboard.press("c")
    expect(listing).to_be_visible()
    expect(page.locator(".task")).to_be_hidden()
    assert "class ChatConsumer" in listing.locator(".code").text_content()
    page.get_by_label("File").select_option("chat/routing.py")
    assert "as_asgi" in listing.locator(".code").text_content()
    page.get_by_role("button", name="Code").click()
    expect(listing).to_be_hidden()


def test_the_keys_of_a_lesson_work_in_its_tabs_unless_they_are_typed(lesson):
    echo = lesson("echo")
    page = echo.page
    page.set_viewport_size({"width": 1366, "height": 768})
    echo.both_open()
    echo.tab(1).locator("#chat-message-input").press("C")
    expect(page.locator(".listing")).to_be_hidden()
    echo.tab(1).locator("#chat-log").focus()
    page.keyboard.press("Shift+C")
    expect(page.locator(".listing")).to_be_visible()
    page.keyboard.press("v")
    expect(page.locator(".bar")).to_be_hidden()
    echo.tab(1).locator("#chat-message-input").press("Escape")
    expect(page.locator(".bar")).to_be_visible()


def with_a_journey(new_context, house, width: int, height: int) -> Lesson:
    """The lesson on groups on a screen of this size, after hello has come to both tabs."""
    page = new_context(viewport={"width": width, "height": height}).new_page()
    groups = Lesson(page, house.url, "groups")
    groups.both_open()
    groups.say(1, "hello")
    expect(page.locator(".journey .got")).to_have_count(2)
    return groups


#: How far the lowest point of ``selector``'s elements is below the screen, in pixels.
BELOW = """(selector) => Math.max(...[...document.querySelectorAll(selector)]
  .map((one) => one.getBoundingClientRect().bottom)) - innerHeight"""


@pytest.mark.parametrize("height", [625, 660, 720])
def test_a_laptops_screen_has_all_below_the_bars_of_a_browser(new_context, house, height):
    width = 1366 if height < 720 else 1280
    groups = with_a_journey(new_context, house, width, height)
    page = groups.page
    assert page.evaluate(BELOW, ".tab, .journey .outcome span, .journey .hops li") <= 0
    caption, heads = (
        page.locator(f".journey {part}").bounding_box() for part in (".caption", ".stage")
    )
    assert heads["y"] >= caption["y"] + caption["height"] - 1
    assert page.locator(".journey").evaluate("(journey) => journey.scrollTop") == 0


@pytest.mark.parametrize("name", NAMES)
def test_what_to_try_and_the_tabs_are_on_one_screen_and_so_is_the_channel_layer(opened, name):
    page = opened(LESSONS[f"learn {name}"])
    for width, height in [(1366, 625), (1280, 720), SCREENS["laptop"], SCREENS["projector"]]:
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate(BELOW, ".task ol li, .tab, .layer-console *") <= 0, (width, height)
        assert page.locator(".task").evaluate("(task) => task.scrollTop") == 0


def test_the_heads_of_a_journey_beside_the_code_have_whole_words(new_context, house):
    width, height = SCREENS["laptop"]
    page = with_a_journey(new_context, house, width, height).page
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Code").click()
    heads = page.locator(".journey .head:is(.browser, .consumer) .name")
    lines = heads.evaluate_all("""(heads) => heads.map((head) => {
      const word = document.createRange();
      const text = document.createTreeWalker(head, NodeFilter.SHOW_TEXT).nextNode();
      word.setStart(text, 0);
      word.setEnd(text, text.data.indexOf(" "));
      return word.getClientRects().length;
    })""")
    assert lines == [1, 1, 1, 1]


def test_the_code_opens_at_the_first_line_that_the_step_adds(lesson):
    page = lesson("layer").page
    page.set_viewport_size({"width": 1366, "height": 768})
    page.keyboard.press("c")
    line = page.locator(".listing ins").first
    expect(line).to_be_in_viewport(ratio=1)
    assert line.evaluate("(line) => line.closest('.code').scrollTop") > 0


def test_the_presentation_view_of_a_lesson_has_the_tabs_and_the_journey_in_large_letters(
    new_context, house
):
    width, height = SCREENS["projector"]
    groups = with_a_journey(new_context, house, width, height)
    page = groups.page
    page.get_by_role("button", name="Present").click()
    for hidden in (".bar", ".side", ".rest", ".journey .chart-bar", ".console"):
        expect(page.locator(hidden).first).to_be_hidden()
    assert page.evaluate(SMALLEST, ".reach, .deed, .deed b, .whom") >= 32
    assert page.evaluate(SMALLEST, ".gap, .payload, .source, .head .name, .note") >= 24
    frame = page.locator(".tab iframe").first
    zoom = frame.evaluate("(frame) => frame.getBoundingClientRect().width / frame.clientWidth")
    size = groups.log(1).evaluate("(log) => parseFloat(getComputedStyle(log).fontSize)")
    assert zoom * size >= 31.9
    for number in (1, 2):
        expect(groups.tab(number).locator("#chat-message-submit")).to_be_in_viewport(ratio=0.99)
    expect(page.locator(".journey .hops li").last).to_be_in_viewport(ratio=1)
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Present")).to_be_focused()
    page.keyboard.press("v")
    expect(page.locator(".bar")).to_be_hidden()


def test_who_opens_what_one_should_see_is_shown_all_of_it(lesson):
    page = lesson("groups").page
    page.set_viewport_size({"width": 1366, "height": 625})
    page.locator(".expected summary").click()
    expect(page.locator(".expected p").last).to_be_in_viewport(ratio=0.95)


def test_what_one_should_see_opens_after_trying(lesson):
    echo = lesson("echo")
    expected = echo.page.locator(".expected")
    assert expected.get_attribute("open") is None
    echo.both_open()
    assert expected.get_attribute("open") is None
    echo.say(1, "hello")
    expect(expected).to_have_attribute("open", "")


@pytest.mark.parametrize(
    "screen, beside", [("phone", False), ("laptop", True), ("projector", True)]
)
def test_the_tabs_are_side_by_side_where_there_is_room(opened, screen, beside):
    page = opened("learn/echo/")
    show(page, screen)
    first, second = (page.locator(".tab").nth(number).bounding_box() for number in (0, 1))
    assert (first["y"] == second["y"]) is beside


@pytest.mark.parametrize("name", NAMES)
def test_headings_are_in_order_and_everything_has_a_name(opened, name):
    page = opened(LESSONS[f"learn {name}"])
    levels = page.locator("h1, h2, h3, h4").evaluate_all(
        "(all) => all.map((heading) => Number(heading.tagName[1]))"
    )
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:], strict=False))
    roles = {"button", "link", "textbox", "combobox", "Iframe", "DisclosureTriangle"}
    nodes = [node for node in accessibility_tree(page) if node["role"]["value"] in roles]
    assert [node for node in nodes if not node["name"]["value"].strip()] == []


def test_fingers_find_the_controls_of_a_lesson_on_a_phone(new_context, house):
    width, height = SCREENS["phone"]
    page = new_context(
        viewport={"width": width, "height": height}, has_touch=True, is_mobile=True
    ).new_page()
    page.goto(f"{house.url}learn/layer/")
    controls = [
        ".turns a",
        "#show-code",
        ".expected summary",
        ".contents a",
        ".tab-bar .reload",
        ".tab-bar .open",
        ".file-bar button",
        ".experiment button",
        ".layer-console [type=submit]",
        ".others > summary",
        ".turn .button",
        ".turn a",
    ]
    assert [control for control in controls if not fits_a_finger(page.locator(control).first)] == []


def test_the_keyboard_shows_where_it_is(opened):
    page = opened("learn/layer/")
    page.bring_to_front()
    for control in (
        ".steps a",
        ".tab-bar .reload",
        ".file-bar button",
        ".code",
        ".calls",
        ".turn .button",
    ):
        page.locator(control).first.focus()
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Tab")
        assert (
            page.locator(control).first.evaluate(
                "(part) => parseFloat(getComputedStyle(part).outlineWidth)"
            )
            >= 2
        ), control


def test_a_page_that_is_no_steps_clears_the_console_and_shows_its_address_as_it_is(lesson):
    echo = lesson("echo")
    echo.both_open()
    tab = echo.page.frame(name="tab-1")
    tab.evaluate("console.log('before')")
    expect(echo.console(1)).to_have_text("before")
    tab.evaluate("location.replace('/chat/%E9/')")  # a byte that is no text
    expect(echo.place(1)).to_have_text("/chat/%E9/")
    expect(echo.console(1)).to_be_empty()
