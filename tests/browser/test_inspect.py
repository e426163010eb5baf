"""The inspector in a real browser: what one does in a room is seen on its page."""

import json
import re
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from chatdemo.chat import consumers, room
from tests.browser.participant import enter
from tests.browser.test_learn import Lesson
from tests.browser.test_pages import overflow
from tests.support.served import TIMEOUT_SECONDS, Served

MARKUP = "<img src=x onerror=alert(1)> <b>bold</b> \u202eright to left"


class Inspecting:
    """The inspector's page."""

    def __init__(self, page: Page, url: str):
        self.page = page
        page.goto(f"{url}inspect/")
        expect(page.locator("#status")).to_contain_text("Live")
        self.hops = page.get_by_role("list", name="Hops, in order").get_by_role("listitem")
        self.events = page.get_by_role("list", name="Events, the newest first").get_by_role(
            "listitem"
        )
        self.caption = page.locator("#chart .caption")
        self.troubles = page.get_by_role("list", name="Problems")

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name).first.click()

    def expect_hops(self, *hops: tuple[str, str]) -> None:
        """Wait until the chart has these hops in this order: kind and line."""
        expect(self.hops).to_have_count(len(hops))
        for index, (what, source) in enumerate(hops):
            expect(self.hops.nth(index)).to_have_attribute("data-what", what)
            expect(self.hops.nth(index)).to_contain_text(source)


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """Members leave at once: their rooms' events can't come in the next test, whose rooms have the same names."""
    before = "import chatdemo.chat.members; chatdemo.chat.members.LEAVE_DELAY_SECONDS = 0.0"
    with Served(tmp_path_factory.mktemp("house"), before=before) as server:
        yield server


def forget(server) -> None:
    """Have the server's inspector know of no event and no connection, as after a start."""
    with connect(server.socket_url("/inspect/feed/"), origin=server.url.rstrip("/")) as feed:
        while any(one["state"] == "open" for one in next_state(feed)["connections"]):
            pass
        feed.send('{"do": "clear"}')


def next_state(feed) -> dict:
    while (message := json.loads(feed.recv(TIMEOUT_SECONDS)))["kind"] != "state":
        pass
    return message


@pytest.fixture
def inspecting(new_context, house):
    forget(house)
    return Inspecting(new_context(reduced_motion="reduce").new_page(), house.url)


class Plain:
    """A client that knows the tutorial's frames alone: a page says more by itself, which isn't counted on here."""

    def __init__(self, socket):
        self.socket = socket

    def say(self, text):
        self.socket.send(json.dumps({"message": text}))

    def expect_log(self, *texts):
        """It has got these since the last time, and nothing else for now."""
        assert [json.loads(self.socket.recv(TIMEOUT_SECONDS))["message"] for _ in texts] == list(
            texts
        )
        with pytest.raises(TimeoutError):
            self.socket.recv(0.1)


@pytest.fixture
def join(house):
    """``join("lobby")`` lets another one into that room."""
    with ExitStack() as stack:
        yield lambda room="lobby": Plain(
            stack.enter_context(connect(house.socket_url(f"/ws/chat/{room}/")))
        )


def line_of(text: str, module=consumers) -> str:
    """The place of a chat's module at which this line is, as the page shows it."""
    path = Path(module.__file__)
    lines = path.read_text("utf-8").splitlines()
    number = next(number for number, line in enumerate(lines, 1) if text in line)
    return f"{path.name}:{number}"


RECEIVE = ("receive", line_of("async def receive"))
GROUP_SEND = ("group_send", line_of("context.run(self.layer.group_send_nowait,", room))
ARRIVES = ("layer_receive", line_of("async def chat_message"))
SEND = ("send", line_of("await self.send(frame)"))


def test_a_message_is_seen_on_its_way_with_each_line(inspecting, join):
    one, _ = join(), join()
    one.say("hello")
    inspecting.expect_hops(RECEIVE, GROUP_SEND, ARRIVES, SEND)
    expect(inspecting.caption).to_contain_text("Browser 1: hello")
    expect(inspecting.caption).to_contain_text(
        "Through the group chat_lobby it reached both browsers: 1 and 2."
    )
    inspecting.hops.nth(1).get_by_role("button").focus()
    detail = inspecting.page.locator("#chart .detail")
    expect(detail).to_contain_text("context.run(self.layer.group_send_nowait, self.group, event)")
    expect(detail.get_by_label("Payload")).to_contain_text('"message": "hello"')


def test_freeze_post_three_step_and_thaw(inspecting, join):
    one, two = join(), join()
    inspecting.press("Freeze chat_lobby")
    expect(inspecting.page.get_by_text("Frozen: 0 events held.")).to_be_visible()
    for text in ("a", "b", "c"):
        one.say(text)
    expect(inspecting.page.get_by_text("Frozen: 6 events held.")).to_be_visible()
    expect(inspecting.page.locator(".members .level").first).to_have_text("3 of 10,000")
    one.expect_log()
    inspecting.press("Step chat_lobby")
    expect(inspecting.page.get_by_text("Frozen: 5 events held.")).to_be_visible()
    expect(inspecting.hops).to_have_count(4)  # of the first message, to the first member
    inspecting.press("Thaw chat_lobby")
    for participant in (one, two):
        participant.expect_log("a", "b", "c")
    expect(
        inspecting.page.get_by_role("button", name="Freeze chat_lobby", exact=True)
    ).to_be_visible()


def test_a_frozen_room_goes_on_when_the_page_is_closed(inspecting, join):
    one = join()
    inspecting.press("Freeze chat_lobby")
    expect(inspecting.page.get_by_text("Frozen: 0 events held.")).to_be_visible()
    one.say("hello")
    expect(inspecting.page.get_by_text("Frozen: 1 event held.")).to_be_visible()
    inspecting.page.close()
    one.expect_log("hello")


def test_a_refused_origin_has_its_reason(inspecting, house):
    with pytest.raises(InvalidStatus):
        connect(house.socket_url("/ws/chat/lobby/"), origin="https://evil.example").__enter__()
    expect(inspecting.troubles).to_contain_text(
        "The connection was refused because this server doesn't allow its Origin, https://evil.example."
    )
    inspecting.press("Dismiss")
    expect(inspecting.troubles).to_be_hidden()


def test_events_are_filtered_by_kind_participant_text_and_room(inspecting, join):
    one, two, other = join(), join(), join("other")
    one.say("hello")
    two.say("goodbye")
    other.say("elsewhere")
    expect(inspecting.events.filter(has_text="elsewhere").first).to_be_visible()
    page = inspecting.page
    page.get_by_label("Kind").select_option("frames")
    page.get_by_label("Text").fill('"message":')  # without who came and went
    expect(inspecting.events).to_have_count(2 + 4 + 2)
    page.get_by_label("Text").fill("goodbye")
    expect(inspecting.events).to_have_count(3)
    page.get_by_label("Participant").select_option(label="Browser 2 in lobby")
    expect(inspecting.events).to_have_count(2)
    page.get_by_label("Text").fill('"message":')
    page.get_by_label("Participant").select_option("")
    page.get_by_role("combobox", name="Room").select_option("other")
    expect(inspecting.events).to_have_count(2)
    page.get_by_label("Text").fill("no such text")
    expect(
        page.get_by_text(re.compile(r"No events match the filter \(.* in all\)"))
    ).to_be_visible()


def test_pause_keep_and_clear(inspecting, join):
    one = join()
    one.say("first")
    inspecting.expect_hops(RECEIVE, GROUP_SEND, ARRIVES, SEND)
    inspecting.press("Pin")
    inspecting.press("Pause")
    one.say("second")
    expect(inspecting.page.get_by_role("button", name="Continue (4 new events)")).to_be_visible()
    expect(inspecting.caption).to_contain_text("first")
    inspecting.press("Continue")
    expect(inspecting.caption).to_contain_text("second")
    inspecting.press("Clear")
    expect(inspecting.events).to_have_count(0)
    expect(inspecting.caption).to_contain_text("first")  # it is kept


def test_an_export_can_be_opened_again(inspecting, join, tmp_path):
    one = join()
    one.say("hello")
    expect(inspecting.hops).to_have_count(4)
    with inspecting.page.expect_download() as download:
        inspecting.press("Export")
    file = tmp_path / "saved.json"
    download.value.save_as(file)
    content = json.loads(file.read_text("utf-8"))
    assert (content["chatdemo"], content["version"]) == ("inspector", 1)
    one.say("later")
    expect(inspecting.caption).to_contain_text("later")
    inspecting.page.locator("#file").set_input_files(file)
    expect(inspecting.page.get_by_text("Viewing file saved.json. Not live.")).to_be_visible()
    expect(inspecting.caption).to_contain_text("hello")
    inspecting.press("Back to live")
    expect(inspecting.caption).to_contain_text("later")


WRONG_FILES = [
    ("{", "This file isn't JSON. Choose a file that you saved with Export."),
    ("[]", "This isn't a file of the inspector. Choose a file that you saved with Export."),
    (
        '{"chatdemo": "inspector", "version": 9, "events": []}',
        "This file is from another version of chatdemo. Open it with that version.",
    ),
    (
        '{"chatdemo": "inspector", "version": 1, "events": [{"n": "x"}]}',
        "This file is damaged: some events have no number, time or kind.",
    ),
]


def test_a_wrong_file_is_refused_in_a_sentence(inspecting, tmp_path):
    file = tmp_path / "wrong.json"
    for content, sentence in WRONG_FILES:
        file.write_text(content)
        inspecting.page.locator("#file").set_input_files(file)
        expect(inspecting.page.get_by_text(f"wrong.json: {sentence}")).to_be_visible()


def test_markup_stays_text(inspecting, context, house):
    name = "<i>room</i>"
    one = enter(context, house.url, name.replace("/", "-"))
    alerts = []
    inspecting.page.on("dialog", lambda dialog: alerts.append(dialog.message))
    one.say(MARKUP)
    expect(inspecting.caption).to_contain_text(MARKUP)
    expect(inspecting.events.filter(has_text="<b>bold</b>").first).to_be_visible()
    assert inspecting.page.locator("main img, main .said b, main .line b").count() == 0
    assert not alerts and overflow(inspecting.page.locator("html")) <= 0


def test_thousands_of_events_are_a_bounded_page(inspecting, join):
    for speaker in range(14):
        one = join()
        for number in range(speaker * 50, speaker * 50 + 50):  # what each may say at once
            one.say(f"message {number}")
            one.socket.recv(TIMEOUT_SECONDS)
        one.socket.close()
    expect(inspecting.events.filter(has_text="message 699").first).to_be_visible()
    assert inspecting.page.locator("*").count() < 3000
    inspecting.press("Show older events")
    expect(inspecting.events).to_have_count(300)


def test_thirty_participants_share_a_lane_and_each_delivery_is_one_row(inspecting, house):
    others = [connect(house.socket_url("/ws/chat/lobby/")) for _ in range(30)]
    opened = [each.__enter__() for each in others]
    opened[0].send('{"message": "hello"}')
    expect(inspecting.caption).to_contain_text("it reached all 30 browsers")
    expect(inspecting.page.locator(".head.browser .name")).to_have_text(["Browser 1", "29 others"])
    inspecting.expect_hops(RECEIVE, GROUP_SEND, ARRIVES, SEND)
    expect(inspecting.hops.nth(2)).to_contain_text("to 30 consumers")
    expect(inspecting.hops.nth(3)).to_contain_text("to 30 browsers")
    expect(inspecting.events.filter(has_text="30 × layer_receive")).to_have_count(1)
    for each in others:
        each.__exit__(None, None, None)


def test_on_a_phone_no_two_titles_of_lanes_are_over_each_other(inspecting, join):
    inspecting.page.set_viewport_size({"width": 390, "height": 844})
    opened = [join() for _ in range(6)]
    opened[0].say("hello")
    expect(inspecting.caption).to_contain_text("it reached all 6 browsers")
    expect(inspecting.page.locator(".head.browser .name").last).to_have_text("5 others")
    titles = inspecting.page.locator(".heads .zone:visible").evaluate_all(
        """titles => titles.map((title) => {
            const words = document.createRange();
            words.selectNodeContents(title);
            return [words.getBoundingClientRect().left, words.getBoundingClientRect().right];
        }).sort(([one], [other]) => one - other)"""
    )
    assert len(titles) == 3
    assert all(right < left for (_, right), (left, _) in pairwise(titles))


def test_people_have_the_names_that_the_room_shows(inspecting, new_context, join, house):
    ada = enter(new_context(), house.url)
    ada.answer("Ada")
    join()  # without a session, and so without a name
    ada.say("hello")
    expect(inspecting.caption).to_contain_text("Ada: hello")
    expect(inspecting.caption).to_contain_text("both browsers: Ada and 2.")
    ada.call_oneself("Ada L.")
    expect(inspecting.caption).to_contain_text("Ada L.: hello")
    expect(inspecting.page.locator(".head.browser .name")).to_have_text(["Ada L.", "Browser 2"])


def test_the_beginning_of_a_long_message_is_its_title(inspecting, join):
    join().say('a "long" é one, ' * 200)
    expect(inspecting.caption.locator(".said")).to_have_text(
        re.compile('^a "long" é one, a "long" é one, .*…$')
    )


def test_what_only_looks_like_a_message_is_shown_as_it_is(inspecting, join):
    one = join()
    frames = [
        '{"message": "a\x01',
        '{"message": "a\n',
        '{"message": "\\N"}',
        '{"message": "\\U0041"}',
        '{"message": "a" is it}',
    ]
    for number, frame in enumerate(frames):
        one.socket.send(frame)
        expect(inspecting.caption.locator(".said")).to_have_text(frame)
        one.say(f"after {number}")
        expect(inspecting.caption).to_contain_text(f"after {number}")


def test_keys_choose_older_and_newer_messages(inspecting, join):
    one = join()
    for text in ("first", "second", "third"):
        one.say(text)
        expect(inspecting.caption).to_contain_text(text)
    inspecting.page.keyboard.press("ArrowLeft")
    expect(inspecting.caption).to_contain_text("second")
    inspecting.page.keyboard.press("ArrowLeft")
    expect(inspecting.caption).to_contain_text("first")
    inspecting.page.keyboard.press("n")
    expect(inspecting.caption).to_contain_text("third")


def test_a_heartbeat_is_on_no_messages_journey(inspecting, join, house):
    one, hops = join(), (RECEIVE, GROUP_SEND, ARRIVES, SEND)
    with connect(house.socket_url("/ws/chat/lobby/"), subprotocols=["chatdemo"]) as two:
        one.say("hello")
        inspecting.expect_hops(*hops)
        while "beat" not in two.recv(TIMEOUT_SECONDS):
            pass
        join("elsewhere")
        expect(
            inspecting.events.filter(has_text="elsewhere").first
        ).to_be_visible()  # and so what was before it
        inspecting.expect_hops(*hops)


def test_a_heartbeat_is_not_drawn_before_anybody_has_said_anything_either(inspecting, join, house):
    with connect(house.socket_url("/ws/chat/lobby/"), subprotocols=["chatdemo"]) as two:
        two.send('{"typing": true}')
        expect(inspecting.caption).to_contain_text("typing")
        two.send('{"beat": true}')
        join("elsewhere")
        expect(
            inspecting.events.filter(has_text="elsewhere").first
        ).to_be_visible()  # and so what was before it
        inspecting.page.keyboard.press("ArrowRight")
        inspecting.page.evaluate(
            "() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))"
        )
        assert "typing" in inspecting.caption.text_content()


def test_what_pages_tell_by_themselves_pushes_no_message_aside(inspecting, join, house):
    one = join()
    with connect(house.socket_url("/ws/chat/lobby/"), subprotocols=["chatdemo"]) as two:
        two.send('{"typing": true}')
        expect(inspecting.caption).to_contain_text("typing")  # as long as nobody has said anything
        one.say("first")
        two.send('{"got": 1}')
        two.send('{"beat": true}')
        expect(inspecting.caption).to_contain_text("Browser 1: first")
        one.say("second")
        two.send('{"got": 2}')
        expect(inspecting.caption).to_contain_text("Browser 1: second")
        inspecting.page.keyboard.press("ArrowLeft")
        expect(inspecting.caption).to_contain_text("Browser 1: first")
        inspecting.page.keyboard.press("ArrowRight")
        expect(inspecting.caption).to_contain_text("Browser 1: second")


@pytest.mark.parametrize(
    ("step", "outcomes", "words"),
    [
        (
            "echo",
            ["✓ got it", "nothing"],
            "Only browser 1 got an answer: directly from its own consumer, without a group.",
        ),
        ("groups", ["✓ got it", "✓ got it"], "it reached both browsers: 1 and 2."),
        ("async", ["✓ got it", "✓ got it"], "it reached both browsers: 1 and 2."),
    ],
)
def test_a_lesson_shows_whom_a_message_reaches(new_context, house, step, outcomes, words):
    lesson = Lesson(new_context(reduced_motion="reduce").new_page(), house.url, step)
    lesson.both_open()
    chart = lesson.page.locator(".journey")
    expect(chart.locator(".connection")).to_contain_text("Live")
    expect(chart.locator(".lifeline.browser")).to_have_count(2)
    lesson.say(1, "hello")
    expect(chart.locator(".outcome")).to_have_text("".join(outcomes))
    expect(chart.locator(".reach")).to_contain_text(words)


def test_the_second_lesson_says_why_its_connection_is_refused(new_context, house):
    lesson = Lesson(new_context().new_page(), house.url, "room")
    lesson.page.get_by_role("link", name="Open your room in tab 1").click()
    expect(lesson.page.locator(".journey .troubles").first).to_contain_text(
        "refused because no application is configured for WebSockets: see ProtocolTypeRouter in asgi.py."
    )
