"""What every page must have in every state: no text is too small, cut or covered, and axe-core finds nothing."""

import pytest

from tests.browser.axe import expect_no_violations, violations
from tests.browser.pages import SCREENS, each_screen, show
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
#: The texts that something else lies on, at the middle or an end of a line, wherever the page is scrolled to. A bar
#: that stays in its place and the button to the newest message lie on what scrolls below them.
COVERED = """async () => {
  for (const frame of [1, 2]) await new Promise(requestAnimationFrame); // the page answers to the size of its window
  const floats = (one) => one.id === "newest" || ["sticky", "fixed"].includes(getComputedStyle(one).position);
  const isWithin = (one, test) => one && (test(one) || isWithin(one.parentElement, test));
  const cut = (line, { left, top, right, bottom }) => ({
    left: Math.max(line.left, left), top: Math.max(line.top, top),
    right: Math.min(line.right, right), bottom: Math.min(line.bottom, bottom),
  });
  const texts = [];
  for (const one of document.querySelectorAll("body *")) {
    if (!one.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    const isHidden = (up) => up.clientWidth === 1 || up.matches(".hidden, noscript, option, .bar [role=status]");
    if (isWithin(one, isHidden)) continue;
    const nodes = [...one.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    if (!nodes.length) continue;
    const clips = [];
    for (let up = one; up !== document.body; up = up.parentElement) {
      if (getComputedStyle(up).overflowY !== "visible") clips.push(up);
    }
    texts.push(...nodes.map((node) => ({ node, one, clips })));
  }
  const range = document.createRange();
  const covers = ({ node, one, clips }) => {
    range.selectNodeContents(node);
    for (const line of range.getClientRects()) {
      const boxes = clips.map((clip) => clip.getBoundingClientRect());
      const seen = [{ left: 0, top: 0, right: innerWidth, bottom: innerHeight }, ...boxes].reduce(cut, line);
      if (seen.right - seen.left < 3 || seen.bottom - seen.top < 3) continue;
      const edge = Math.min(4, (seen.right - seen.left) / 3); // a space at its end may belong to the next line
      for (const x of [seen.left + edge, (seen.left + seen.right) / 2, seen.right - edge]) {
        const top = document.elementFromPoint(x, (seen.top + seen.bottom) / 2);
        if (top && !top.contains(one) && !one.contains(top) && !isWithin(top, floats)) return top;
      }
    }
  };
  const faults = new Set();
  for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight) {
    scrollTo({ top: y, behavior: "instant" });
    for (const text of texts) {
      const top = covers(text);
      if (!top) continue;
      const [below, above] = [text.node.data, top.textContent].map((one) => one.trim().slice(0, 30));
      faults.add(`${below} is covered by ${top.tagName} ${top.className} ${above}`);
    }
  }
  scrollTo({ top: 0, behavior: "instant" });
  return [...faults];
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


def test_no_text_is_covered(scene):
    for screen in SCREENS:
        show(scene, screen)
        assert scene.evaluate(COVERED) == [], screen


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


def test_a_text_that_is_covered_is_found(context, house):
    page = context.new_page()
    page.goto(house.url + "nowhere")
    assert page.evaluate(COVERED) == []
    page.locator("h1").evaluate(SET_STYLE, "position: relative; top: 2.5rem")
    [fault] = page.evaluate(COVERED)
    assert fault.startswith("Check the address") and "H1" in fault


@pytest.mark.parametrize("style", ["opacity: 0.4", "color: #777"])
def test_a_text_that_is_too_faint_is_found(context, house, style):
    page = context.new_page()
    page.goto(house.url + "nowhere")
    assert violations(page) == []
    page.get_by_text("Check the address").evaluate(SET_STYLE, style)
    assert any("contrast" in found for found in violations(page))
