"""Pictures of the pages: python tests/browser/screenshots.py [--out docs] [--all FOLDER]

``--out`` is the folder for room.png and lesson.png, the pictures in the documentation. ``--all`` adds a picture of
every page on every kind of screen, light and dark, for whoever reviews them.
"""

import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Python puts a script's own folder on its path, and not the one that `tests` is in.
sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.browser import find  # noqa: E402
from tests.browser.pages import LESSONS, SCREENS, addresses  # noqa: E402
from tests.browser.participant import open_browser  # noqa: E402
from tests.browser.scenes import in_class, talk  # noqa: E402
from tests.support.served import Served, wait_for  # noqa: E402


def lesson(context, url, step="groups"):
    """The page of a lesson whose first tab has said hello, once the journey has played."""
    page = context.new_page()
    page.goto(f"{url}learn/{step}/")
    first, second = (page.frame_locator(f'iframe[name="tab-{number}"]') for number in (1, 2))
    second.locator("#chat-message-submit").wait_for()
    wait_for(lambda: is_open(page, 1) and is_open(page, 2), "the tabs' WebSockets")
    first.locator("#chat-message-input").fill("hello")
    first.locator("#chat-message-input").press("Enter")
    wait_for(lambda: first.locator("#chat-log").input_value(), "the message")
    page.locator(".journey .got").nth(1).wait_for()
    page.evaluate("Promise.all(document.getAnimations().map((animation) => animation.finished))")
    return page


def is_open(page, tab: int) -> bool:
    return page.frame(f"tab-{tab}").evaluate(
        "typeof chatSocket === 'object' && chatSocket.readyState === 1"
    )


def picture(page, file: Path) -> None:
    page.bring_to_front()
    page.screenshot(path=file)
    print(file)


def look(screen: str, scheme: str) -> dict:
    """The options of a browser's context."""
    width, height = SCREENS[screen]
    return {
        "viewport": {"width": width, "height": height},
        "color_scheme": scheme,
        "locale": "en-GB",
    }


@contextmanager
def served() -> Iterator[str]:
    """The address of a server that has heard nothing yet."""
    with tempfile.TemporaryDirectory() as folder, Served(Path(folder)) as server:
        yield server.url


def take_all(browser, folder: Path) -> None:
    for screen in SCREENS:
        for scheme in ("light", "dark"):
            options, end = look(screen, scheme), f"{screen}-{scheme}.png"
            with served() as url:
                picture(talk(browser, options, url).page, folder / f"talk-{end}")
            with served() as url:
                take_class(in_class(browser, options, url), folder, end)
            with served() as url:
                take_pages(browser.new_context(**options), url, folder, end)


def take_class(me, folder: Path, end: str) -> None:
    picture(me.page, folder / f"class-{end}")
    me.view.evaluate("(view) => view.scrollTo(0, 0)")
    me.open_people()
    picture(me.page, folder / f"class-people-{end}")
    me.page.keyboard.press("Escape")
    me.page.context.set_offline(True)
    me.expect_state("Connection lost")
    me.say("waits")
    picture(me.page, folder / f"class-offline-{end}")


def take_pages(context, url: str, folder: Path, end: str) -> None:
    for name, path in (addresses("lobby") | LESSONS).items():
        page = context.new_page()
        page.goto(url + path, wait_until="networkidle")
        picture(page, folder / f"{name.replace(' ', '-')}-{end}")


def main() -> None:
    parser = ArgumentParser(description="Take pictures of the pages.")
    parser.add_argument(
        "--out", type=Path, default=Path("docs"), help="the pictures' folder (default: docs)"
    )
    parser.add_argument(
        "--all", type=Path, metavar="FOLDER", help="pictures of every page on every screen, too"
    )
    options = parser.parse_args()
    path = find.page_browser() or sys.exit("There's no Chromium, Chrome or Edge on this machine.")
    with open_browser(path) as browser:
        with served() as url:
            picture(talk(browser, look("laptop", "light"), url).page, options.out / "room.png")
        with served() as url:
            picture(
                lesson(browser.new_context(**look("laptop", "light")), url),
                options.out / "lesson.png",
            )
        if options.all:
            take_all(browser, options.all)


if __name__ == "__main__":
    main()
