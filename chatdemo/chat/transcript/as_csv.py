"""CSV, as RFC 4180 has it: for spreadsheets, and for programs that don't read JSON."""

import csv
import re
from typing import Any

from chatdemo.chat.message_log import StoredMessage as Kept
from chatdemo.chat.transcript.characters import visible
from chatdemo.chat.transcript.form import Form

#: A cell that a spreadsheet would run: https://owasp.org/www-community/attacks/CSV_Injection. Also with apostrophes in
#: front, so that whoever takes the one away that ``cell`` adds always has the text as it was.
FORMULA = re.compile(r"'*(?:[\t\r\n]|\s*[=+\-@＝＋－＠])")


class Csv(Form):
    """A line of names, then a row for each message, with UTF-8 and without a byte order mark."""

    content_type = "text/csv; charset=utf-8; header=present"

    def __init__(self) -> None:
        self.row = csv.writer(_Returned()).writerow

    def begin(self, room: str) -> str:
        return self.row(["seq", "at", "name", "text"])

    def message(self, kept: Kept) -> str:
        return self.row([kept.seq, kept.at, cell(kept.name), cell(kept.text)])


def cell(text: str) -> str:
    """``text`` with its control characters visible, and an apostrophe in front where it would be a formula."""
    text = visible(text)
    return f"'{text}" if FORMULA.match(text) else text


class _Returned:
    """A file for csv.writer, whose rows then are what ``writerow`` returns."""

    def write(self, row: str) -> Any:
        return row
