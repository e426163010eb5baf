"""axe-core on a page: all its rules but the experimental ones, in both themes, at three widths."""

from axe_playwright_python.base import AXE_SCRIPT
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.pages import SCHEMES

#: axe-core's groups of rules; with AAA, also a contrast of 7.
TAGS = ["wcag2a", "wcag2aa", "wcag2aaa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ALL = {
    "runOnly": {"type": "tag", "values": TAGS},
    "rules": {"color-contrast-enhanced": {"enabled": True}},
    "resultTypes": ["violations"],
}
#: The rules whose result another theme can change.
COLORS = {
    "runOnly": ["color-contrast", "color-contrast-enhanced", "link-in-text-block"],
    "resultTypes": ["violations"],
}
WIDTHS = (320, 768, 1280)


def violations(page: Page, options: dict = ALL) -> list[str]:
    """What axe-core complains about on the page as it is shown now: the rule and the element of each."""
    script = "" if page.evaluate("'axe' in window") else AXE_SCRIPT
    found = Axe(script).run(page, options=options).response["violations"]
    return [f"{one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"]]


def expect_no_violations(page: Page) -> None:
    for scheme, options in (("light", ALL), ("dark", COLORS)):
        page.emulate_media(**SCHEMES[scheme], reduced_motion="reduce")  # what fades in is faint
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            assert violations(page, options) == [], f"{scheme}, {width} pixels"
