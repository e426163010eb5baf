"""Where this machine has a browser of Chromium's family, and the driver that Selenium needs for it."""

import os
import shutil
from pathlib import Path

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
#: Chromium's engine without its windows. It renders the same pages in half of the processor time, and Playwright takes
#: it for headless runs, too (https://playwright.dev/python/docs/browsers).
HEADLESS_SHELLS = ("chromium-headless-shell", "chrome-headless-shell")
CHROMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
EDGES = ("microsoft-edge", "msedge")
MAC_APPLICATIONS = (
    "Chromium.app/Contents/MacOS/Chromium",
    "Google Chrome.app/Contents/MacOS/Google Chrome",
    "Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
WINDOWS_PROGRAMS = (
    r"Chromium\Application\chrome.exe",
    r"Google\Chrome\Application\chrome.exe",
    r"Microsoft\Edge\Application\msedge.exe",
)
WINDOWS_FOLDERS = ("ProgramFiles", "ProgramFiles(x86)", "LocalAppData")


def browser() -> str | None:
    """The path of Chromium, Chrome or Edge; None where there is none."""
    return _on_path(CHROMES + EDGES) or next(
        (str(path) for path in _installed() if path.is_file()), None
    )


def page_browser() -> str | None:
    """The path of the browser in which the tests open pages: a headless shell, else ``browser()``."""
    return _on_path(HEADLESS_SHELLS) or browser()


def chromedriver() -> str | None:
    """The path of chromedriver, or of Edge's driver; None where there is none."""
    return _on_path(("chromedriver", "chromium.chromedriver", "msedgedriver"))


def _on_path(names: tuple[str, ...]) -> str | None:
    return next(filter(None, map(shutil.which, names)), None)


def _installed() -> list[Path]:
    """Where an installer puts a browser that no shell finds by its name."""
    mac = [
        Path(root, "Applications", name) for root in ("/", Path.home()) for name in MAC_APPLICATIONS
    ]
    roots = [os.environ[name] for name in WINDOWS_FOLDERS if name in os.environ]
    return mac + [Path(root, name) for root in roots for name in WINDOWS_PROGRAMS]
