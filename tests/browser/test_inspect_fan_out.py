"""A message to many is drawn once: in the chart, and in the list of events of the inspector's page."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser import test_inspect_feed
from tests.browser.inspect_feed import FakeFeed, Story
from tests.browser.pages import SCREENS, SMALLEST, show
from tests.browser.test_inspect_feed import caption, hops, kinds
from tests.browser.test_pages import overflow
from tests.support.served import wait_for

feed, look, still = test_inspect_feed.feed, test_inspect_feed.look, test_inspect_feed.still

#: How much of the page has moved without anybody having done anything (web.dev/cls).
OBSERVE_SHIFTS = """
    window.shifts = 0;
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
"""


def named(feed: FakeFeed, people: int) -> Story:
    """A room with a teacher and students who have numbers."""
    story = Story(feed, people).arrive()
    story.names = {1: "Ms Kim"} | {who: f"Student {who - 1}" for who in story.ids[1:]}
    return story.state()


def row(page: Page, text: str):
    return hops(page).filter(has_text=text)


@pytest.mark.parametrize("people", [2, 8, 30, 300])
def test_what_happens_to_all_is_one_row(people, look, feed):
    page = look()
    named(feed, people).say("hello")
    expect(row(page, f"to {people} browsers")).to_have_count(1)
    assert kinds(page) == ["receive", "group_send", "layer_receive", "send"]
    expect(row(page, f"to {people} consumers").locator(".source")).to_have_text("consumers.py:30")
    payloads = hops(page).locator(".payload").all_text_contents()
    assert payloads == ['{"message": "hello"}', "the same", "the same", "the same"]
    assert page.locator(".hops *").count() < 100 and page.locator(".alarm").count() == 0
    for screen in SCREENS:
        show(page, screen)
        lanes = page.locator(".lifeline")
        assert 5 <= lanes.count() <= 17
        if screen != "phone":  # there, words are above the arrows
            end = lanes.last.bounding_box()
            words = page.locator(".words").evaluate_all(
                "(all) => Math.min(...all.map((one) => one.getBoundingClientRect().left))"
            )
            assert words >= end["x"] + end["width"]


@pytest.mark.parametrize("people", [8, 30, 300])
def test_one_late_and_one_lost_are_seen_at_a_glance_on_one_projector_screen(people, look, feed):
    page = look()
    show(page, "projector")
    named(feed, people).say_unevenly("hello", late=people - 1, lost=people)
    late, lost = f"Student {people - 2}", f"Student {people - 1}"
    expect(caption(page)).to_contain_text(f"it reached {people - 1} of {people} browsers")
    expect(caption(page)).to_contain_text(f"Late: {late}.")
    expect(caption(page)).to_contain_text(f"because a channel was full: {lost}.")
    alarms = page.locator(".hops .alarm")
    expect(alarms).to_contain_text(["lost: channel full", "chat.message", "send"])
    expect(alarms).to_contain_text([f"for {lost}", f"to {late}", f"to {late}"])
    names = ["Ms Kim", late, lost, f"{people - 3} others"]
    expect(page.locator(".head.browser .name")).to_have_text(names)
    expect(page.locator(".head.consumer .name")).to_have_text(names)
    expect(page.locator(".outcome span")).to_have_text(
        ["✓ got it", "late", "lost", f"✓ {people - 3}"]
    )
    expect(hops(page)).to_have_count(7)
    for part in (page.locator(".caption"), page.locator(".heads"), page.locator(".outcome")):
        box = part.bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= 1080
    page.keyboard.press("v")
    expect(page.locator(".bar")).to_be_hidden()
    expect(page.locator(".head.browser .name")).to_have_text(names)
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")


def test_those_who_got_nothing_or_something_else_have_rows_of_their_own(look, feed):
    page = look()
    named(feed, 30).say_unevenly("hello", silent=7, without=8, other=9)
    expect(row(page, "sent nothing")).to_contain_text("for Student 6")
    expect(row(page, "got no event")).to_contain_text("for Student 7")
    expect(row(page, "other payload")).to_contain_text("to Student 8")
    expect(row(page, "other payload")).to_contain_text("for you alone")
    expect(row(page, "to 27 browsers")).to_have_count(1)
    expect(caption(page)).to_contain_text("Student 7 got no event. Student 6 sent nothing.")
    expect(page.locator(".head.browser .name")).to_contain_text(["Student 6", "Student 7"])


def test_nobody_is_missed_while_a_group_is_frozen(look, feed):
    page = look()
    story = Story(feed, 3).arrive().freeze()
    [first, *_] = story.hops("hello"), story.state()
    frame = {name: first[0][name] for name in ("payload", "size", "journey")}
    story.batch([*first, *story.deliver(1, frame), *story.deliver(2, frame)])
    expect(page.locator(".outcome span")).to_have_text(["✓ got it", "✓ got it", "not yet"])
    expect(page.locator(".alarm")).to_have_count(0)


def test_a_row_grows_as_its_hops_come(look, feed):
    page = look()
    story = named(feed, 30)
    events = story.hops("hello")
    story.batch(events[:12])
    expect(row(page, "to 5 consumers")).to_have_count(1)
    row(page, "to 5 consumers").get_by_role("button").focus()
    story.batch(events[12:])
    expect(row(page, "to 30 consumers")).to_have_count(1)
    expect(row(page, "to 30 consumers").get_by_role("button")).to_be_focused()
    assert kinds(page) == ["receive", "group_send", "layer_receive", "send"]


def test_a_row_of_many_opens_with_the_keyboard_and_shows_each_with_its_time(look, feed):
    page = look()
    named(feed, 30).say("hello")
    fan = row(page, "to 30 browsers")
    button = fan.get_by_role("button").first
    expect(button).to_have_attribute("aria-expanded", "false")
    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-expanded", "true")
    each = fan.get_by_role("list", name="Each of them").get_by_role("button")
    expect(each).to_have_count(30)
    expect(each.first).to_have_text("Ms Kim+1.2 ms")
    page.keyboard.press("Tab")
    expect(each.first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(each.nth(1)).to_be_focused()
    expect(page.locator("#chart .detail")).to_contain_text("send")
    button.focus()
    page.keyboard.press("Enter")
    expect(fan.locator(".each")).to_have_count(0)


def test_an_open_row_stays_open_when_the_lanes_change(look, feed):
    page = look()
    story = named(feed, 30).say("hello")
    fan = row(page, "to 30 browsers")
    fan.get_by_role("button").first.click()
    expect(fan.locator(".each")).to_be_visible()
    story.freeze()
    expect(page.locator(".head .ice")).to_be_visible()
    expect(fan.locator(".each")).to_be_visible()
    expect(fan.get_by_role("button").first).to_be_focused()
    show(page, "phone")
    expect(page.locator(".head.browser")).to_have_count(2)
    expect(fan.locator(".each")).to_be_visible()


def test_the_lane_of_others_tells_that_some_are_late_or_have_lost_it(look, feed):
    page = look()
    show(page, "phone")
    named(feed, 300).say_unevenly("hello", late=299, lost=300)
    expect(page.locator(".outcome .alarm")).to_have_text("with lost and late")


def test_the_same_fault_in_many_consumers_is_one_row_and_one_event(look, feed):
    page = look()
    story = named(feed, 30)
    source = story.source(24, "chat_message", "raise KeyError")
    begin = story.hops("boom")[:2]
    fault = {"detail": "KeyError: 'x'", "journey": story.journey, "source": source}
    story.batch([*begin, *(story.event("error", who, **fault) for who in range(2, 14))])
    expect(row(page, "error: KeyError: 'x'")).to_contain_text("in 12 consumers")
    expect(page.locator(".events li").first).to_contain_text("12 × error")
    assert kinds(page) == ["receive", "group_send", "error"]


@pytest.mark.parametrize("people", [8, 30, 300])
def test_the_list_of_events_has_one_row_for_a_delivery(people, look, feed):
    page = look()
    story = named(feed, people)
    page.get_by_label("Kind").select_option("frames")
    story.say("hello")
    events = page.locator(".events li")
    expect(events).to_have_count(2)
    expect(events.first).to_contain_text(f"{people} × send")
    page.get_by_label("Kind").select_option("channel layer")
    expect(events.first).to_contain_text(f"{people} × layer_receive")
    events.first.get_by_role("button").click()
    expect(page.locator(".events .part")).to_have_count(people)
    expect(page.locator(".events .part").last).to_contain_text("Ms Kim")
    events.first.get_by_role("button").click()
    expect(page.locator(".events .part")).to_have_count(0)


def test_those_who_leave_together_are_one_row(look, feed):
    page = look()
    story = named(feed, 30)
    story.at = (story.at // 5 + 1) * 5  # the page takes 5 seconds together
    for who in story.ids:
        story.leave(who)
    events = page.locator(".events li")
    expect(events.first).to_contain_text("30 × disconnect")
    events.first.get_by_role("button").click()
    expect(page.locator(".events .part")).to_have_count(30)


def test_names_are_shown_in_place_of_numbers_and_change(look, feed):
    page = look()
    story = named(feed, 3).say("hello")
    expect(caption(page)).to_contain_text("Ms Kim: hello")
    expect(caption(page)).to_contain_text("it reached all 3 browsers")
    expect(hops(page).first).to_contain_text("from Ms Kim")
    expect(page.locator(".members li").last).to_contain_text("Student 2")
    rows = page.get_by_role("group", name="Connections").locator("tbody tr")
    expect(rows.last).to_contain_text("Student 2")
    expect(page.locator(".events li").filter(has_text="group_send").first).to_contain_text("Ms Kim")
    page.get_by_label("Participant").select_option(label="Student 1 in lobby")
    story.names[1] = "Ms Kim-Park"
    story.state()
    expect(caption(page)).to_contain_text("Ms Kim-Park: hello")
    story.names[2] = "Ms Kim-Park"  # a second tab of hers
    story.state()
    expect(page.locator(".head.browser .name")).to_have_text(
        ["Ms Kim-Park · 1", "Ms Kim-Park · 2", "Student 2"]
    )
    expect(page.get_by_label("Participant")).to_have_value("2")


def test_ten_thousand_has_a_comma_and_no_badge_is_cut_on_a_phone(look, feed):
    page = look()
    show(page, "phone")
    story = Story(feed, 2).arrive().freeze().say("one")
    channels = story.layer(story.ids)["channels"]
    story.state(channels=[{**one, "waiting": 5, "capacity": 10_000} for one in channels])
    expect(page.locator(".head .queue")).to_have_text(["5 of 10,000"] * 2)
    expect(page.locator(".members .level")).to_have_text(["5 of 10,000"] * 2)
    for badge in page.locator(".head .queue, .head .ice, .meter").all():
        assert overflow(badge) <= 0
    boxes = [one.bounding_box() for one in page.locator(".head").all()]
    rights = [box["x"] + box["width"] for box in boxes]
    assert all(right <= box["x"] + 1 for right, box in zip(rights, boxes[1:], strict=False))


@pytest.mark.parametrize("screen", SCREENS)
def test_nothing_moves_while_events_come(screen, new_context, feed):
    width, height = SCREENS[screen]
    page = new_context(viewport={"width": width, "height": height}).new_page()
    page.add_init_script(OBSERVE_SHIFTS)
    page.goto(feed.url)
    expect(page.locator("#status")).to_contain_text("Live")
    story = named(feed, 30)
    for number in range(4):
        story.say(f"message {number}")
        expect(
            page.locator(".events li").filter(has_text=f"message {number}").first
        ).to_be_visible()
    expect(caption(page)).to_contain_text("message 3")
    page.locator(".events").scroll_into_view_if_needed()
    story.say("the last")
    expect(caption(page)).to_contain_text("the last")
    assert page.evaluate("shifts") < 0.05


@pytest.mark.parametrize("screen", ["laptop", "projector"])
def test_the_filters_are_one_row_and_an_events_detail_is_beside_the_list(screen, look, feed):
    page = look()
    show(page, screen)
    named(feed, 8).say("hello")
    tops = page.locator("#filters :is(select, input)").evaluate_all(
        "(all) => all.map((one) => one.getBoundingClientRect().top)"
    )
    assert len(tops) == 4 and max(tops) - min(tops) < 2
    page.locator(".events li").filter(has_text="group_send").first.get_by_role("button").focus()
    detail = page.locator("#events .detail")
    expect(detail).to_contain_text("async_to_sync(self.channel_layer.group_send)(")
    expect(detail).to_contain_text("chat/consumers.py:25 in receive async_to_sync")
    listed = page.locator(".events").bounding_box()
    assert detail.bounding_box()["x"] >= listed["x"] + listed["width"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_presentation_view_is_the_chart_alone_in_large_letters(scheme, look, feed):
    page = look()
    show(page, "projector")
    page.emulate_media(color_scheme=scheme)
    named(feed, 30).say("hello")
    expect(hops(page)).to_have_count(4)
    page.get_by_label("Text").fill("v")
    expect(page.locator(".bar")).to_be_visible()
    page.get_by_label("Text").fill("")
    page.get_by_role("button", name="Present").click()
    for part in (".bar", "#connections", "#events", ".panel-head", ".detail"):
        expect(page.locator(part).first).to_be_hidden()
    assert page.evaluate(SMALLEST, ".reach, .deed, .deed b, .whom") >= 32
    assert page.evaluate(SMALLEST, "body *") >= 24
    assert overflow(page.locator("html")) <= 0
    page.get_by_role("button", name="Leave the presentation view").click()
    expect(page.get_by_role("button", name="Present")).to_be_focused()
    page.keyboard.press("v")
    expect(page.locator(".bar")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.locator(".bar")).to_be_visible()


def test_a_row_tells_the_lesson_which_event_it_shows(look, feed):
    page = look("lesson")
    page.evaluate(
        """() => {
            window.lines = [];
            document.querySelector("#chart").addEventListener("hop", ({ detail }) => lines.push(detail.source.line));
        }"""
    )
    named(feed, 8).say("hello")
    expect(hops(page)).to_have_count(4)
    assert page.evaluate("lines") == [22, 25, 30, 31]
    hops(page).nth(1).get_by_role("button").focus()
    assert page.evaluate("lines.at(-1)") == 25
    page.emulate_media(reduced_motion="no-preference")  # now the rows are played
    wait_for(lambda: page.evaluate("lines.length") == 9, "each row to be played")
    page.get_by_role("button", name="Play again").click()
    wait_for(lambda: page.evaluate("lines.length") == 13, "each row to be played again")
    assert page.evaluate("lines.slice(5)") == [22, 25, 30, 31] * 2
