"""What people are called: asked once, shown beside what they say, changed whenever they like."""

import pytest
from playwright.sync_api import expect

from tests.browser.participant import Participant

#: Names that would be something else if they weren't only text.
TRICKY = ["<b>Bold</b>", "محمد", "A" * 40]


def names_beside(participant: Participant):
    return participant.page.get_by_role("log").locator(".said .name")


def test_a_name_is_asked_for_once(meet, room):
    ada = meet()
    ada.asked.get_by_role("textbox").fill("Ada")
    ada.asked.get_by_role("textbox").press("Enter")
    expect(ada.asked).to_be_hidden()
    expect(ada.input).to_be_focused()
    ada.expect_here("Ada (you)")
    ada.page.reload()
    ada.expect_here("Ada (you)")
    expect(ada.asked).to_be_hidden()
    expect(meet(beside=ada, room=f"{room}-another").asked).to_be_hidden()


def test_who_stays_a_guest_is_not_asked_again(meet, room):
    ada = meet()
    ada.asked.get_by_role("button", name="Continue as guest").click()
    expect(ada.asked).to_be_hidden()
    expect(ada.input).to_be_focused()
    ada.page.reload()
    ada.expect_here("Guest (you)")
    expect(ada.asked).to_be_hidden()
    expect(meet(beside=ada, room=f"{room}-another").asked).to_be_hidden()


def test_who_does_not_answer_can_talk_all_the_same(meet):
    ada = meet()
    expect(ada.input).to_be_focused()
    ada.page.keyboard.type("hello")
    ada.page.keyboard.press("Enter")
    ada.expect_log("hello")
    expect(ada.asked).to_be_visible()


def test_who_answers_in_one_tab_is_not_asked_in_another(meet):
    one = meet()
    other = meet(beside=one)
    expect(other.asked).to_be_visible()
    expect(one.people.get_by_label("Your name")).to_be_hidden()  # one question at a time
    one.answer("Ada")
    expect(one.asked).to_be_hidden()
    expect(other.asked).to_be_hidden()
    other.open_people()
    expect(other.people.get_by_label("Your name")).to_have_value("Ada")


def test_a_name_stands_beside_what_is_said_and_outlives_a_reload(meet):
    ada, ben = meet("Ada"), meet("Ben")
    ada.say("hello")
    expect(names_beside(ben)).to_have_text(["Ada"])
    ben.page.reload()
    expect(names_beside(ben)).to_have_text(["Ada"])
    ada.page.reload()
    ada.expect_here("Ada (you)", "Ben")
    ada.say("hello again")
    expect(ben.messages).to_have_text(["hello", "hello again"])
    expect(names_beside(ben)).to_have_text(["Ada"])  # once for both


def test_a_name_can_be_changed_and_the_others_see_it(meet):
    ada, ben = meet("Ada"), meet("Ben")
    ada.say("as Ada")
    ben.expect_log("as Ada")
    expect(ada.notices.get_by_text("joined.")).to_be_visible()
    ada.call_oneself("Ida")
    ada.expect_here("Ida (you)", "Ben")
    ben.expect_here("Ida", "Ben (you)")
    expect(ben.notices.last).to_have_text("Ada is now Ida.")
    ada.say("as Ida")
    expect(names_beside(ben)).to_have_text(["Ada", "Ida"])


def test_two_of_one_name_are_told_apart(meet):
    one, other, ben = meet("Ada"), meet("Ada"), meet("Ben")
    one.expect_here("Ada (you)", "Ada (2)", "Ben")
    other.expect_here("Ada", "Ada (2) (you)", "Ben")
    one.say("one")
    ben.expect_log("one")
    other.say("other")
    expect(names_beside(ben)).to_have_text(["Ada", "Ada (2)"])


def test_a_name_that_nobody_could_see_is_refused_with_the_reason(meet):
    ada = meet()
    ada.asked.get_by_role("textbox").fill("\u200b")
    ada.asked.get_by_role("textbox").press("Enter")
    expect(ada.asked).to_contain_text("That name would be invisible. Use letters.")
    expect(ada.asked.get_by_role("textbox")).to_have_value("\u200b")


@pytest.mark.parametrize("name", TRICKY, ids=["markup", "right to left", "long"])
def test_a_name_is_text_wherever_it_stands(name, meet):
    ada, ben = meet(name), meet("Ben")
    ada.say("hello")
    expect(names_beside(ben)).to_have_text([name])
    ben.expect_here(name, "Ben (you)")
    ada.input.press_sequentially("mor")
    expect(ben.writing).to_have_text(f"{name} is writing…")
    expect(ada.notices.get_by_text("joined.")).to_be_visible()
    ada.call_oneself("Ada")
    expect(ben.notices.last).to_have_text(f"{name} is now Ada.")
    assert ben.page.locator("b").count() == 0
