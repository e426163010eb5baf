"""Who a participant is: the key and the name of the person behind it.

A person is a session, with all tabs and reconnections of its browser, or a client's ``?client=``.
"""

import hashlib
import re
import secrets
import unicodedata
from typing import Any
from urllib.parse import parse_qs

from django import forms
from django.core.validators import MaxLengthValidator

from chatdemo.chat.name_numbers import split_number

MAX_NAME_LENGTH = 40
#: The name of a person who hasn't given one.
GUEST = "Guest"
#: Keys in a session: of the person, and of the name they gave.
PERSON_SESSION_KEY, NAME_SESSION_KEY = "person", "name"
#: Unicode categories that are removed from names: invisible characters, and those that change the
#: text around them, such as direction marks. The joiners stay: Indic scripts and emoji need them.
INVISIBLE_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
JOINERS = "\u200c\u200d"
#: Invisible characters that Unicode counts as letters, marks and symbols: fillers, the combining
#: grapheme joiner, the empty Braille pattern.
BLANKS = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
#: Joiners and variation selectors: they may change the look of the character before them, and two
#: names that differ only in these are the same name.
SELECTORS = re.compile(f"[{JOINERS}\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
INVISIBLE_NAME = "That name would be invisible. Use letters."
TOO_LONG_NAME = "That name has %(show_value)d characters; the limit is %(limit_value)d."


def ensure_key(session: Any) -> str:
    """Return the key of the session's person, and create one if there is none.

    The database has it beside each message. It gives no access: the session's own key can't be
    derived from it.
    """
    return session.get(PERSON_SESSION_KEY) or session.setdefault(
        PERSON_SESSION_KEY, secrets.token_hex(12)
    )


def key_of(scope: dict[str, Any]) -> str:
    """Return the key of the person behind a WebSocket: that of the session's person.

    A client without cookies can send a secret of its own as ``?client=``, and is then the same
    person after a reconnection. Without either it is a new person each time. Raises ValueError if
    the session can't be read now: its person would be a stranger, whose messages are new ones.
    """
    session = scope.get("session")
    if session is not None and (key := session.get(PERSON_SESSION_KEY)):
        return key
    if getattr(session, "is_unread", False):
        raise ValueError("The session can't be read now.")
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    secret = query.get("client", [""])[0]
    if secret:
        return f"client-{hashlib.sha256(secret.encode()).hexdigest()[:32]}"
    return f"once-{secrets.token_hex(12)}"


def name_of(scope: dict[str, Any]) -> str | None:
    """Return the name of the person behind a WebSocket; None for a client without a session."""
    session = scope.get("session")
    if session is None or not session.get(PERSON_SESSION_KEY):
        return None
    return session.get(NAME_SESSION_KEY) or GUEST


def clean_name(typed: str) -> str:
    """Return a name as it is shown.

    One form of each letter, single spaces, nothing invisible, no number at the end.
    """
    visible = "".join(char for char in typed if char in JOINERS or not _is_invisible(char))
    name = re.sub(r"\s+", " ", unicodedata.normalize("NFC", visible)).strip(f" {JOINERS}")
    without_number = split_number(name)[0]
    return name if without_number == name else clean_name(without_number)


def _is_invisible(char: str) -> bool:
    return char in BLANKS or unicodedata.category(char) in INVISIBLE_CATEGORIES


def comparison_key(name: str) -> str:
    """Return the form of a name in which names are compared.

    Names that differ only in case, or in variants of the same characters (Unicode's form NFKC), are
    the same name. The form is empty for a name without visible characters.
    """
    return unicodedata.normalize("NFKC", SELECTORS.sub("", name)).casefold()


class NameForm(forms.Form):
    """The name that a person chooses."""

    name = forms.CharField(
        max_length=MAX_NAME_LENGTH,
        error_messages={"required": INVISIBLE_NAME, "max_length": TOO_LONG_NAME},
    )

    def clean_name(self) -> str:
        """Return the name as it is shown. Raises ValidationError if it can't be used."""
        name = clean_name(self.cleaned_data["name"])
        if not comparison_key(name):
            raise forms.ValidationError(INVISIBLE_NAME)
        # Unicode's form NFC of a letter can be longer than what was typed.
        MaxLengthValidator(MAX_NAME_LENGTH, TOO_LONG_NAME)(name)
        return name


class JoinForm(NameForm):
    """The name and the room of a person who joins: without a name they are a guest.

    The room's name isn't checked: the page that it leads to does that.
    """

    room = forms.CharField(required=False)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["name"].required = False

    def clean_name(self) -> str:
        """Return the name as it is shown, or "". Raises ValidationError if it can't be used."""
        return super().clean_name() if self.cleaned_data["name"] else ""
