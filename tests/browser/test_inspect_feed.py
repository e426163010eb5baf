"""The inspector's page with what a room seldom does: a scripted feed tells it (what rooms do: test_inspect.py)."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import expect_no_violations
from tests.browser.inspect_feed import START, FakeFeed, Story, problem
from tests.browser.pages import each_screen, show
from tests.browser.test_accessibility import REACHABLE, tab_round
from tests.browser.test_inspect import MARKUP
from tests.browser.test_pages import overflow, watch
from tests.support.served import TIMEOUT_SECONDS

LONG = "Donaudampfschifffahrtsgesellschaft-日本語-" * 3
#: What people might type.
HOSTILE = [MARKUP, LONG * 20, "مرحبا بالعالم " * 30, "\u202e\u0000\ud83d\ude00 x"]


@pytest.fixture
def feed():
    with FakeFeed() as feed:
        yield feed


@pytest.fixture(scope="module")
def still(browser):
    """One context for all tests: each has its own feed, and so its own origin."""
    context = browser.new_context(reduced_motion="reduce")
    context.set_default_timeout(TIMEOUT_SECONDS * 1000)
    yield context
    context.close()


@pytest.fixture
def look(still, feed):
    """Opens the inspector's page, or another one that the feed's server has."""
    pages = []

    def look(path: str = "") -> Page:
        page = still.new_page()
        pages.append(page)
        page.complaints, _ = watch(page)
        page.goto(feed.url + path)
        expect(page.locator(".connection")).to_contain_text("Live")
        return page

    yield look
    for page in pages:
        page.close()


def hops(page: Page):
    return page.get_by_role("list", name="Hops, in order").get_by_role("listitem")


def kinds(page: Page) -> list[str]:
    return hops(page).evaluate_all("(items) => items.map((item) => item.dataset.what)")


def caption(page: Page):
    return page.locator(".caption")


def test_the_page_says_what_to_do_before_anything_happens(look):
    expect(look().get_by_text("Open the chat in two tabs and send a message")).to_be_visible()


def test_hops_come_in_order_with_their_lines_and_times(look, feed):
    Story(feed).arrive().say("hello")
    page = look()
    expect(hops(page)).to_have_count(4)
    assert kinds(page) == ["receive", "group_send", "layer_receive", "send"]
    lines = hops(page).locator(".source").all_text_contents()
    assert lines == [f"consumers.py:{line}" for line in (22, 25, 30, 31)]
    times = hops(page).locator(".gap").all_text_contents()
    assert times[1:] == ["+0.40 ms", "+0.80–1.6 ms", "+1.2–2.0 ms"]


def test_heartbeats_are_listed_for_those_who_ask_for_them(look, feed):
    story = Story(feed).arrive()
    before, beats = story.n, [("send", '{"event": "beat"}'), ("receive", '{"beat": true}')]
    story.batch(
        [
            story.event(what, 1, payload=payload)
            for what, payload in [*beats, ("receive", '{"got": 7}')]
        ]
    )
    page = look()
    expect(page.locator(".events li")).to_have_count(before + 1)
    page.get_by_label("Kind").select_option("all kinds")
    expect(page.locator(".events li")).to_have_count(before + 3)


def test_the_page_connects_again_by_itself_and_shows_nothing_twice(look, feed):
    story = Story(feed).arrive().say("before")
    page = look()
    expect(caption(page)).to_contain_text("before")
    feed.drop()
    expect(page.locator(".connection")).to_contain_text("Connection lost")
    expect(page.locator(".connection")).to_contain_text("Live")
    story.say("after")
    expect(caption(page)).to_contain_text("after")
    assert page.locator(".events li").count() == story.n


def test_a_server_that_was_started_again_counts_from_one(look, feed):
    Story(feed).arrive().say("of the first").say("and more").say("and more")
    page = look()
    expect(caption(page)).to_contain_text("and more")
    feed.drop(forget=True)
    expect(page.locator(".connection")).to_contain_text("Connection lost")
    again = Story(feed)
    again.at = START + 1000
    again.arrive().say("of the second")
    expect(caption(page)).to_contain_text("of the second")
    assert page.locator(".events li").count() == again.n


@pytest.mark.parametrize("hours", [-5, 5])
def test_a_watcher_whose_clock_is_wrong_sees_who_is_there(hours, feed, new_context):
    Story(feed).arrive()
    page = new_context().new_page()
    page.clock.install(time=START + hours * 3600)
    page.goto(feed.url)
    expect(page.locator(".lifeline.browser")).to_have_count(2)


def test_five_thousand_events_at_once_leave_the_page_small_and_quick(look, feed):
    story = Story(feed, people=8).arrive()
    page = look()
    events = [event for number in range(280) for event in story.hops(f"message {number}")]
    story.batch(events).state()
    expect(caption(page)).to_contain_text("message 279")
    assert len(events) > 5000 and page.locator("*").count() < 3000
    story.say("the next")
    expect(caption(page)).to_contain_text("the next")
    page.get_by_label("Text").fill("message 1")
    expect(page.locator(".events li").first).to_contain_text("message 1")
    assert page.locator("*").count() < 3000


def test_an_event_that_a_full_channel_refused_is_lost_in_the_chart(look, feed):
    story = Story(feed).arrive()
    whole = story.hops("too much")
    full = story.event(
        "full", channel=story.channel(2), group=story.group, journey=story.journey, room=story.room
    )
    story.batch([*whole[:4], full]).state(lost=1)
    page = look()
    expect(hops(page).last).to_contain_text("lost: channel full")
    expect(caption(page)).to_contain_text("reached 1 of 2 browsers")
    lost = "1 event was lost because a channel was full: Browser 2."
    expect(caption(page)).to_contain_text(lost)
    expect(page.locator("#counts")).to_contain_text("1 event lost")


def problems(page: Page):
    """Those that there were before the page was opened are folded."""
    panel = page.locator("#problems")
    if panel.get_attribute("open") is None:
        panel.locator("> summary").click()
    return page.get_by_role("list", name="Problems").get_by_role("listitem")


def tell_problems(feed: FakeFeed, *told: dict) -> None:
    feed.tell({"kind": "problems", "problems": list(told)})


def test_an_error_is_a_problem_and_its_message_has_it_in_the_chart(look, feed):
    story = Story(feed).arrive()
    begin = story.hops("boom")[:1]
    frame = story.source(24, "receive", 'message = json.loads(text_data)["message"]')
    error = story.event(
        "error",
        1,
        journey=story.journey,
        detail="KeyError: 'message'",
        traceback=[frame],
        source=frame,
    )
    failed = story.journey
    story.batch([*begin, error]).say("fine")
    tell_problems(feed, problem(journey=failed, traceback=[frame, frame]))
    page = look()
    expect(problems(page)).to_contain_text("An exception in ChatConsumer: KeyError: 'message'")
    expect(problems(page)).to_contain_text("chat/consumers.py:24 in receive")
    expect(caption(page)).to_contain_text("fine")
    page.get_by_role("button", name="See the message").click()
    expect(caption(page)).to_contain_text("boom")
    expect(caption(page)).to_contain_text("It failed: see the error.")
    expect(hops(page).last).to_have_attribute("data-what", "error")
    page.get_by_text("Traceback", exact=True).click()
    expect(problems(page).locator(".traceback li")).to_have_count(2)


def test_a_problem_says_what_to_do_how_often_it_was_and_before_which_save(look, feed):
    tell_problems(feed, problem(count=3, remedy="Run python manage.py migrate.", saved=START))
    page = look()
    expect(problems(page)).to_contain_text("3 times")
    expect(problems(page)).to_contain_text("before the save at ")
    expect(problems(page).locator(".remedy")).to_have_text("Run python manage.py migrate.")
    expect(page.get_by_role("button", name="See the message")).to_be_hidden()


def test_a_problem_that_changes_keeps_its_buttons(look, feed):
    slow = {"kind": "slow", "text": "receive has been running for 2 s."}
    tell_problems(feed, problem(**slow))
    page = look()
    problems(page)
    dismiss = page.get_by_role("button", name="Dismiss")
    dismiss.focus()
    tell_problems(feed, problem(kind="slow", text="receive ran for 7 s.", version=2))
    expect(problems(page)).to_contain_text("receive ran for 7 s.")
    expect(dismiss).to_be_focused()


def test_problems_from_before_are_one_line_and_a_new_one_unfolds_them(look, feed):
    tell_problems(feed, problem(text="of before"))
    page = look()
    expect(page.locator("#problems .newest")).to_contain_text("of before")
    expect(page.locator("#problems .troubles")).to_be_hidden()
    tell_problems(feed, problem(2, text="of now", last=START + 9))
    expect(page.locator("#problems .troubles")).to_contain_text("of now")


def test_a_dismissed_problem_comes_back_when_it_happens_again(look, feed):
    tell_problems(feed, problem())
    page = look()
    problems(page)
    page.get_by_role("button", name="Dismiss").click()
    expect(page.locator("#problems .newest")).to_have_text("none")
    tell_problems(feed, problem(count=2, last=START + 9, version=2))
    expect(problems(page)).to_contain_text("2 times")


def test_the_newest_three_problems_are_shown_and_the_others_on_request(look, feed):
    tell_problems(feed, *[problem(number, text=f"fault {number}") for number in range(1, 7)])
    page = look()
    expect(problems(page).locator("strong")).to_have_text(["fault 6", "fault 5", "fault 4"])
    page.get_by_role("button", name="Show all 6 problems").click()
    expect(problems(page)).to_have_count(6)


def test_problems_of_a_server_that_was_started_again_replace_the_earlier_ones(look, feed):
    tell_problems(feed, problem(text="of the first"))
    page = look()
    expect(problems(page)).to_contain_text("of the first")
    feed.drop(forget=True)
    expect(page.locator("#problems .newest")).to_have_text("none")
    tell_problems(feed, problem(text="of the second", first=START + 99))
    expect(problems(page)).to_have_count(1)
    expect(problems(page)).to_contain_text("of the second")


def test_events_are_filtered_by_direction(look, feed):
    Story(feed).arrive().say("hello")
    page = look()
    shown = page.locator(".events li")
    kinds_of = {
        "browser → server": {"connect", "receive"},
        "server → browser": {"accept", "send"},
        "consumer → channel layer": {"group_add", "group_send"},
        "channel layer → consumer": {"layer_receive"},
    }
    for direction, kinds in kinds_of.items():
        page.get_by_label("Direction").select_option(direction)
        expect(shown.first).to_have_attribute("data-what", re.compile("|".join(kinds)))
        assert set(shown.evaluate_all("(items) => items.map((item) => item.dataset.what)")) == kinds


def test_a_connection_has_its_user_its_path_and_its_close_code_in_words(look, feed):
    story = Story(feed).arrive()
    [first, second] = story.connections(story.ids)["connections"]
    code = {"state": "closed", "code": 1001, "closed_by": "browser", "meaning": "going away"}
    story.state(connections=[first | {"user": "mia"}, second | code])
    page = look()
    rows = page.get_by_role("group", name="Connections").locator("tbody tr")
    expect(rows.first).to_contain_text("mia/ws/chat/lobby/")
    expect(rows.last).to_contain_text("closed by the browser with 1001: going away")


def test_an_event_to_a_workers_channel_has_lanes_of_its_own(look, feed):
    story = Story(feed).arrive()
    begin = story.hops("make a thumbnail")[:1]
    task = {"journey": story.journey, "channel": "thumbnails", "type": "make", "payload": "{}"}
    sent = story.event("layer_send", 1, **{**task})
    taken = {**story.event("layer_receive", **task), "consumer": "Worker", "instance": "beef"}
    story.batch([*begin, sent, taken])
    page = look()
    expect(hops(page)).to_have_count(3)
    expect(page.locator(".head.group").last).to_contain_text("one channel")
    expect(page.locator(".head.consumer").last).to_contain_text("Worker")


def test_freeze_step_and_thaw_are_sent_and_queues_fill_in_the_chart(look, feed):
    story = Story(feed).arrive()
    page = look()
    page.get_by_role("button", name="Freeze chat_lobby", exact=True).click()
    assert feed.await_command() == {"do": "freeze", "group": "chat_lobby"}
    story.freeze().say("one").say("two").say("three")
    expect(page.locator(".head .queue").first).to_contain_text("3 of 100")
    expect(page.locator(".outcome")).to_have_text("not yet" * 2)
    expect(page.get_by_role("button", name="Step chat_lobby", exact=True)).to_be_focused()
    page.keyboard.press("s")
    assert feed.await_command(2) == {"do": "step", "group": "chat_lobby"}
    page.get_by_role("button", name="Thaw chat_lobby", exact=True).click()
    assert feed.await_command(3) == {"do": "thaw", "group": "chat_lobby"}


def test_a_frozen_group_can_be_thawed_while_the_chart_shows_another_room(look, feed):
    story = Story(feed).arrive().freeze()
    page = look()
    other = Story(feed, room="other", first=10)
    other.n, other.journey = 1000, 1000
    frozen = story.layer(story.ids)["groups"]
    other.arrive().say("elsewhere").state(groups=[*frozen, *other.layer(other.ids)["groups"]])
    expect(caption(page)).to_contain_text("elsewhere")
    expect(page.get_by_role("button", name="Thaw chat_lobby", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Freeze chat_other", exact=True)).to_be_visible()


def test_clear_while_paused_forgets_what_waits_too(look, feed):
    story = Story(feed).arrive().say("first")
    page = look()
    page.get_by_role("button", name="Pause").click()
    story.say("second")
    expect(page.get_by_role("button", name="Continue (6 new events)")).to_be_visible()
    page.get_by_role("button", name="Clear").click()
    assert feed.await_command() == {"do": "clear"}
    page.get_by_role("button", name="Continue").click()
    expect(page.locator(".events li")).to_have_count(0)


@pytest.fixture
def saved(tmp_path):
    """Writes a file as Export does, with these events, and gives its path."""

    def saved(events: list[dict], **state) -> str:
        file = tmp_path / "saved.json"
        content = {"chatdemo": "inspector", "version": 1, "events": events, "state": state or None}
        file.write_text(json.dumps(content), "utf-8")
        return str(file)

    return saved


def test_what_is_in_a_file_can_neither_be_cleared_nor_frozen(look, feed, saved):
    story = Story(FakeFeed()).arrive()
    state = {**story.connections(story.ids), **story.layer(story.ids)}
    page = look()
    page.locator("#file").set_input_files(saved(story.hops("from a file"), **state))
    expect(caption(page)).to_contain_text("from a file")
    expect(page.get_by_role("button", name="Clear")).to_be_disabled()
    page.get_by_role("button", name="Freeze chat_lobby", exact=True).click()
    expect(page.get_by_text("Groups in a file can't be frozen")).to_be_visible()
    assert feed.commands == []


EVENT = {"n": 1, "at": START, "what": "receive", "journey": 1, "connection": 1}


DAMAGED_FILES = [
    ([EVENT, EVENT], {}, "event 1 is out of order."),
    ([{**EVENT, "payload": {"a": 1}}], {}, "event 1 has a wrong payload."),
    ([{**EVENT, "connection": "one"}], {}, "event 1 has a wrong connection."),
    ([{**EVENT, "source": "consumers.py"}], {}, "event 1 has a wrong source."),
    ([{**EVENT, "traceback": [1]}], {}, "event 1 has a wrong traceback."),
    (
        [EVENT],
        {"connections": [], "groups": [{"group": "g"}], "channels": []},
        "its groups can't be read.",
    ),
    (
        [EVENT],
        {"connections": [], "groups": [], "channels": [], "notes": [7]},
        "its notes can't be read.",
    ),
    ([None], {}, "some events have no number, time or kind."),
    ([EVENT], {"connections": []}, "its groups can't be read."),
]


def test_a_file_whose_values_are_wrong_is_refused_and_the_page_goes_on(look, feed, saved):
    story = Story(feed).arrive().say("live")
    page = look()
    for number, (events, state, sentence) in enumerate(DAMAGED_FILES):
        page.locator("#file").set_input_files(saved(events, **state))
        expect(page.get_by_text(f"saved.json: This file is damaged: {sentence}")).to_be_visible()
        story.say(f"still live {number}")
        expect(caption(page)).to_contain_text(f"still live {number}")
    assert page.complaints == []


def test_the_notes_are_listed_as_texts_and_change_with_the_state(look, feed):
    story = Story(feed).arrive().state(notes=[["Layer", MARKUP], ["Daphne", LONG]])
    page = look()
    notes = page.locator("#notes li")
    expect(notes).to_have_text([f"Layer {MARKUP}", f"Daphne {LONG}"])
    for _ in each_screen(page):
        assert overflow(page.locator("html")) <= 0
    story.state(notes=[["Channel", "1 of 100"]])
    expect(notes).to_have_text(["Channel 1 of 100"])
    story.state()
    expect(page.locator("#notes")).to_be_hidden()
    assert page.complaints == []


def test_hostile_texts_stay_texts_and_break_no_layout(look, feed):
    name = LONG[:100]
    story = Story(feed, room=name).arrive()
    for text in HOSTILE:
        story.say(text)
    story.batch([story.event("refuse", 9, path=f"/{LONG}", detail=MARKUP + LONG)])
    page = look()
    expect(page.locator(".events li").first).to_contain_text("refuse")
    for _ in each_screen(page):
        assert overflow(page.locator("html")) <= 0
        assert (
            page.locator(
                "main img, main .said b, main .line b, main strong b, main .payload b"
            ).count()
            == 0
        )
    page.keyboard.press("ArrowLeft")
    hops(page).first.get_by_role("button").focus()
    for screen in each_screen(page):
        assert overflow(page.locator("html")) <= 0, screen
    assert page.complaints == []


def test_axe_finds_no_violation_when_a_connection_is_refused(look, feed):
    story = Story(feed, 2).arrive().say("hello")
    story.batch(
        [
            story.event(
                "refuse", 99, path="/x", detail="The connection was refused because of a test."
            )
        ]
    )
    page = look()
    expect(page.locator(".outcome .got").first).to_be_visible()
    expect_no_violations(page)


def test_the_keyboard_reaches_all_of_the_page_in_order(look, feed):
    Story(feed).arrive().say("hello").say("again")
    page = look()
    expect(hops(page)).to_have_count(4)
    expect(caption(page)).to_contain_text("again")
    for stops in (hops(page), page.locator(".events li")):
        stops.first.get_by_role("button").focus()
        page.keyboard.press("Home")  # Tab comes to it, and from then on to what it carries
    everything = page.evaluate(REACHABLE)
    assert tab_round(page, len(everything)) == everything


def test_the_keys_can_be_switched_off(look, feed):
    Story(feed).arrive().say("first").say("second")
    page = look()
    expect(caption(page)).to_contain_text("second")
    page.get_by_text("Keys", exact=True).click()
    page.get_by_label("Use these keys").uncheck()
    page.get_by_role("heading", name="Path of a message").click()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("c")
    page.get_by_label("Use these keys").check()
    page.get_by_role("heading", name="Path of a message").click()
    expect(caption(page)).to_contain_text("second")
    page.keyboard.press("ArrowLeft")
    expect(caption(page)).to_contain_text("first")
    assert feed.commands == []


def test_a_width_that_changes_changes_the_lanes(look, feed):
    Story(feed, people=4).arrive().say("hello")
    page = look("lesson")
    show(page, "laptop")
    names = page.locator(".head.browser .name")
    expect(names).to_have_text([f"Browser {number}" for number in range(1, 5)])
    show(page, "phone")
    expect(names).to_have_text(["Browser 1", "3 others"])


def test_an_arrow_travels_unless_motion_is_unwanted(look, feed):
    story = Story(feed).arrive()
    moving, still = look(), look()
    moving.emulate_media(reduced_motion="no-preference")
    story.say("hello")
    for page, animations in ((moving, True), (still, False)):
        expect(hops(page)).to_have_count(4)
        played = (
            hops(page)
            .last.locator(".arrow")
            .first.evaluate("(arrow) => getComputedStyle(arrow).animationName")
        )
        assert (played != "none") is animations


def test_a_journey_from_a_request_begins_with_it_in_a_lane_of_its_own(look, feed):
    story = Story(feed).arrive()
    origin = {
        "type": "HTTP request",
        "detail": "POST /pin/",
        "source": story.source(9, "pin", "tell()"),
    }
    frame = {"payload": '{"message": "pinned"}', "journey": 1}
    sent = {"type": "x", "group": story.group, "members": 2}
    begin = [story.event("start", journey=1, **origin), story.event("group_send", **frame, **sent)]
    got = [hop for who in story.ids for hop in story.deliver(who, frame)]
    end = story.event("http", journey=1, method="POST", path="/pin/", code=201, ms=3)
    story.batch([*begin, *got, end]).state()
    page = look()
    expect(caption(page)).to_contain_text("pinned")
    expect(hops(page).first).to_contain_text("HTTP request POST /pin/consumers.py:9")
    expect(page.locator(".head.consumer .name").last).to_have_text("HTTP request")
    expect(hops(page).last).to_contain_text("response 201")
    expect(page.locator(".head.consumer")).to_have_count(3)


def test_a_games_ticks_dont_take_the_place_of_messages(look, feed):
    story = Story(feed).arrive().say("a message")
    tick = {"type": "x", "group": story.group, "payload": "tick", "journey": 2}
    story.batch([story.event("start", 1, type="task", detail="Game.ticks", journey=2)])
    story.batch([story.event("group_send", 1, **tick)])
    page = look()
    expect(page.locator(".events li").first).to_contain_text("tick")
    expect(caption(page)).to_contain_text("a message")
    page.locator(".events li").first.get_by_role("button").click()
    expect(caption(page)).to_contain_text("tick")


def test_browsers_of_two_paths_are_told_apart(look, feed):
    story, other = Story(feed), Story(feed, people=1, room="alerts", first=10)
    story.arrive()
    other.n, other.at = story.n, story.at
    other.arrive()
    story.n, story.at = other.n, other.at
    events = story.hops("to both")
    other.n, other.at = story.n, story.at
    frame = {"payload": events[0]["payload"], "journey": 1}
    story.batch([*events, *other.deliver(10, frame)])
    both = {**story.layer(story.ids), **story.connections([1, 2])}
    both["connections"] += other.connections([10])["connections"]
    story.state(**both)
    page = look()
    expect(caption(page)).to_contain_text("Browser 1 in lobby: to both")
    expect(caption(page)).to_contain_text("all 3 browsers")
    notes = page.locator(".head.browser .note").all_text_contents()
    assert notes == ["lobby", "alerts", "lobby"]


def test_a_member_whose_consumer_is_gone_and_one_elsewhere_are_told(look, feed):
    story = Story(feed).arrive()
    [group] = story.layer(story.ids)["groups"]
    group["members"][1] |= {"gone": True, "joined": "chat/consumers.py:9"}
    story.state(groups=[{**group, "shared": True, "expiry": "Redis keeps it."}])
    groups = look().locator("#groups")
    expect(groups).to_contain_text("2 members in this process; there may be more in others")
    expect(groups.locator(".members li").nth(1)).to_contain_text("its consumer is gone")
    ended = "1 consumer has ended without group_discard, after group_add at chat/consumers.py:9."
    expect(groups).to_contain_text(f"{ended} Redis keeps it.")


def test_a_channel_that_no_worker_reads_is_marked(look, feed):
    story = Story(feed).arrive()
    channel = {
        "channel": "orders",
        "connection": None,
        "waiting": 100,
        "capacity": 100,
        "read": None,
    }
    page = look()
    expect(page.get_by_text("Channels of workers")).to_be_hidden()
    story.state(channels=[channel])
    orders = page.locator("#channels li")
    expect(orders).to_have_text("orders 100 of 100 events wait: no worker has read any")
    expect(orders).to_have_class("unread")
    story.state(channels=[{**channel, "waiting": 0, "read": START}])
    expect(orders).to_have_text("orders no event waits")
    expect(orders).not_to_have_class("unread")


def test_a_group_that_cant_be_frozen_says_why_instead(look, feed):
    story = Story(feed).arrive()
    [group] = story.layer(story.ids)["groups"]
    story.state(groups=[{**group, "unfreezable": "Redis has other processes' events too."}])
    page = look()
    expect(
        page.get_by_text("It can't be frozen: Redis has other processes' events too.")
    ).to_be_visible()
    expect(page.get_by_role("button", name="Freeze chat_lobby", exact=True)).to_be_hidden()
    page.keyboard.press("f")
    page.get_by_role("button", name="Clear").click()  # whose command comes after it
    assert feed.await_command() == {"do": "clear"}


@pytest.mark.parametrize(
    ("workers", "text"),
    [
        (1, ""),
        (
            2,
            "This page shows process 77. The server has 2 workers, and each has its own connections",
        ),
        (None, "This page shows process 77. If the server has more workers, each has its own"),
    ],
)
def test_the_page_says_which_process_it_shows_if_there_may_be_others(look, feed, workers, text):
    Story(feed).arrive().state(process={"pid": 77, "workers": workers})
    server = look().locator("#server")
    if text:
        expect(server).to_contain_text(text)
    else:
        expect(server).to_be_hidden()
