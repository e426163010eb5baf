"""A transcript as a page."""

import base64
import hashlib
import re
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from chatdemo.chat.message_log import StoredMessage
from chatdemo.chat.transcripts.control_characters import replace_controls
from chatdemo.chat.transcripts.formats import FORMATS, write

AT = "2026-11-22T10:00:00.000Z"


class Page(HTMLParser):
    """The tags that are on the page, in order, and the text of each element by its tag."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.texts, self.open = [], {}, []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        if tag != "meta":
            self.open.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open:
            self.texts[self.open[-1]][-1] += data

    def handle_comment(self, data):
        raise AssertionError(data)


def page(*messages, room="lobby"):
    text = "".join(write(FORMATS["html"](), room, [list(messages)]))
    return text.encode("utf-8").decode("utf-8")


HEAD = ["html", "head", "meta", "meta", "meta", "title", "style", "body", "main", "h1", "bdi", "ol"]
MESSAGE = ["li", "strong", "bdi", "time", "p"]
END = ["p", "span", "script"]
TEXTS = st.text() | st.sampled_from(
    ["<b>", "</p>", "<!--", "&lt;", "&#60;", '"><script>', "]]>", "\n\n", "</title>"]
)


@given(st.lists(st.tuples(TEXTS, TEXTS)), TEXTS)
def test_any_text_is_text_and_makes_no_tag(messages, room):
    read = Page(page(*[StoredMessage(1, name, text, AT) for name, text in messages], room=room))
    names = [replace_controls(name.strip()) or "Somebody" for name, _ in messages]
    people = list(dict.fromkeys(names))
    summary = ["p", *["bdi"] * len(people), *["p", "time"] * bool(messages)]
    assert read.tags == HEAD + MESSAGE * len(messages) + ["footer"] + summary + END
    texts = read.texts["p"][: len(messages)]
    assert texts == [replace_controls(text) for _, text in messages]
    assert read.texts["bdi"] == [replace_controls(room), *names, *people]
    assert read.texts["title"] == [replace_controls(room)]


def test_a_message_has_its_place_and_its_time():
    assert '<li id="m7">' in page(StoredMessage(7, "Ana", "hello", AT))
    assert '<time datetime="2026-11-22T10:00:00.000Z">2026-11-22 10:00:00 UTC</time>' in page(
        StoredMessage(7, "", "", AT)
    )


def test_it_says_who_spoke_how_often_and_from_when_to_when():
    messages = [
        StoredMessage(seq, name, "hello", f"2026-11-22T10:0{seq}:00.000Z")
        for seq, name in enumerate(["Ana", "Ben", "Ana"])
    ]
    summary = page(*messages).partition("<footer>")[2]
    assert "<p>3 messages by 2 people: <bdi>Ana</bdi>, <bdi>Ben</bdi></p>" in summary
    assert re.findall("2026-11-22 10:0[0-9]:00 UTC", summary) == [
        "2026-11-22 10:00:00 UTC",
        "2026-11-22 10:02:00 UTC",
    ]
    assert 'Times are <span id="zone">UTC</span>.' in summary
    assert "<p>1 message by <bdi>Somebody</bdi></p>" in page(StoredMessage(1, "", "", AT))
    assert "<p>No messages.</p>" in page()


def test_it_needs_nothing_else_and_runs_its_own_script_alone():
    text = page(StoredMessage(1, "Ana", "<script>alert(1)</script>", AT))
    assert text.startswith("<!doctype html>\n") and '<meta charset="utf-8">' in text
    assert (
        "color-scheme: light dark" in text and 'dir="auto"' in text and "default-src 'none'" in text
    )
    assert "src=" not in text and "href=" not in text
    [script] = re.findall("<script>(.*?)</script>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'\"" in text


def test_control_characters_are_seen():
    assert "␛[31m a\nb ��" in page(StoredMessage(1, "", "\x1b[31m a\r\nb \x85\udc80", AT))
