"""What people can call themselves, and how they are told apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatdemo.chat.identity import MAX_NAME_LENGTH, NameForm, clean_name, comparison_key
from chatdemo.chat.name_numbers import NUMBER


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
    assert clean_name(typed) == shown


@given(st.text())
def test_a_tidy_name_is_one_line_that_stays_as_it_is(typed):
    name = clean_name(typed)
    assert clean_name(name) == name and len(name.splitlines()) <= 1 and not NUMBER.search(name)


def test_names_that_look_alike_are_alike():
    assert (
        comparison_key("ADA")
        == comparison_key("ada")
        == comparison_key("ａｄａ")
        != comparison_key("adam")
    )
    assert (
        comparison_key("A\u200dda")
        == comparison_key("Ada\ufe0f")
        == comparison_key("A\U000e0100da")
        == comparison_key("ada")
    )


@pytest.mark.parametrize(
    "typed, reason",
    [
        ("", "That name would be invisible. Use letters."),
        (" \t ", "That name would be invisible. Use letters."),
        ("\u200b", "That name would be invisible. Use letters."),
        ("\ufe0f", "That name would be invisible. Use letters."),
        ("\u3164", "That name would be invisible. Use letters."),
        ("x" * (MAX_NAME_LENGTH + 1), "That name has 41 characters; the limit is 40."),
        ("\U0001d160" * MAX_NAME_LENGTH, "That name has 120 characters; the limit is 40."),
    ],
)
def test_what_is_no_name_is_refused_with_a_reason(typed, reason):
    assert NameForm({"name": typed}).errors["name"] == [reason]
