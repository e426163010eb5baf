"""What people can call themselves, and how they are told apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatdemo.chat.names import MAX_NAME, NUMBER, NameForm, alike, tidy


@pytest.mark.parametrize(
    "typed, shown",
    [
        ("  Ada   Lovelace ", "Ada Lovelace"),
        ("Zoe\u0308", "Zo\u00eb"),
        ("Ada\nadmin: hello", "Adaadmin: hello"),
        ("\u202eevil", "evil"),
        ("Ada (2)", "Ada"),
        ("Ada (2) (3)", "Ada"),
        ("\u0646\u06cc\u200c\u0645", "\u0646\u06cc\u200c\u0645"),
        ("👩\u200d🏫", "👩\u200d🏫"),
        ("<b>Ada</b>", "<b>Ada</b>"),
        ("A\u3164d\u2800a\u034f", "Ada"),
    ],
)
def test_a_name_is_tidied(typed, shown):
    assert tidy(typed) == shown


@given(st.text())
def test_a_tidy_name_is_one_line_that_stays_as_it_is(typed):
    name = tidy(typed)
    assert tidy(name) == name and len(name.splitlines()) <= 1 and not NUMBER.search(name)


def test_names_that_look_alike_are_alike():
    assert alike("ADA") == alike("ada") == alike("ａｄａ") != alike("adam")
    assert alike("A\u200dda") == alike("Ada\ufe0f") == alike("A\U000e0100da") == alike("ada")


@pytest.mark.parametrize(
    "typed, reason",
    [
        ("", "Nobody could see that name: type letters."),
        (" \t ", "Nobody could see that name: type letters."),
        ("\u200b", "Nobody could see that name: type letters."),
        ("\ufe0f", "Nobody could see that name: type letters."),
        ("\u3164", "Nobody could see that name: type letters."),
        ("x" * (MAX_NAME + 1), "Ensure this value has at most 40 characters (it has 41)."),
        ("\U0001d160" * MAX_NAME, "Ensure this value has at most 40 characters (it has 120)."),
    ],
)
def test_what_is_no_name_is_refused_with_a_reason(typed, reason):
    assert NameForm({"name": typed}).errors["name"] == [reason]
