"""The pages there are, by a name for each, and the screens they are looked at on."""

from urllib.parse import quote

from chatdemo.course import outline

#: Width and height in CSS pixels.
SCREENS = {"phone": (390, 844), "laptop": (1366, 768), "projector": (1920, 1080)}
#: As long as a room's name can be.
LONG_NAME = ("Donaudampfschifffahrtsgesellschaft-日本語-" * 3)[:100]
#: Addresses, below the server's own.
PAGES = {
    "start": "",
    "index": "chat/",
    "refused name": f"chat/?room={'x' * 101}",
    "room": "chat/lobby/",
    "long room": f"chat/{quote(LONG_NAME)}/",
    "400": "chat/a%2Fb/",
    "404": "nowhere",
    "learn": "learn/",
    "inspect": "inspect/",
}
#: The lessons, in their order: pages with pages in them, which are looked at on their own.
LESSONS = {f"learn {step.name}": f"learn/{step.name}/" for step in outline.steps()}
