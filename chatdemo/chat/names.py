"""What people are called."""

import re
import unicodedata
from typing import NamedTuple

from django import forms

MAX_NAME = 40
#: Of who hasn't given a name.
GUEST = "Guest"
SESSION_KEY = "name"
#: What is shown where nobody could see anything, or where it would turn the text around it: controls, format characters
#: such as those for right-to-left, surrogates, private use. But the joiners that Indic scripts and emoji need stay.
INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
JOINERS = "\u200c\u200d"
#: How people of the same name are told apart (roster.py); nobody can call themselves so.
NUMBER = re.compile(r" \((\d+)\)$")


def tidy(typed: str) -> str:
    """A name as it is shown: one form of each letter, single spaces, nothing invisible, no number at its end."""
    seen = "".join(char for char in typed if char in JOINERS or unicodedata.category(char) not in INVISIBLE)
    name = re.sub(r"\s+", " ", unicodedata.normalize("NFC", seen)).strip(f" {JOINERS}")
    return tidy(NUMBER.sub("", name)) if NUMBER.search(name) else name


def alike(name: str) -> str:
    """What two names have in common that nobody could tell apart when they are read out."""
    return unicodedata.normalize("NFKC", name).casefold()


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


class NameForm(forms.Form):
    """A name that somebody gives themselves."""

    name = forms.CharField(max_length=MAX_NAME, strip=True)

    def clean_name(self) -> str:
        name = tidy(self.cleaned_data["name"])
        if not name:
            raise forms.ValidationError("Nobody could see that name: type letters.")
        return name
