"""What a room makes of the messages: groups below a name, links, code, folds, and a count of what is unread."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.participant import say_numbers
from tests.support.served import wait_for

HIDE = """(isHidden) => {
  Object.defineProperty(document, "hidden", { value: isHidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
#: The texts that are wholly within the messages' view.
IN_SIGHT = """(view) => {
  const { top, bottom } = view.getBoundingClientRect();
  const boxes = [...view.querySelectorAll(".said .text")].map((text) => text.getBoundingClientRect());
  return boxes.filter((box) => box.top >= top && box.bottom <= bottom).length;
}"""
BOX = "(element) => element.getBoundingClientRect().toJSON()"


def groups(participant):
    return participant.page.locator(".said .group")


def test_messages_of_one_person_are_a_group_with_one_name_and_one_time(meet):
    ada, ben = meet("Ada"), meet("Ben")
    for speaker, text in ((ada, "one"), (ada, "two"), (ben, "three")):
        speaker.say(text)
        expect(ben.messages.filter(has_text=text)).to_be_visible()
    expect(groups(ben)).to_have_count(2)
    expect(groups(ben).locator(".name")).to_have_text(["Ada", "Ben"])
    expect(groups(ben).locator("time")).to_have_count(2)
    expect(groups(ben).first.locator(".text")).to_have_text(["one", "two"])
    expect(groups(ben).last).to_have_class(re.compile("own"))


def test_a_name_has_the_same_initials_and_colour_everywhere(meet):
    ada, ben = meet("Ada Lovelace"), meet("Ben")
    ada.say("hello")
    expect(ben.messages).to_have_count(1)
    marks = [one.page.locator(".said .avatar") for one in (ada, ben)]
    marks += [one.here.filter(has_text="Ada").locator(".avatar") for one in (ada, ben)]
    look = "(mark) => [getComputedStyle(mark, '::before').content, getComputedStyle(mark).backgroundColor]"
    looks = [tuple(mark.evaluate(look)) for mark in marks]
    assert looks[0][0] == '"AL"' and len(set(looks)) == 1


def test_the_name_of_a_long_group_stays_in_sight(meet):
    ada, ben = meet("Ada"), meet("Ben")
    ada.say_all([f"line {number}\nand its second" for number in range(1, 20)])
    expect(ben.messages).to_have_count(19)
    ben.view.evaluate("(view) => view.scrollBy(0, -60)")
    wait_for(
        lambda: (
            abs(
                ben.page.locator(".said .name").first.evaluate(BOX)["top"]
                - ben.view.evaluate(BOX)["top"]
            )
            < 10
        ),
        "the name at the top of the view",
    )


def test_a_laptop_shows_twelve_short_messages(meet):
    ada, ben = meet("Ada"), meet("Ben")
    for number in range(8):
        for speaker in (ada, ben):
            speaker.say(f"message {number}")
        expect(ben.messages).to_have_count(2 * number + 2)
    for reader in (ben, meet()):  # who comes is asked for a name above the composer
        reader.page.set_viewport_size({"width": 1366, "height": 768})
        wait_for(lambda one=reader: one.view.evaluate(IN_SIGHT) >= 12, "twelve messages in sight")


def test_a_phone_with_its_keyboard_shows_mostly_messages(meet):
    ada = meet("Ada")
    ada.page.set_viewport_size({"width": 390, "height": 420})
    ada.input.focus()
    assert ada.view.bounding_box()["height"] > 0.7 * 420
    for part in ("#chat-message-submit", "a.back", "h1", "#connection", "#people summary"):
        expect(ada.page.locator(part)).to_be_in_viewport(ratio=1)


def test_an_address_is_a_link_and_the_log_has_what_was_typed(meet):
    ada = meet("Ada")
    typed = "See https://example.com/a_(b), (http://example.com/x?y=1). HTTPS://EXAMPLE.com/Z!"
    ada.say(typed)
    ada.expect_log(typed)
    links = ada.messages.locator("a")
    expect(links).to_have_text(
        ["https://example.com/a_(b)", "http://example.com/x?y=1", "HTTPS://EXAMPLE.com/Z"]
    )
    expect(ada.messages).to_have_text(typed)
    for link in links.all():
        expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
        expect(link).to_have_attribute("target", "_blank")
        assert link.evaluate("(link) => link.href.toLowerCase()") == link.inner_text().lower()


def test_an_address_that_begins_with_www_is_a_link_to_https(meet):
    ada = meet("Ada")
    ada.say("See www.example.com/a, please.")
    expect(ada.messages.locator("a")).to_have_text(["www.example.com/a"])
    expect(ada.messages.locator("a")).to_have_attribute("href", "https://www.example.com/a")


def test_guests_have_colours_of_their_own(meet):
    for _ in range(3):
        guest = meet()
    guest.expect_here("Guest", "Guest (2)", "Guest (3) (you)")
    avatars = guest.here.locator(".avatar")
    colours = avatars.evaluate_all("(all) => all.map((one) => one.dataset.hue)")
    assert len(set(colours)) == 3


@pytest.mark.parametrize(
    "address, after",
    [
        ("https://hi.wikipedia.org/wiki/हिन्दी", "।"),
        ("https://example.com/𠀀", "…"),
        ("https://example.com/A_(b_(c))", ")."),
        ("https://example.com/?b=[1]", "],"),
        ("https://example.com/e\u0301", "!?"),
    ],
)
def test_a_link_ends_where_the_address_does(meet, address, after):
    ada = meet("Ada")
    ada.say(address + after)
    expect(ada.messages.locator("a")).to_have_text([address])


@pytest.mark.parametrize(
    "typed",
    [
        "https://bank.example@elsewhere.example/",
        "https://user:secret@elsewhere.example/",
        "https://раураl.example/",  # of Cyrillic letters
        "https://0x7f.1/",
        "https://exam\u00adple.com",
        "https://bank.example%2eelsewhere.example",
        "https://",
        "https://[",
        "javascript:alert(1)",
        "data:text/html,hello",
        "www.bank.example@elsewhere.example",
        "www.раураl.example",  # of Cyrillic letters
        "www...",
        "swww.example.com",
    ],
)
def test_what_can_be_taken_for_another_address_is_no_link(typed, meet):
    ada = meet("Ada")
    ada.say(typed)
    ada.expect_log(typed)
    for link in ada.messages.locator("a").all():  # what comes before an invisible character
        assert link.evaluate("(link) => link.href") == f"{link.inner_text()}/"
    if "\u00ad" not in typed:
        expect(ada.messages.locator("a")).to_have_count(0)


def test_code_is_set_as_code_and_the_log_has_what_was_typed(meet):
    ada = meet("Ada")
    typed = "Use `group_send`:\n```python\nif a < b:\n    `c`\n```\nand `<b>`"
    ada.say(typed)
    ada.expect_log(typed)
    expect(ada.messages.locator("code")).to_have_text(["group_send", "if a < b:\n    `c`", "<b>"])
    expect(ada.messages.locator("b, a")).to_have_count(0)
    assert "mono" in ada.messages.locator("code").last.evaluate(
        "(code) => getComputedStyle(code).fontFamily.toLowerCase()"
    )


@pytest.mark.parametrize("text", ["line\n" * 30 + "end", "words " * 300 + "end"])
def test_a_long_message_is_folded_and_unfolds_where_one_reads(text, meet):
    ada = meet("Ada")
    ada.say(text)
    ada.expect_log(text)
    folded = ada.messages.evaluate(BOX)
    more = ada.page.get_by_role("button", name="Show more")
    expect(more).to_have_attribute("aria-expanded", "false")
    more.click()
    less = ada.page.get_by_role("button", name="Show less")
    expect(less).to_have_attribute("aria-expanded", "true")
    unfolded = ada.messages.evaluate(BOX)
    assert unfolded["height"] > folded["height"] and unfolded["top"] == folded["top"]
    less.click()
    wait_for(lambda: ada.messages.evaluate(BOX)["height"] == folded["height"], "the fold")


def test_stacked_accents_stay_in_their_message(meet):
    ada = meet("Ada")
    ada.say("z" + "\u0341\u0342\u0316" * 40)
    ada.say("plain")
    expect(ada.messages).to_have_count(2)
    clips = ada.messages.evaluate_all(
        "(texts) => texts.map((text) => getComputedStyle(text).overflow)"
    )
    assert clips == ["clip", "visible"]


def test_the_title_counts_what_is_unread_and_a_line_is_above_it(meet, room):
    ada, ben = meet("Ada"), meet("Ben")
    ben.say("read")
    expect(ada.messages).to_have_count(1)
    ada.page.evaluate(HIDE, True)
    ben.say_all(["one", "two", "three"])
    expect(ada.page).to_have_title(f"(3) {room} · chatdemo")
    ada.page.evaluate(HIDE, False)
    expect(ada.page).to_have_title(f"{room} · chatdemo")
    expect(ada.page.locator(".unread + .group .text")).to_have_text(["one", "two", "three"])


def test_who_has_scrolled_up_sees_how_many_are_new_until_they_are_read(meet, house, room):
    say_numbers(house.socket_url(f"/ws/chat/{room}/"), 50)
    ada, ben = meet("Ada"), meet("Ben")
    ada.view.evaluate("(view) => view.scrollTo(0, 300)")
    wait_for(
        lambda: ada.view.evaluate("(view) => view.scrollTop") == 300, "the place where Ada reads"
    )
    ben.say_all(["one", "two"])
    expect(ada.page).to_have_title(f"(2) {room} · chatdemo")
    ada.page.get_by_role("button", name="2 new messages").click()
    expect(ada.page).to_have_title(f"{room} · chatdemo")
    expect(ada.messages.last).to_be_in_viewport()


def test_ones_own_messages_are_never_unread(meet, room):
    ada = meet("Ada")
    ada.page.evaluate(HIDE, True)
    ada.say("mine")
    ada.expect_log("mine")
    expect(ada.page).to_have_title(f"{room} · chatdemo")


def test_a_screen_reader_is_told_of_new_messages_alone(meet):
    ada, ben = meet("Ada"), meet("Ben")
    log = ada.page.get_by_role("log")
    expect(log).to_have_attribute("aria-live", "polite")
    expect(ada.notices.filter(has_text="joined")).to_have_attribute("aria-live", "off")
    ada.page.evaluate(
        """() => {
          window.live = [];
          const look = () => window.live.push(document.querySelector("[role=log]").ariaLive);
          new MutationObserver(look).observe(document.querySelector(".said"), { childList: true, subtree: true });
        }"""
    )
    ada.page.context.set_offline(True)
    ada.expect_state("Connection lost")
    ben.say("while she was away")
    ben.expect_log("while she was away")
    ada.page.context.set_offline(False)
    ada.expect_log("while she was away")
    assert set(ada.page.evaluate("live")) == {"off"}
    expect(log).to_have_attribute("aria-live", "polite")
    assert ada.writing.get_attribute("aria-live") is None


def test_stored_messages_come_while_the_screen_reader_is_told_nothing(join, context, house, room):
    join().say("before")
    page = context.new_page()
    page.route("**/room.js", lambda route: route.abort())
    page.goto(f"{house.url}chat/{room}/")
    expect(page.get_by_role("log")).to_have_attribute("aria-live", "off")
