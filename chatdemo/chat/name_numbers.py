"""The numbers that tell people with the same name apart: Ada, Ada (2), Ada (3)."""

import re
from collections.abc import Iterable
from typing import NamedTuple

#: At the end of a name as it is shown. Nobody can choose one (identity.py).
NUMBER = re.compile(r" \((\d+)\)$")


class NameNumbers(NamedTuple):
    """The numbers that people with the same name have used in a room.

    ``own`` is the smallest one that the person has used, or 0. ``others`` are used by others.
    """

    own: int = 0
    others: frozenset[int] = frozenset()


def choose_number(taken: Iterable[int], numbers: NameNumbers) -> int:
    """Return the number that the person had, or else the smallest that nobody has had.

    ``taken`` are the numbers of those who are in the room with the same name.
    """
    taken = set(taken)
    if numbers.own and numbers.own not in taken:
        return numbers.own
    taken |= numbers.others
    return next(number for number in range(1, len(taken) + 2) if number not in taken)


def add_number(name: str, number: int) -> str:
    """Return a name as it is shown with a number; the number 1 isn't shown."""
    return name if number == 1 else f"{name} ({number})"


def split_number(display_name: str) -> tuple[str, int]:
    """Return the name and the number of what ``add_number`` has made."""
    found = NUMBER.search(display_name)
    return (display_name[: found.start()], int(found[1])) if found else (display_name, 1)
