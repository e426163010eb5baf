"""axe-core finds no violation: all its rules but the experimental ones, on each page, in both themes, at three widths."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.pages import LESSONS, addresses

#: The groups of rules; with AAA, also a contrast of 7.
TAGS = ["wcag2a", "wcag2aa", "wcag2aaa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = (320, 768, 1280)


def violations(page: Page) -> list[str]:
    """What axe-core complains about on the page as it is shown now."""
    options = {
        "runOnly": {"type": "tag", "values": TAGS},
        "rules": {"color-contrast-enhanced": {"enabled": True}},
        "resultTypes": ["violations"],
    }
    found = Axe().run(page, options=options).response["violations"]
    return [f"{one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"]]


def expect_no_violations(page: Page) -> None:
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # no text is half there
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            assert violations(page) == [], f"{scheme}, {width} pixels"


@pytest.mark.parametrize(
    "path", (addresses("axe") | LESSONS).values(), ids=(addresses("axe") | LESSONS)
)
def test_axe_finds_no_violation(context, house, path):
    page = context.new_page()
    page.goto(house.url + path, wait_until="networkidle")
    expect_no_violations(page)
