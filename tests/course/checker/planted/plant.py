"""Faults as learners make them: each is one change to a project that is right, and the id that must name it."""

from typing import NamedTuple

SETTINGS, URLS, ASGI = "mysite/settings.py", "mysite/urls.py", "mysite/asgi.py"
VIEWS, ROUTES, CONSUMERS, CHAT_URLS = (
    "chat/views.py",
    "chat/routing.py",
    "chat/consumers.py",
    "chat/urls.py",
)
INDEX, ROOM, TESTS, CONSUMER_TESTS = (
    "chat/templates/chat/index.html",
    "chat/templates/chat/room.html",
    "chat/tests.py",
    "chat/test_consumers.py",
)


class Plant(NamedTuple):
    """In the project at the end of ``step``, ``old`` is replaced by ``new`` in ``file``.

    The report must have the fault ``id``, and ``cause`` must be a part of its cause.

    Without ``old``, the whole file is ``new``; without ``new``, it is removed. ``layer`` is the project's channel layer,
    and ``needs`` a package without which the fault can't be found. ``in_browser``: a browser runs the pages.
    ``without`` is another file that is removed, and ``also`` another file with what is replaced in it by what.
    """

    what: str
    step: str
    file: str
    old: str | None
    new: str | None
    id: str
    cause: str = ""
    layer: str = "memory"
    needs: str = ""
    in_browser: bool = False
    without: str = ""
    also: tuple[str, str, str] | None = None


HANDLER = """        await self.send(text_data=json.dumps({"message": event["message"]}))\n"""
