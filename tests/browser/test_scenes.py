"""What every page must have in every state: no text is too small or cut, and axe-core finds nothing."""

import pytest

from tests.browser.axe import expect_no_violations, violations
from tests.browser.pages import each_screen
from tests.browser.scenes import SCENES, staged

#: The texts that can be seen: those with a size below the smallest, and those that are cut without an ellipsis. What
#: scrolls isn't cut.
FAULTS = """(smallest) => {
  const faults = [];
  for (const one of document.querySelectorAll("body *")) {
    const hasText = [...one.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    const isSeen = one.checkVisibility({ visibilityProperty: true, opacityProperty: true });
    if (!hasText || !isSeen || one.clientWidth === 1 || one.closest(".hidden, noscript, option")) continue;
    const style = getComputedStyle(one);
    const name = `${one.tagName} ${one.className} ${one.textContent.trim().slice(0, 40)}`;
    if (parseFloat(style.fontSize) < smallest - 0.01) faults.push(`${style.fontSize}: ${name}`);
    const isClipped = ["hidden", "clip"].includes(style.overflowX) && style.textOverflow !== "ellipsis";
    if (isClipped && one.scrollWidth > one.clientWidth + 1) faults.push(`cut: ${name}`);
  }
  const { scrollWidth, clientWidth } = document.documentElement;
  return scrollWidth > clientWidth ? [...faults, `${scrollWidth} pixels wide`] : faults;
}"""
SET_STYLE = "(element, style) => { element.style.cssText = style; }"
SMALLEST_PIXELS, SMALLEST_PRESENTED_PIXELS = 14, 24


@pytest.fixture(scope="module", params=SCENES)
def scene(request, browser, house):
    """The page of each scene."""
    room = f"room{request.param_index}"
    with staged(browser, house.url, room, reduced_motion="reduce") as stage:
        page = SCENES[request.param](stage)
        page.bring_to_front()
        yield page


def test_every_text_is_large_enough_and_none_is_cut(scene):
    for look in each_screen(scene):
        is_presented = "projector" in look and scene.locator("html.presents").count()
        smallest = SMALLEST_PRESENTED_PIXELS if is_presented else SMALLEST_PIXELS
        assert scene.evaluate(FAULTS, smallest) == [], look


def test_axe_finds_no_violation(scene):
    expect_no_violations(scene)


@pytest.mark.parametrize(
    "style, fault",
    [
        ("font-size: 13px", "13px: H1"),
        ("overflow: clip; width: 2rem; white-space: nowrap", "cut: H1"),
        ("width: 3000px", "pixels wide"),
    ],
)
def test_a_text_that_is_too_small_cut_or_too_wide_is_found(context, house, style, fault):
    page = context.new_page()
    page.goto(house.url + "nowhere")
    assert page.evaluate(FAULTS, SMALLEST_PIXELS) == []
    page.locator("h1").evaluate(SET_STYLE, style)
    assert any(fault in found for found in page.evaluate(FAULTS, SMALLEST_PIXELS))


@pytest.mark.parametrize("style", ["opacity: 0.4", "color: #777"])
def test_a_text_that_is_too_faint_is_found(context, house, style):
    page = context.new_page()
    page.goto(house.url + "nowhere")
    assert violations(page) == []
    page.get_by_text("Check the address").evaluate(SET_STYLE, style)
    assert any("contrast" in found for found in violations(page))
