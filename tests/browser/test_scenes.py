"""What every page must have in every state: nothing is too small, cut or wider than the screen, and axe-core finds nothing.

axe-core runs all its rules but the experimental ones, in both themes, at three widths.
"""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.pages import LESSONS, SCHEMES, each_screen
from tests.browser.scenes import SCENES, at, staged

#: axe-core's groups of rules; with AAA, also a contrast of 7.
TAGS = ["wcag2a", "wcag2aa", "wcag2aaa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = (320, 768, 1280)
#: The scenes, and each lesson as it opens.
ALL = SCENES | {name.replace(" ", "-as-opened-"): at(path) for name, path in LESSONS.items()}
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
SMALLEST_PIXELS, SMALLEST_PRESENTED_PIXELS = 14, 24


@pytest.fixture(scope="module", params=ALL)
def scene(request, browser, house):
    """The page of each scene."""
    room = f"room{request.param_index}"
    with staged(browser, house.url, room, reduced_motion="reduce") as stage:
        page = ALL[request.param](stage)
        page.bring_to_front()
        yield page


def test_every_text_is_large_enough_and_none_is_cut(scene):
    for look in each_screen(scene):
        is_presented = "projector" in look and scene.locator("html.presents").count()
        smallest = SMALLEST_PRESENTED_PIXELS if is_presented else SMALLEST_PIXELS
        assert scene.evaluate(FAULTS, smallest) == [], look


def test_axe_finds_no_violation(scene):
    for scheme in ("light", "dark"):
        scene.emulate_media(**SCHEMES[scheme])
        for width in WIDTHS:
            scene.set_viewport_size({"width": width, "height": 800})
            assert violations(scene) == [], f"{scheme}, {width} pixels"


def violations(page: Page) -> list[str]:
    """What axe-core complains about on the page as it is shown now."""
    options = {
        "runOnly": {"type": "tag", "values": TAGS},
        "rules": {"color-contrast-enhanced": {"enabled": True}},
        "resultTypes": ["violations"],
    }
    found = Axe().run(page, options=options).response["violations"]
    return [f"{one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"]]
