"""Lines that fit into the terminal, which would break them within a word.

A text with a command in it stays one line, so that the command can be copied.
"""

import shutil
import sys
import textwrap
from collections.abc import Sequence

#: Longer lines of a list are hard to read.
MAX_COLUMNS = 80


def hanging(text: str, indent: int) -> str:
    """Return ``text``, which starts at the column ``indent`` of stdout, in lines below each other.

    It stays one line if stdout isn't a terminal: a program may read it.
    """
    is_terminal = sys.stdout is not None and sys.stdout.isatty()
    return _wrap(text, indent, shutil.get_terminal_size().columns) if is_terminal else text


def listed(names: Sequence[str], indent: int) -> str:
    """Return ``names`` with commas, in lines that start at the column ``indent``."""
    columns = min(shutil.get_terminal_size().columns, MAX_COLUMNS)
    return " " * indent + _wrap(", ".join(names), indent, columns)


def _wrap(text: str, indent: int, columns: int) -> str:
    # A terminal with a full line may show an empty one below it.
    width = max(1, columns - 1 - indent)
    lines = textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
    return ("\n" + " " * indent).join(lines)
