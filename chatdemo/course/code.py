"""A step's code as its lesson shows it: highlighted, and with what changed since the step before marked."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby

from chatdemo.common.once import computed_once
from chatdemo.course.course import Step

#: Unchanged lines in a row that stay in sight beside a change, and how many more are worth folding away.
NEAR, MANY = 3, 8
NEW, CHANGED, UNCHANGED = "new", "changed", "unchanged"
ADDED, REMOVED, SAME = "added", "removed", "same"


@dataclass(frozen=True)
class Line:
    """A line: its ``number`` in the file (None if it was removed), what became of it, and its code as safe HTML."""

    number: int | None
    kind: str
    html: str


@dataclass(frozen=True)
class Run:
    """Lines that follow one another, folded away or in sight."""

    lines: tuple[Line, ...]
    folded: bool

    @property
    def numbers(self) -> tuple[int | None, int | None]:
        return self.lines[0].number, self.lines[-1].number


@dataclass(frozen=True)
class File:
    """A file of the project: its path, ``text`` as it must be typed, its ``state``, and the ``runs`` of its lines."""

    path: str
    text: str
    state: str
    runs: tuple[Run, ...]
    layer: str = "memory"

    @property
    def id(self) -> str:
        """Its id in a page that may show it for several channel layers: letters, digits and hyphens."""
        return f"{self.layer}-" + "".join(char if char.isalnum() else "-" for char in self.path)

    @property
    def text_id(self) -> str:
        """The id of the element that holds the text for the button that copies it."""
        return f"{self.id}-text"


@computed_once
def files(step: Step, layer: str = "memory") -> tuple[File, ...]:
    """Every file of the project at the end of ``step``, those it touches first; kept, as a step's code never changes.

    ``layer`` is one of course.LAYERS.
    """
    before = step.previous.project() if step.previous else {}
    return tuple(
        _file(path, before.get(path), text, layer) for path, text in step.project(layer).items()
    )


def _file(path: str, before: str | None, text: str, layer: str) -> File:
    lines = highlight(path, text)
    if before is not None and before != text:
        runs = _fold(list(_compare(highlight(path, before), lines)))
        return File(path, text, CHANGED, tuple(runs), layer)
    run = Run(tuple(Line(number, SAME, html) for number, html in enumerate(lines, 1)), False)
    return File(path, text, NEW if before is None else UNCHANGED, (run,), layer)


def highlight(path: str, text: str) -> list[str]:
    """The lines of ``text`` as HTML, with the classes of Pygments for the kind of file that ``path`` names."""
    # Here, as it takes longer to import than all the rest of a page: the server starts without it.
    import pygments
    from pygments.formatters.html import HtmlFormatter
    from pygments.lexers.python import PythonLexer
    from pygments.lexers.templates import HtmlDjangoLexer

    lexer = HtmlDjangoLexer if path.endswith(".html") else PythonLexer
    html = pygments.highlight(
        text, lexer(stripnl=False, ensurenl=False), HtmlFormatter(nowrap=True)
    )
    return html.splitlines()[: len(text.splitlines())]


def _compare(before: list[str], after: list[str]) -> Iterator[Line]:
    for kind, start, end, first, last in SequenceMatcher(
        None, before, after, autojunk=False
    ).get_opcodes():
        if kind != "equal":
            yield from (Line(None, REMOVED, html) for html in before[start:end])
        same = SAME if kind == "equal" else ADDED
        yield from (Line(number, same, after[number - 1]) for number in range(first + 1, last + 1))


def _fold(lines: list[Line]) -> Iterable[Run]:
    for folded, run in groupby(
        zip(lines, _far_from_a_change(lines), strict=True), key=lambda pair: pair[1]
    ):
        yield Run(tuple(line for line, _ in run), folded)


def _far_from_a_change(lines: list[Line]) -> list[bool]:
    """For each line, whether it is to be folded away."""
    changes = [index for index, line in enumerate(lines) if line.kind != SAME]
    far = [all(abs(index - change) > NEAR for change in changes) for index in range(len(lines))]
    runs = [list(run) for _, run in groupby(far)]
    return [value for run in runs for value in (run if len(run) >= MANY else [False] * len(run))]
