"""The pages there are, by a name for each, and the screens they are looked at on."""

from collections.abc import Iterator
from urllib.parse import quote

from playwright.sync_api import Page

from chatdemo.course import outline

#: Width and height in CSS pixels.
SCREENS = {"phone": (390, 844), "laptop": (1366, 768), "projector": (1920, 1080)}
#: What a visitor can have set for all pages: options of Playwright's emulate_media.
SCHEMES = {
    "light": {"color_scheme": "light", "forced_colors": "none"},
    "dark": {"color_scheme": "dark", "forced_colors": "none"},
    "forced": {"color_scheme": "light", "forced_colors": "active"},
}

#: The smallest size of a text that is seen in elements of ``selector``, in CSS pixels.
SMALLEST = """(selector) => Math.min(...[...document.querySelectorAll(selector)]
  .filter((one) => one.checkVisibility() && one.textContent.trim())
  .map((one) => parseFloat(getComputedStyle(one).fontSize)))"""


def show(page: Page, screen: str) -> None:
    width, height = SCREENS[screen]
    page.set_viewport_size({"width": width, "height": height})


def each_screen(page: Page) -> Iterator[str]:
    """Shows ``page`` on every screen in every scheme, one after the other, and gives the names of both."""
    for screen in SCREENS:
        show(page, screen)
        for scheme, options in SCHEMES.items():
            page.emulate_media(**options)
            yield f"{screen} {scheme}"
    page.emulate_media(**SCHEMES["light"])


def long_name(room: str) -> str:
    """A room's name that begins with ``room`` and is as long as one can be."""
    return (room + "Donaudampfschifffahrtsgesellschaft-日本語-" * 3)[:100]


def addresses(room: str) -> dict[str, str]:
    """The pages' addresses below the server's own, with those of ``room`` and of one with a long name."""
    return {
        "start": "",
        "index": "chat/",
        "refused name": f"chat/?room={'x' * 101}",
        "room": f"chat/{room}/",
        "long room": f"chat/{quote(long_name(room))}/",
        "400": "chat/a%2Fb/",
        "404": "nowhere",
        "learn": "learn/",
        "inspect": "inspect/",
    }


#: The lessons, in their order: pages with pages in them, which are looked at on their own.
LESSONS = {f"learn {step.name}": f"learn/{step.name}/" for step in outline.steps()}
