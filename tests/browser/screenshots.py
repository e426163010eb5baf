"""Pictures of the pages: python tests/browser/screenshots.py [--out docs] [--all FOLDER]

``--out`` is the folder for room.png and lesson.png, the pictures in the documentation. ``--all`` adds a picture of
every page on every kind of screen, light and dark, for whoever reviews them.
"""

import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path

# Python puts a script's own folder on its path, and not the one that `tests` is in.
sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.browser import find  # noqa: E402
from tests.browser.pages import LESSONS, PAGES, SCREENS  # noqa: E402
from tests.browser.participant import Participant, enter, open_browser  # noqa: E402
from tests.support.served import Served, wait_for  # noqa: E402

#: Who says what; the picture is the pupil's page.
TALK = [
    ("teacher", "Good morning! Can everyone read this?"),
    ("pupil", "Yes, from the last row too."),
    ("teacher", "Then open a second window and write to yourself. What happens?"),
    ("pupil", "It arrives in both. Which part of the code does that?"),
    ("teacher", "This one runs once for each of you:\nasync def chat_message(self, event):\n    await self.send(...)"),
    ("pupil", "And group_send calls it for everybody in the room. Got it!"),
]


def talk(context, url, room="lobby") -> Participant:
    """The pupil's page after the exchange, at a fixed time of day."""
    people = {name: enter(context, url, room) for name in ("teacher", "pupil")}
    for number, (who, text) in enumerate(TALK, 1):
        context.clock.set_fixed_time(f"2026-03-02T10:{number + 3:02}:00")
        people[who].say(text)
        for participant in people.values():
            participant.expect_log(*(text for _, text in TALK[:number]))
    return people["pupil"]


def lesson(context, url, step="groups"):
    """The page of a lesson whose first tab has said hello, scrolled to its tabs."""
    page = context.new_page()
    page.goto(f"{url}learn/{step}/")
    first, second = (page.frame_locator(f'iframe[name="tab-{number}"]') for number in (1, 2))
    second.locator("#chat-message-submit").wait_for()
    wait_for(lambda: is_open(page, 1) and is_open(page, 2), "the tabs' WebSockets")
    first.locator("#chat-message-input").fill("hello")
    first.locator("#chat-message-input").press("Enter")
    wait_for(lambda: first.locator("#chat-log").input_value(), "the message")
    page.evaluate("document.getElementById('see').scrollIntoView()")
    return page


def is_open(page, tab: int) -> bool:
    return page.frame(f"tab-{tab}").evaluate("typeof chatSocket === 'object' && chatSocket.readyState === 1")


def picture(page, file: Path) -> None:
    page.bring_to_front()
    page.screenshot(path=file)
    print(file)


def new_context(browser, screen, scheme):
    width, height = SCREENS[screen]
    return browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, locale="en-GB")


def take_all(browser, url, folder: Path) -> None:
    for screen in SCREENS:
        for scheme in ("light", "dark"):
            context = new_context(browser, screen, scheme)
            picture(talk(context, url).page, folder / f"talk-{screen}-{scheme}.png")
            for name, path in (PAGES | LESSONS).items():
                page = context.new_page()
                page.goto(url + path, wait_until="networkidle")
                picture(page, folder / f"{name.replace(' ', '-')}-{screen}-{scheme}.png")
            context.close()


def main() -> None:
    parser = ArgumentParser(description="Take pictures of the pages.")
    parser.add_argument("--out", type=Path, default=Path("docs"), help="the pictures' folder (default: docs)")
    parser.add_argument("--all", type=Path, metavar="FOLDER", help="pictures of every page on every screen, too")
    options = parser.parse_args()
    path = find.browser() or sys.exit("There's no Chromium, Chrome or Edge on this machine.")
    with tempfile.TemporaryDirectory() as folder, Served(Path(folder)) as server, open_browser(path) as browser:
        picture(talk(new_context(browser, "laptop", "light"), server.url).page, options.out / "room.png")
        picture(lesson(new_context(browser, "laptop", "light"), server.url), options.out / "lesson.png")
        if options.all:
            take_all(browser, server.url, options.all)


if __name__ == "__main__":
    main()
