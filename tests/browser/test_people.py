"""Who is here, who came and went, and who writes."""

import pytest
from playwright.sync_api import expect

from tests.browser.participant import NOON
from tests.support.served import Served, wait_for

#: A server for which somebody has left after a second instead of ten.
SOON = "import chatdemo.chat.members; chatdemo.chat.members.LEAVE_DELAY_SECONDS = 1.0"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with Served(tmp_path_factory.mktemp("house"), before=SOON) as server:
        yield server


def test_three_tabs_of_one_browser_are_one_person(meet):
    ada = meet("Ada")
    tabs = [ada, meet(beside=ada), meet(beside=ada)]
    ben = meet("Ben")
    ben.expect_here("Ada", "Ben (you)")
    expect(ben.people.locator("summary")).to_contain_text("2 here")
    for tab in tabs:
        tab.expect_here("Ada (you)", "Ben")
    tabs[0].page.close()
    tabs[1].page.close()
    tabs[2].say("still here")
    ben.expect_log("still here")
    ben.expect_here("Ada", "Ben (you)")


def test_who_came_and_who_left_is_told(meet):
    ada = meet("Ada")
    ben = meet("Ben")
    ada.expect_here("Ada (you)", "Ben")
    expect(ada.notices.get_by_text("joined.")).to_be_visible()
    ben.page.context.close()
    ada.expect_here("Ada (you)")
    expect(ada.notices.last).to_have_text("Ben left.")


def test_of_many_who_come_one_after_another_the_last_are_told(meet):
    ada = meet("Ada")
    for name in ("Ben", "Eve", "Ida", "Zoe"):
        meet(name)
        expect(ada.notices.last).to_contain_text(name)
    expect(ada.notices).to_have_count(3)
    ada.say("hello")
    ada.expect_log("hello")
    meet("Max")
    expect(ada.notices.last).to_contain_text("Max")
    assert ada.notices.count() > 3  # what was told before something was said stays


def test_who_loads_the_page_again_has_not_left(meet):
    ada, ben = meet("Ada"), meet("Ben")
    ada.expect_here("Ada (you)", "Ben")
    before = ada.notices.all_inner_texts()
    for _ in range(3):
        ben.page.reload()
        ben.expect_state("Connected")
    eve = meet("Eve")
    eve.page.context.close()
    expect(ada.notices.last).to_have_text("Eve left.")
    assert not any("Ben" in line for line in ada.notices.all_inner_texts()[len(before) :])


def test_who_writes_is_shown_to_the_others_until_it_is_said(meet):
    ada, ben = meet("Ada"), meet("Ben")
    ada.input.press_sequentially("hel")
    expect(ben.writing).to_have_text("Ada is writing…")
    expect(ada.writing).to_be_empty()
    ada.input.press("Enter")
    ben.expect_log("hel")
    expect(ben.writing).to_be_empty()


def test_who_says_something_and_writes_on_is_shown_again(meet):
    ada, ben = meet("Ada"), meet("Ben")
    for number in (1, 2):
        wait_for(
            lambda: ada.input.press("x") or ben.writing.text_content() == "Ada is writing…",
            "who writes",
        )
        ada.input.press("Enter")
        expect(ben.messages).to_have_count(number)
        expect(ben.writing).to_be_empty()


def test_who_stops_writing_is_shown_for_some_seconds_only(meet):
    ada, ben = meet("Ada"), meet("Ben")
    ben.page.clock.install(time=NOON)
    ben.page.reload()
    ben.expect_state("Connected")
    ada.input.press_sequentially("hel")
    expect(ben.writing).to_have_text("Ada is writing…")
    ben.page.clock.fast_forward(5_000)
    expect(ben.writing).to_be_empty()


def test_several_who_write_are_named_together(meet):
    ada, ben, eve = (meet(name) for name in ("Ada", "Ben", "Eve"))
    ben.input.press_sequentially("b")
    expect(ada.writing).to_have_text("Ben is writing…")
    eve.input.press_sequentially("e")
    expect(ada.writing).to_have_text("Ben and Eve are writing…")


def test_a_laptop_has_a_column_of_people_that_stays_as_it_was_left(meet):
    ada = meet("Ada")
    ada.page.set_viewport_size({"width": 1366, "height": 768})
    panel, switch = ada.people.locator(".panel"), ada.people.locator("summary")
    expect(panel).to_be_visible()
    beside = ada.view.bounding_box()["width"]
    ada.view.click()
    ada.page.keyboard.press("Escape")
    expect(panel).to_be_visible()
    switch.click()
    expect(panel).to_be_hidden()
    assert ada.view.bounding_box()["width"] > beside
    ada.page.reload()
    ada.expect_here("Ada (you)")
    expect(panel).to_be_hidden()
    switch.click()
    ada.page.reload()
    ada.expect_here("Ada (you)")
    expect(panel).to_be_visible()


def test_on_a_phone_the_people_cover_the_messages_until_one_is_done(meet):
    ada = meet("Ada")
    expect(ada.asked).to_be_hidden()  # her name is saved, which closes the list
    ada.page.set_viewport_size({"width": 390, "height": 844})
    panel = ada.people.locator(".panel")
    expect(panel).to_be_hidden()
    ada.open_people()
    ada.page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(ada.people.locator("summary")).to_be_focused()
    ada.call_oneself("Ida")
    expect(panel).to_be_hidden()
    expect(ada.input).to_be_focused()
