"""A name with markup in it, as others see it."""

from playwright.sync_api import expect

MARKUP = "<img src=x onerror=alert(1)>&lt;b&gt;"


def test_markup_in_a_name_stays_text(meet):
    ada, ben = meet(), meet()
    alerts = []
    for one in (ada, ben):
        one.page.on("dialog", lambda dialog: (alerts.append(dialog.message), dialog.dismiss()))
    # Who changes a name before it was told that they came is told of by the new one alone.
    expect(ada.page.get_by_text("joined.")).to_be_visible()
    ada.answer(MARKUP)
    expect(ben.page.get_by_text(f"is now {MARKUP}.")).to_be_visible()
    ada.input.press_sequentially("hello")
    expect(ben.page.locator("#doing")).to_contain_text(MARKUP)
    ada.input.press("Enter")
    expect(ben.view).to_contain_text("hello")
    expect(ben.view.locator(".said .name")).to_have_text(MARKUP)
    ben.open_people()
    expect(ben.page.locator("#people .here")).to_contain_text(MARKUP)
    ada.page.reload()
    expect(ada.page.locator("#own-name")).to_have_value(MARKUP)
    expect(ada.page.get_by_role("log")).to_contain_text("hello")
    for one in (ada, ben):
        expect(one.page.locator("img")).to_have_count(0)
    assert not alerts
