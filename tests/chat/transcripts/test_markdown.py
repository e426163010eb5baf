"""A transcript as Markdown, read by an independent parser of CommonMark and GitHub's extensions."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from chatdemo.chat.message_log import StoredMessage
from chatdemo.chat.transcripts.control_characters import one_line, replace_controls
from chatdemo.chat.transcripts.formats import FORMATS, block_quote, escape_markdown, write

AT = "2026-11-22T10:00:00.000Z"
PARSERS = [MarkdownIt("commonmark"), MarkdownIt("commonmark").enable(["table", "strikethrough"])]
#: What makes Markdown, more often than random characters would.
PIECES = [
    "#",
    ">",
    "-",
    "+",
    "*",
    "_",
    "`",
    "~",
    "=",
    "|",
    "<",
    "&",
    "[",
    "]",
    "(",
    ")",
    "!",
    "\\",
    ":",
    ".",
    "%",
    "1.",
    "2)",
    "```",
    "~~~",
    "---",
    "===",
    "a",
    "b",
    "日",
    "www.",
    "http://",
    "<b>",
    "[a](b)",
    "&lt;",
    "@",
    "-->",
]
TEXTS = (
    st.lists(st.sampled_from([*PIECES, " ", "    ", "\t", "\n", "\n\n", "\u2028", "\x85"])).map(
        "".join
    )
    | st.text()
)
MESSAGE = ["paragraph_open", "paragraph_close", "blockquote_open", "blockquote_close"]


def written(*messages, room="lobby"):
    return "".join(write(FORMATS["md"](), room, [list(messages)])).encode("utf-8").decode("utf-8")


def text_of(inline):
    """What a reader sees of it. AssertionError if it has more in it than text and line breaks."""
    assert {leaf.type for leaf in inline.children} <= {"text", "softbreak", "hardbreak"}
    return "".join(leaf.content if leaf.type == "text" else "\n" for leaf in inline.children)


def lines(text):
    """Without space at the ends of the lines, and without empty lines: these are all that Markdown takes away."""
    return [
        line.strip()
        for line in re.split("[\n\u2028\u2029]", replace_controls(text))
        if line.strip()
    ]


@pytest.mark.parametrize("parser", PARSERS)
@given(text=TEXTS)
@example(text="# a\n\n```\nb\n")
@example(text="- a\n    code\n\n> b\n===\n| a |\n|---|\n")
@example(text="1. a\n2) b\n<script>\n&amp; <https://a.b> https://a.b\\")
@example(text="    code\n\tcode")
def test_no_text_is_more_than_text_or_leaves_its_message(parser, text):
    tokens = parser.parse(
        written(StoredMessage(1, "Ana", text, AT), StoredMessage(2, "Ben", "after", AT))
    )
    assert [token.type for token in tokens if token.level == 0 and token.type != "inline"] == [
        "heading_open",
        "heading_close",
        *MESSAGE * 2,
    ]
    assert {token.type for token in tokens if token.level == 1} <= {
        "paragraph_open",
        "paragraph_close",
        "inline",
    }
    *quoted, after = [text_of(token) for token in tokens if token.level == 2]
    assert after == "after"
    assert lines("\n".join(quoted)) == lines(text)


@pytest.mark.parametrize("parser", PARSERS)
@given(name=TEXTS)
def test_no_name_is_more_than_a_name(parser, name):
    tokens = parser.parse(written(StoredMessage(1, name, "hello", AT), room=name))
    heading, who = [token for token in tokens if token.type == "inline" and token.level == 1]
    assert text_of(heading).strip() == one_line(name).strip()
    assert [leaf.type for leaf in who.children if leaf.content == ""][:2] == [
        "strong_open",
        "strong_close",
    ]
    assert "".join(leaf.content for leaf in who.children) == (
        f"2026-11-22 10:00:00 UTC {one_line(name).strip() or 'Somebody'}"
    )


@given(TEXTS)
def test_every_mark_has_its_backslash(text):
    for line in block_quote(text).split("\n"):
        assert line.startswith(">")
        bare = re.sub(r"\\[!-/:-@\[-`{-~]|&(?:amp|lt|gt);", "", line[1:])
        assert not set(bare) & set("&<>\\`*_{}[]#|~$^@=+")
        assert not re.match(r"\s*(?:[-+:%]|\d+[.)](?:\s|$))", line[1:])


def test_a_message_is_who_and_when_and_a_quote():
    assert written(
        StoredMessage(1, "Ana", "Hello, world: it's 5.\n\n  well-known (yes) - no", AT)
    ) == (
        "# lobby\n\n2026-11-22 10:00:00 UTC **Ana**\n\n"
        "> Hello, world: it's 5.  \n>\n> \u00a0\u00a0well-known (yes) \\- no\n"
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("www.example.org", "www\\.example\\.org"),
        ("https://a.b", "https\\://a\\.b"),
        ("1. a", "1\\. a"),
        ("1) a", "1\\) a"),
        ("<b>&", "&lt;b&gt;&amp;"),
        ("-- a", "\\-\\- a"),
        ("a - b-c", "a \\- b-c"),
        (": a", "\\: a"),
    ],
)
def test_what_would_mean_something_is_escaped(text, shown):
    assert escape_markdown(text) == shown


def test_control_characters_are_seen_and_nothing_turns_round_the_line():
    text = written(
        StoredMessage(1, "\u202eana\n\x1b", "\x1b]0;a\x07 \x9b \udc80", AT), room="\u202elobby"
    )
    assert "# lobby\n" in text and "**ana ␛**" in text and "> ␛\\]0;a␇ � �\n" in text
