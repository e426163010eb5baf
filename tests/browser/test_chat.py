"""The chat as people use it: rooms, messages, and what they type into both."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.participant import Participant, enter

MARKUP = "<b>bold</b> &amp; <script>document.title = 'taken'</script>"
MARKUP_NAME = """<img src=x onerror="document.title='taken'">&lt;"""


def choose_room(context, url, typed) -> Participant:
    """Someone who types a room's name on the index page, and presses Enter."""
    page = context.new_page()
    page.goto(f"{url}chat/")
    page.locator("#room-name-input").fill(typed)
    page.keyboard.press("Enter")
    participant = Participant(page)
    participant.expect_state("Connected")
    return participant


def test_two_tabs_in_one_room_see_each_others_messages(join):
    ada, ben = join(), join()
    ada.say("hello")
    ben.expect_log("hello")
    ben.say("hello, Ada")
    ada.expect_log("hello", "hello, Ada")
    ben.expect_log("hello", "hello, Ada")


def test_an_empty_room_says_so_until_the_first_message(join):
    ada = join()
    expect(ada.here).to_have_count(1)
    expect(ada.page.get_by_text("Write the first one below.")).to_be_visible()
    ada.say("hello")
    expect(ada.page.get_by_text("Write the first one below.")).to_be_hidden()


def test_a_message_is_not_seen_in_another_room(join, room):
    ada, ben, cleo = join(), join(), join(f"{room}-kitchen")
    ada.say("for the lobby")
    ben.expect_log("for the lobby")
    cleo.say("for the kitchen")
    cleo.expect_log("for the kitchen")


def test_enter_sends_and_shift_enter_starts_a_line(join):
    ada = join()
    ada.input.press_sequentially("one")
    ada.input.press("Shift+Enter")
    ada.input.press_sequentially("two")
    expect(ada.input).to_have_value("one\ntwo")
    ada.input.press("Enter")
    ada.expect_log("one\ntwo")
    expect(ada.input).to_have_value("")


def test_the_button_sends_and_leaves_the_cursor_in_the_input(join):
    ada = join()
    ada.input.fill("by the button")
    ada.page.locator("#chat-message-submit").click()
    ada.expect_log("by the button")
    expect(ada.input).to_have_value("")
    expect(ada.input).to_be_focused()


def test_a_message_of_spaces_alone_is_not_sent(join):
    ada = join()
    ada.say("  \n ")
    ada.say("words")
    ada.expect_log("words")


def test_markup_in_a_message_stays_text(join, room):
    ada, ben = join(), join()
    ada.say(MARKUP)
    ben.expect_log(MARKUP)
    expect(ben.messages).to_have_text([MARKUP])
    expect(ben.messages.locator("*")).to_have_count(0)
    expect(ben.page).to_have_title(f"{room} · chatdemo")


def test_markup_in_a_room_name_stays_text(join):
    ada = join(MARKUP_NAME)
    expect(ada.page.get_by_role("heading", level=1)).to_have_text(MARKUP_NAME)
    expect(ada.page).to_have_title(f"{MARKUP_NAME} · chatdemo")
    expect(ada.page.locator("img, h1 *")).to_have_count(0)


def test_the_log_has_one_line_for_each_message_in_the_order_they_came(join):
    ada, ben = join(), join()
    said = [f"number {number}" for number in range(20)]
    ada.say_all(said)
    ben.expect_log(*said)
    expect(ben.messages).to_have_text(said)


def test_spaces_and_lines_within_a_message_are_kept(join):
    ada, ben = join(), join()
    code = "def f():\n\treturn  1"
    ada.say(code)
    ben.expect_log(code)
    assert ben.messages.first.inner_text() == code


@pytest.mark.parametrize(
    "name", ["my room", "café", "日本語", "100%?#", "🎉👩🏽‍🏫", "غرفة الدردشة", "a.b", "x" * 100]
)
def test_people_who_type_the_same_name_meet_in_one_room(name, context, house, room):
    name = f"{room}{name}"[:100]
    ada, ben = (choose_room(context, house.url, name) for _ in range(2))
    expect(ben.page.get_by_role("heading", level=1)).to_have_text(name)
    ada.say("found you")
    ben.expect_log("found you")


@pytest.mark.parametrize("typed, name", [("  {} ", "{}"), ("{}cafe\u0301", "{}café")])
def test_a_name_is_tidied_so_that_people_meet_all_the_same(typed, name, context, house, room):
    ada = choose_room(context, house.url, typed.format(room))
    ben = enter(context, house.url, name.format(room))
    ada.say("found you")
    ben.expect_log("found you")


@pytest.mark.parametrize(
    "typed, reason", [("a/b", "can't contain a slash (/)"), ("x" * 101, "101 characters")]
)
def test_a_name_that_cannot_be_a_rooms_is_kept_with_the_reason(typed, reason, context, house):
    page = context.new_page()
    page.goto(f"{house.url}chat/")
    page.locator("#room-name-input").fill(typed)
    page.locator("#room-name-submit").click()
    expect(page.get_by_role("alert")).to_contain_text(reason)
    expect(page.locator("#room-name-input")).to_have_value(typed)
    expect(page.locator("#room-name-input")).to_be_focused()


def test_a_message_that_is_too_long_is_kept_with_the_reason(join):
    ada = join()
    ada.say("x" * 4001)
    expect(ada.input).to_have_value("x" * 4001)
    expect(ada.note).to_have_text(re.compile("too many.*4,000"))
    ada.say("short")
    ada.expect_log("short")
    expect(ada.note).to_have_text("")


def test_one_character_too_many_is_said_in_the_singular(join):
    ada = join()
    ada.input.fill("x" * 4001)
    expect(ada.note).to_contain_text("1 character too many")


def test_the_longest_message_is_counted_in_characters_whatever_their_script(join):
    ada, ben = join(), join()
    ada.say("🎉" * 4000)
    ben.expect_log("🎉" * 4000)


def test_who_reads_further_up_stays_there_and_is_offered_the_new_messages(meet):
    ada, ben = meet(), meet()
    ben.say_all([f"a long story, part {number}" for number in range(40)])
    expect(ada.messages).to_have_count(40)
    offer = ada.page.get_by_role("button", name="new message")
    expect(offer).to_be_hidden()
    ada.page.get_by_role("log").hover()
    ada.page.mouse.wheel(0, -1000)
    expect(ada.messages.last).not_to_be_in_viewport()
    ben.say("are you there?")
    expect(offer).to_be_visible()
    offer.click()
    expect(ada.messages.last).to_be_in_viewport()
    expect(offer).to_be_hidden()


# A page as a learner has it after the tutorial: its ids, one inline script, and nothing but {"message": ...}.
LEARNERS_PAGE = """<!doctype html>
<textarea id="chat-log"></textarea><input id="chat-message-input"><button id="chat-message-submit">Send</button>
<script>
  const find = (id) => document.getElementById(id);
  const socket = new WebSocket(`ws://${location.host}/ws/chat/ROOM/`);
  window.keys = [];
  socket.onopen = () => { document.title = "open"; };
  socket.onmessage = ({data}) => {
    const frame = JSON.parse(data);
    keys.push(...Object.keys(frame));
    find("chat-log").value += frame.message + "\\n";
  };
  find("chat-message-submit").onclick = () => socket.send(JSON.stringify({message: find("chat-message-input").value}));
</script>"""


@pytest.fixture
def learners_page(new_context, house, room):
    """The page in place of one of this server's, as its address and origin count, without our policy on scripts."""
    page = new_context(bypass_csp=True).new_page()
    page.goto(f"{house.url}chat/")
    page.set_content(LEARNERS_PAGE.replace("ROOM", room))
    expect(page).to_have_title("open")
    return page


def test_a_page_from_the_tutorial_talks_with_ours(learners_page, join):
    ada = join()
    learners_page.locator("#chat-message-input").fill("from the tutorial")
    learners_page.locator("#chat-message-submit").click()
    ada.expect_log("from the tutorial")
    ada.say("from chatdemo")
    expect(learners_page.locator("#chat-log")).to_have_value("from the tutorial\nfrom chatdemo\n")


def test_a_page_from_the_tutorial_gets_nobodys_id_and_no_event(learners_page, join):
    join().say("with an id")
    expect(learners_page.locator("#chat-log")).to_have_value("with an id\n")
    assert {"message"} <= set(learners_page.evaluate("keys")) <= {"message", "seq", "name", "at"}
