"""Whom one's own messages have reached."""

from playwright.sync_api import expect

from chatdemo.chat.receipts import MAX_MESSAGES


def test_one_other_has_it(meet):
    ada, ben = meet("Ada"), meet("Ben")
    ada.say("hello")
    expect(ada.reached).to_have_text("reached 1 of 1")
    expect(ben.messages).to_have_count(1)
    expect(ben.reached).to_have_count(0)


def test_who_is_away_has_it_later_and_is_named_on_demand(meet):
    ada, ben, eve = (meet(name) for name in ("Ada", "Ben", "Eve"))
    eve.page.context.set_offline(True)
    eve.expect_state("Connection lost")
    ada.say("hello")
    expect(ada.reached).to_have_text("reached 1 of 2")
    names = ada.page.locator(".said .names")
    expect(names).to_have_count(0)
    ada.reached.click()
    expect(names).to_contain_text("Not yet: Eve")
    expect(names).to_contain_text("Reached: Ben")
    eve.page.context.set_offline(False)
    expect(ada.reached).to_have_text("reached 2 of 2")
    expect(names).to_have_text("Reached: Ben and Eve")
    ada.reached.click()
    expect(names).to_have_count(0)


def say_without(absent, sender):
    """One loses the connection, and the other says hello."""
    absent.page.context.set_offline(True)
    absent.expect_state("Connection lost")
    sender.say("hello")
    expect(sender.reached).to_have_text("reached 0 of 1")


def test_a_sender_who_was_away_meanwhile_hears_of_it(meet):
    ada, ben = meet("Ada"), meet("Ben")
    say_without(ben, ada)
    ada.page.context.set_offline(True)
    ada.expect_state("Connection lost")
    ben.page.context.set_offline(False)
    ben.expect_log("hello")
    ben.say("I have it")
    ben.expect_log("hello", "I have it")
    ada.page.context.set_offline(False)
    expect(ada.reached).to_have_text("reached 1 of 1")


def test_a_page_that_is_loaded_again_knows_it_still(meet):
    ada, _ = meet("Ada"), meet("Ben")
    ada.say("hello")
    expect(ada.reached).to_have_text("reached 1 of 1")
    ada.page.reload()
    expect(ada.reached).to_have_text("reached 1 of 1")
    ada.reached.click()
    expect(ada.page.locator(".said .names")).to_have_text("Reached: Ben")


def test_who_was_away_so_long_that_they_left_has_it_when_they_are_back(meet):
    ada, ben = meet("Ada"), meet("Ben")
    say_without(ben, ada)
    expect(ada.notices.filter(has_text="Ben left.")).to_be_visible()
    expect(ada.reached).to_have_count(0)  # there is nobody for whom it was
    ben.page.context.set_offline(False)
    expect(ada.reached).to_have_text("reached 1 of 1")


def test_of_a_message_long_ago_it_is_said_that_nobody_knows_any_more(meet):
    ada, ben = meet("Ada"), meet("Ben")
    ada.say("hello")
    expect(ada.reached).to_have_text("reached 1 of 1")
    for number in range(0, MAX_MESSAGES, 10):
        ben.say_all([f"line {number + one}" for one in range(10)])
        expect(ben.unsent.get_by_role("listitem")).to_have_count(0)
    ada.reached.click()
    expect(ada.page.locator(".said .names")).to_have_text("Delivery details are no longer stored.")
