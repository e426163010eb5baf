"""Forms: whatever takes one refuses it from another site, with a page that says so."""

from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from tests.hostile.browser import FORM, Browser
from tests.hostile.raw import Answer, Raw, is_our_page

#: What stands in an address for each of its variables, where it leads to something.
VALUES = {"room_name": "lobby", "name": "echo"}


def addresses(patterns: list, prefix: str = "/") -> Iterator[str]:
    """All that there are in the project."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, prefix + str(pattern.pattern))
        elif isinstance(pattern, URLPattern):
            route = str(pattern.pattern).lstrip("^")
            for name, value in VALUES.items():
                for kind in ("str", "slug", "path"):
                    route = route.replace(f"<{kind}:{name}>", value)
            assert "<" not in route, f"what is a value for {route}?"
            yield prefix + route


ADDRESSES = [
    *addresses(get_resolver("chatdemo.project.urls").url_patterns),
    "/inspect/",
    "/inspect/feed/",
    "/nowhere/",
]
#: Those that take a form.
TAKE = {"/", "/chat/lobby/name/", "/learn/console/", "/learn/echo/"}


@pytest.fixture(scope="module")
def ada(server):
    return Browser(server, "lobby")


def post(server, path: str, **headers: str) -> Answer:
    body = b"name=Mallory&call=send"
    with Raw(server) as client:
        client.request(
            f"POST {path} HTTP/1.1".encode(),
            Connection="close",
            **{"Content-Type": FORM, "Content-Length": str(len(body)), **headers},
        )
        client.send(body)
        return client.answer()


@pytest.mark.parametrize("path", ADDRESSES)
def test_without_a_token_nothing_is_taken(server, ada, path):
    answer = post(server, path, Cookie=ada.cookie)
    assert answer.status in ((403,) if path in TAKE else (403, 404, 405))
    assert answer.status == 405 or is_our_page(answer) or path.startswith("/inspect/")
    if answer.status == 403:
        assert "The form didn&#x27;t come from a page of this chat." in answer.text


@pytest.mark.parametrize("path", ADDRESSES)
def test_with_one_those_take_a_form_that_say_so_and_no_others(server, ada, path):
    answer = post(server, path, Cookie=ada.cookie, **{"X-CSRFToken": ada.token})
    assert (answer.status in (200, 204, 302, 400)) == (path in TAKE), answer.status


ODD = {
    "none": {},
    "an empty one": {"X-CSRFToken": ""},
    "one of another length": {"X-CSRFToken": "x" * 63},
    "one of odd characters": {"X-CSRFToken": "é" * 64},
    "one of 8 kB": {"X-CSRFToken": "x" * 8000},
}


@pytest.mark.parametrize("path", sorted(TAKE))
@pytest.mark.parametrize("headers", ODD.values(), ids=ODD)
def test_another_token_is_refused(server, ada, path, headers):
    for cookie in (ada.cookie, None):
        answer = post(server, path, Cookie=cookie, **headers)
        assert answer.status == 403 and is_our_page(answer)


@pytest.mark.parametrize("path", sorted(TAKE))
def test_anothers_token_is_refused(server, ada, path):
    answer = post(
        server, path, Cookie=ada.cookie, **{"X-CSRFToken": Browser(server, "lobby").token}
    )
    assert answer.status == 403 and is_our_page(answer)


@pytest.mark.parametrize("path", sorted(TAKE))
@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://localhost.evil.example", "https://127.0.0.1"]
)
def test_another_sites_page_is_refused_whatever_it_knows(server, ada, path, origin):
    answer = post(server, path, Cookie=ada.cookie, Origin=origin, **{"X-CSRFToken": ada.token})
    assert answer.status == 403 and is_our_page(answer)


def test_what_was_refused_has_changed_nothing(server):
    eve = Browser(server, "lobby")
    for path in ADDRESSES:
        post(server, path, Cookie=eve.cookie)
    assert "Mallory" not in eve.get("/chat/lobby/").text
    eve.call_oneself("Mallory")
    assert "Mallory" in eve.get("/chat/lobby/").text
