"""One line of a terminal, written again and again."""

import os
from contextlib import AbstractContextManager
from typing import TextIO

#: What the terminal writes where Ctrl-C was pressed.
CTRL_C = "^C"
#: Columns of a terminal that doesn't tell.
USUAL = 80


class LiveLine(AbstractContextManager):
    """``show`` puts a text in the place of the one before, on a line of ``stream`` that has nothing else on it.

    The line is empty again at the end. If ``stream`` is no terminal, nothing is shown.
    """

    def __init__(self, stream: TextIO):
        self.stream = stream
        self.length = 0

    def show(self, text: str) -> None:
        """``text`` has its parts two spaces apart; the last ones are left out where the terminal is too narrow."""
        if self.stream.isatty():
            columns = os.get_terminal_size(self.stream.fileno()).columns or USUAL
            room = max(0, columns - 1 - len(CTRL_C))
            text = fit(text, room)
            self._write(text.ljust(min(self.length, room)))
            self.length = len(text)

    def __exit__(self, *_) -> None:
        if self.length:
            self._write(" " * (self.length + len(CTRL_C)) + "\r")

    def _write(self, text: str) -> None:
        self.stream.write(f"\r{text}")
        self.stream.flush()


def fit(text: str, width: int) -> str:
    """As many parts of ``text`` as fit."""
    while len(text) > width:
        text = text.rpartition("  ")[0]
    return text
