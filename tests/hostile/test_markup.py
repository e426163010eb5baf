"""Markup stays text, wherever the name of a room or a person, or what somebody says, is shown."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import pytest

import chatdemo
from tests.hostile.browser import Browser, data, event, message
from tests.hostile.raw import get, new_room, say

#: Of the same kind each, but for what a browser would do with it.
MARKUP = {
    "an image": "<img src=x onerror=alert(1)>",
    "an attribute's end": '" onfocus="alert(1)" autofocus x="',
    "an attribute's end, the other": "' onfocus='alert(1)' autofocus x='",
    "a comment and a script": "<!--<script>alert(1)",
    "a comment's end": "--><svg onload=alert(1)>",
    "an entity": "&lt;img src=x onerror=alert(1)&gt;",
    "a template": "{{ settings }}{% debug %}{# x #}",
    "a newline of Unicode": "\u2028alert(1)\u2029",
    "JSON's end": '"}]}; alert(1); //'.replace("/", "\u2044"),
}
CLOSING = "</title></textarea></script></style><script>alert(1)</script>"


class Outline(HTMLParser):
    """A page's tags with the names of their attributes, and its texts by the tag that they are in."""

    def __init__(self, page: str):
        super().__init__()
        self.tags: list[tuple] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list) -> None:
        self.tags.append((tag, *(name for name, _ in attributes)))

    def handle_data(self, data: str) -> None:
        self.texts.append((self.tags[-1][0] if self.tags else "", data))


def talked(server, room: str, name: str, text: str) -> Browser:
    """Somebody of that name, who has said that in the room."""
    browser = Browser(server, room)
    assert browser.call_oneself(name).status == 204
    with browser.join() as page:
        assert event(page, "welcome")["you"] == name
        say(page, text)
        heard = message(page)
        assert (heard["message"], heard["name"]) == (text, name)
    return browser


@pytest.fixture(scope="module")
def plain(server):
    return talked(server, new_room(), "Ada", "hello")


@pytest.mark.parametrize("markup", MARKUP.values(), ids=MARKUP)
def test_the_rooms_page_is_as_with_plain_words(server, plain, markup):
    name = re.sub("[\u2028\u2029]", "", markup)[:40].strip()
    browser = talked(server, markup, name, CLOSING + markup)
    page, wanted = (one.get(f"/chat/{one.room}/").text for one in (browser, plain))
    outline = Outline(page)
    assert outline.tags == Outline(wanted).tags
    assert ("title", f"{markup} · chatdemo") in outline.texts and ("h1", markup) in outline.texts
    assert data(page, "room-name") == markup
    [said] = data(page, "past")["messages"]
    assert (said["message"], said["name"]) == (CLOSING + markup, name)


@pytest.mark.parametrize("markup", [*MARKUP.values(), CLOSING])
def test_a_page_that_repeats_what_was_typed_is_as_with_plain_words(server, markup):
    for path in (
        "/chat/?room={}/",
        "/{}/",
        "/chat/{}/x/y/",
        "/chat/lobby/?step={}",
        "/learn/{}/",
        "/static/{}",
    ):
        page, wanted = (
            get(server, path.format(quote(text, safe=""))) for text in (markup, "plain")
        )
        assert page.status == wanted.status >= 400
        assert Outline(page.text).tags == Outline(wanted.text).tags


@pytest.mark.parametrize("markup", MARKUP.values(), ids=MARKUP)
def test_a_transcript_is_as_with_plain_words(server, plain, markup):
    room, name = f"{markup} {new_room()}", re.sub("[\u2028\u2029]", "", markup)[:40].strip()
    browser = talked(server, room, name, CLOSING + markup)
    answer, wanted = (
        one.get(f"/chat/{one.room}/transcript/?format=html") for one in (browser, plain)
    )
    outline = Outline(answer.text)
    assert outline.tags == Outline(wanted.text).tags
    assert (
        ("title", room) in outline.texts
        and ("bdi", name) in outline.texts
        and ("p", CLOSING + markup) in outline.texts
    )
    for form in ("html", "md", "csv", "json"):
        headers = browser.get(f"/chat/{browser.room}/transcript/?format={form}").headers
        assert headers["Content-Disposition"].startswith("attachment; ")
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_what_was_said_before_comes_as_json_that_no_browser_takes_for_a_page(server):
    room = new_room()
    browser = talked(server, room, "Ada", CLOSING)
    answer = browser.get(f"/chat/{room}/messages/?before=2")
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert json.loads(answer.text)["messages"][0]["message"] == CLOSING


#: What makes markup or code of a text.
SINKS = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser|srcdoc|\beval\b"
    r"|new Function|setTimeout\(\s*[\"'`]|javascript:|setHTML"
)


def test_no_script_of_ours_makes_markup_or_code_of_a_text():
    scripts = [
        path for path in Path(chatdemo.__file__).parent.rglob("*.js") if "steps" not in path.parts
    ]
    assert len(scripts) >= 10
    assert not [path.name for path in scripts if SINKS.search(path.read_text("utf-8"))]


def test_no_template_of_ours_leaves_a_value_as_it_is_but_the_code_of_a_lesson():
    templates = [
        path for path in Path(chatdemo.__file__).parent.rglob("*.html") if "steps" not in path.parts
    ]
    assert len(templates) > 5
    unescaped = [
        path.name
        for path in templates
        if re.search(r"\|\s*safe|autoescape\s+off", path.read_text("utf-8"))
    ]
    assert unescaped == ["lines.html"]
