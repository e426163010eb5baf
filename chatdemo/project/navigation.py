"""The header of all pages: the brand, and links that say where one is."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.safestring import mark_safe

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
    """Django context processor: what base.html needs, and whether the visitor ``may_inspect``."""
    may_inspect = Access(settings.CHATDEMO.inspect).may_see_all(scope_of(request))
    links = [*LINKS, ("Inspect", PREFIX)] if may_inspect else LINKS
    return {
        "links": [Link(label, url, request.path) for label, url in links],
        "icon": mark_safe(static_files.icon()),
        "icon_address": mark_safe(static_files.icon_address()),
        "is_framed": is_framed(request),
        "may_inspect": may_inspect,
    }


def is_framed(request: HttpRequest) -> bool:
    """Whether the page is in a lesson's tab: it reports its console, and has no header.

    The query tells, and not request.GET: that raises an exception if there are too many parameters,
    and this is needed for the page that says so.
    """
    query = request.META.get("QUERY_STRING", "")
    return any(part.partition("=")[0] == "console" for part in query.split("&"))
