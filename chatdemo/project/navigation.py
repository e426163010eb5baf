"""The header of all pages: the brand, and links that say where one is."""

from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe

from chatdemo.common import static_files
from chatdemo.common.local_machine import scope_of
from chatdemo.inspector.pages import PREFIX, Access

#: The entries for everybody: labels and addresses.
LINKS = [("Chat", "/chat/"), ("Learn", "/learn/")]


@dataclass(frozen=True)
class Link:
    """An entry of the navigation, on the page at ``path``."""

    label: str
    url: str
    path: str

    @property
    def current(self) -> str:
        """The value of aria-current, empty for another part of the site."""
        if self.path == self.url:
            return "page"
        return "true" if self.path.startswith(self.url) else ""


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Django context processor: ``links``, ``brand`` and ``icon`` for base.html.

    ``is_framed`` is whether the page is in a lesson's tab, where the header would lead away.
    """
    links = [*LINKS, ("Inspect", PREFIX)] if may_inspect(request) else LINKS
    return {
        "links": [Link(label, url, request.path) for label, url in links],
        "brand": _brand(),
        "icon": _icon(),
        "is_framed": _is_framed(request.META.get("QUERY_STRING", "")),
    }


def _is_framed(query: str) -> bool:
    # Not request.GET: it raises an exception for a query with too many parameters, and this is
    # needed for the page that says so.
    return any(part.partition("=")[0] == "console" for part in query.split("&"))


def may_inspect(request: HttpRequest) -> bool:
    """Whether the visitor may open the inspector."""
    return Access(settings.CHATDEMO.inspect).may_see_all(scope_of(request))


@cache
def _brand() -> SafeString:
    return mark_safe(_svg())


@cache
def _icon() -> str:
    """The icon as an address that needs no request."""
    return f"data:image/svg+xml,{quote(_svg())}"


def _svg() -> str:
    return (static_files.FOLDER / "icon.svg").read_text("utf-8").strip()
