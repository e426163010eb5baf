"""Where this machine has a browser of Chromium's family, and the driver that Selenium needs for it."""

import shutil

from chatdemo.course.checker.page_run.browser import BROWSERS, find_browser

#: The first two are pages that the address bar opens in each window of Chromium 156, though nobody sees it: they take
#: half of the processor time of a test. The third is a process for the next page, of which most tests have none. The
#: others are Playwright's, as only the last --disable-features counts.
DISABLED_FEATURES = (
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "SpareRendererForSitePerProcess",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "MediaRouter",
    "OptimizationHints",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
)
#: Headless, as root in a container too, and with no request of the browser's own.
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    f"--disable-features={','.join(DISABLED_FEATURES)}",
]


def browser() -> str | None:
    """The path of Chromium, Chrome or Edge; None where there is none."""
    return find_browser(BROWSERS)


def page_browser() -> str | None:
    """The path of the browser in which the tests open pages: Chromium's engine without its windows, else ``browser()``.

    It renders the same pages in half of the processor time, and Playwright takes it for headless runs, too
    (https://playwright.dev/python/docs/browsers).
    """
    return find_browser()


def chromedriver() -> str | None:
    """The path of chromedriver, or of Edge's driver; None where there is none."""
    names = ("chromedriver", "chromium.chromedriver", "msedgedriver")
    return next(filter(None, map(shutil.which, names)), None)
