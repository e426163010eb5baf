"""What people are called."""

import re
import unicodedata
from typing import NamedTuple

from django import forms
from django.core.validators import MaxLengthValidator

MAX_NAME = 40
#: Of who hasn't given a name.
GUEST = "Guest"
SESSION_KEY = "name"
#: What is shown where nobody could see anything, or where it would turn the text around it: controls, format characters
#: such as those for right-to-left, surrogates, private use. But the joiners that Indic scripts and emoji need stay.
INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
JOINERS = "\u200c\u200d"
#: Nobody can see these either, though Unicode has them as letters, marks and symbols: fillers, a joiner of marks, the
#: empty pattern of Braille.
BLANKS = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
#: What changes how the character before it looks, if anything: it alone makes no other name.
UNTOLD = re.compile(f"[{JOINERS}\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
#: How people of the same name are told apart (roster.py); nobody can call themselves so.
NUMBER = re.compile(r" \((\d+)\)$")


def tidy(typed: str) -> str:
    """A name as it is shown: one form of each letter, single spaces, nothing invisible, no number at its end."""
    seen = "".join(char for char in typed if char in JOINERS or not _is_invisible(char))
    name = re.sub(r"\s+", " ", unicodedata.normalize("NFC", seen)).strip(f" {JOINERS}")
    return tidy(NUMBER.sub("", name)) if NUMBER.search(name) else name


def _is_invisible(char: str) -> bool:
    return char in BLANKS or unicodedata.category(char) in INVISIBLE


def alike(name: str) -> str:
    """What two names have in common that nobody could tell apart when they are read out. Empty for one without letters
    or signs that can be seen.
    """
    return unicodedata.normalize("NFKC", UNTOLD.sub("", name)).casefold()


class Numbers(NamedTuple):
    """Which numbers people of one name have had in a room: ``own`` is the least of one of them's, or 0."""

    own: int = 0
    others: frozenset[int] = frozenset()


NO_NUMBERS = Numbers()


def shown(name: str, number: int) -> str:
    """A name with the number that tells it from others; 1 isn't shown."""
    return name if number == 1 else f"{name} ({number})"


def parts(shown: str) -> tuple[str, int]:
    """The name and the number that are shown so."""
    found = NUMBER.search(shown)
    return (shown[: found.start()], int(found[1])) if found else (shown, 1)


UNSEEN = "Nobody could see that name: type letters."


class NameForm(forms.Form):
    """A name that somebody gives themselves."""

    name = forms.CharField(max_length=MAX_NAME, strip=True, error_messages={"required": UNSEEN})

    def clean_name(self) -> str:
        name = tidy(self.cleaned_data["name"])
        if not alike(name):
            raise forms.ValidationError(UNSEEN)
        MaxLengthValidator(MAX_NAME)(name)  # one form of each letter can be longer than another
        return name
