"""Pictures of the pages: python tests/browser/screenshots.py [--out docs] [--all FOLDER] [--only NAME]

``--out`` is the folder for the pictures in the documentation. ``--all`` takes one of every scene (scenes.py) on every
kind of screen, light, dark and in forced colours, for whoever reviews them; with ``--only``, of the scenes whose names
begin so.
"""

import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path

# Python puts a script's own folder on its path, and not the one that `tests` is in.
sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.browser import find  # noqa: E402
from tests.browser.pages import SCHEMES, SCREENS, each_screen  # noqa: E402
from tests.browser.participant import open_browser  # noqa: E402
from tests.browser.scenes import SCENES, lesson, staged, talk  # noqa: E402
from tests.support.served import Served  # noqa: E402

#: By their files' names.
DOCUMENTED = {"room.png": talk, "lesson.png": lesson}


def take(browser, scene, files: dict[str, Path]) -> None:
    """Take the pictures of a scene, on a server that has heard nothing yet.

    ``files`` are the pictures' by the names of screens and schemes (``each_screen``).
    """
    width, height = SCREENS["laptop"]
    look = {"viewport": {"width": width, "height": height}, "locale": "en-GB"}
    with (
        tempfile.TemporaryDirectory() as folder,
        Served(Path(folder)) as server,
        staged(browser, server.url, **look) as stage,
    ):
        page = scene(stage)
        page.bring_to_front()
        for name in each_screen(page):
            if name in files:
                page.wait_for_timeout(300)  # the chart draws itself again, and the browser scrolls
                page.wait_for_function("() => !document.getAnimations().length")
                page.screenshot(path=files[name])
                print(files[name])


def pictures(folder: Path, scene: str) -> dict[str, Path]:
    """The files of a scene's pictures."""
    return {
        f"{screen} {scheme}": folder / f"{scene}-{screen}-{scheme}.png"
        for screen in SCREENS
        for scheme in SCHEMES
    }


def main() -> None:
    parser = ArgumentParser(description="Take pictures of the pages.")
    parser.add_argument(
        "--out", type=Path, default=Path("docs"), help="the pictures' folder (default: docs)"
    )
    parser.add_argument(
        "--all", type=Path, metavar="FOLDER", help="pictures of every scene, in place of those"
    )
    parser.add_argument("--only", metavar="NAME", default="", help="how the scenes' names begin")
    options = parser.parse_args()
    path = find.page_browser() or sys.exit("There's no Chromium, Chrome or Edge on this machine.")
    with open_browser(path) as browser:
        if options.all:
            for name, scene in SCENES.items():
                if name.startswith(options.only):
                    take(browser, scene, pictures(options.all, name))
        else:
            for file, scene in DOCUMENTED.items():
                take(browser, scene, {"laptop light": options.out / file})


if __name__ == "__main__":
    main()
