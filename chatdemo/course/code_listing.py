"""A step's code as its lesson shows it: highlighted, with the changes since the step before."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from chatdemo.common.computed_once import computed_once
from chatdemo.course.checker.report import catalogue
from chatdemo.course.outline import Exercise, Step

#: Unchanged lines that stay visible on each side of a change.
CONTEXT_LINES = 3
#: Fewer unchanged lines in a row than this are never folded.
MIN_FOLDED_LINES = 8
NEW, CHANGED, UNCHANGED = "new", "changed", "unchanged"
ADDED, REMOVED, SAME = "added", "removed", "same"


@dataclass(frozen=True)
class Line:
    """A line of code: ``number`` in the file (None if it was removed), ``kind`` (ADDED, REMOVED or
    SAME), and the code as safe HTML.
    """

    number: int | None
    kind: str
    html: str


@dataclass(frozen=True)
class LineRange:
    """Lines that follow one another, folded or visible."""

    lines: tuple[Line, ...]
    folded: bool

    @property
    def numbers(self) -> tuple[int | None, int | None]:
        """The numbers of the first and the last line."""
        return self.lines[0].number, self.lines[-1].number


@dataclass(frozen=True)
class ListedFile:
    """A file of the project: its ``text`` as it must be typed, its ``state`` (NEW, CHANGED or
    UNCHANGED) and its lines.
    """

    path: str
    text: str
    state: str
    ranges: tuple[LineRange, ...]
    layer: str = "memory"

    @property
    def id(self) -> str:
        """An element id, unique in a page that shows the file for several channel layers."""
        return f"{self.layer}-" + "".join(char if char.isalnum() else "-" for char in self.path)

    @property
    def text_id(self) -> str:
        """The id of the element with the text that the copy button copies."""
        return f"{self.id}-text"


@dataclass(frozen=True)
class ListedExercise:
    """A fault to find: the file with the fault in it as ``lines``, and the first wrong one's
    ``number``. Of a file that the step adds to, the lines are those that it adds.

    ``correction`` are the lines that the correction removes and adds, ``fault`` is the id that
    `chatdemo check` reports, and ``title`` the fault's title there. The texts are safe HTML.
    """

    path: str
    lines: tuple[Line, ...]
    number: int
    correction: tuple[Line, ...]
    fault: str
    title: str
    seen: str
    answer: str


@computed_once
def listed_files(step: Step, layer: str = "memory") -> tuple[ListedFile, ...]:
    """Return every file of the project at the end of ``step``, those it touches first.

    ``layer`` is one of outline.LAYERS.
    """
    before = step.previous.project() if step.previous else {}
    return tuple(
        _listed_file(path, before.get(path), text, layer)
        for path, text in step.project(layer).items()
    )


def _listed_file(path: str, before: str | None, text: str, layer: str) -> ListedFile:
    lines = highlight(path, text)
    if before is not None and before != text:
        ranges = tuple(_fold(list(_compare(highlight(path, before), lines))))
        return ListedFile(path, text, CHANGED, ranges, layer)
    whole = LineRange(
        tuple(Line(number, SAME, html) for number, html in enumerate(lines, 1)), False
    )
    return ListedFile(path, text, NEW if before is None else UNCHANGED, (whole,), layer)


@computed_once
def listed_exercises(step: Step) -> tuple[ListedExercise, ...]:
    """Return the step's faults to find."""
    return tuple(_listed_exercise(step, exercise) for exercise in step.exercises)


def _listed_exercise(step: Step, exercise: Exercise) -> ListedExercise:
    path = exercise.file
    right = highlight(path, step.project()[path])
    wrong = highlight(path, step.project_with(exercise)[path])
    numbers = [line.number for line in _compare(right, wrong) if line.number and line.kind == ADDED]
    before = step.previous.project()[path] if step.previous and path in step.adds else ""
    first = len(before.splitlines()) + 1
    lines = [Line(number, SAME, html) for number, html in enumerate(wrong, 1) if number >= first]
    return ListedExercise(
        path,
        tuple(lines),
        numbers[0],
        tuple(line for line in _compare(wrong, right) if line.kind != SAME),
        exercise.fault,
        catalogue()[exercise.fault]["title"],
        _with_code(exercise.seen),
        _with_code(exercise.answer),
    )


def _with_code(text: str) -> SafeString:
    """The text as HTML, in which the parts between backticks are code."""
    parts = text.strip().split("`")
    marked = (
        format_html("<code>{}</code>" if number % 2 else "{}", part)
        for number, part in enumerate(parts)
    )
    return format_html_join("", "{}", ((part,) for part in marked))


def highlight(path: str, text: str) -> list[str]:
    """Return the lines of ``text`` as HTML with the classes of Pygments.

    The suffix of ``path`` decides the language.
    """
    # Imported here, as it takes longer than all the rest of a page: the server starts without it.
    # And by the full names, as pygments.lexers and .formatters import lazily, which fails in
    # several threads at once.
    import pygments
    from pygments.formatters.html import HtmlFormatter
    from pygments.lexers.python import PythonLexer
    from pygments.lexers.templates import HtmlDjangoLexer

    lexer = HtmlDjangoLexer if path.endswith(".html") else PythonLexer
    formatter = HtmlFormatter(nowrap=True)
    html = pygments.highlight(text, lexer(stripnl=False, ensurenl=False), formatter)
    return html.splitlines()[: len(text.splitlines())]


def _compare(before: list[str], after: list[str]) -> Iterator[Line]:
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for operation, start, end, first, last in matcher.get_opcodes():
        if operation != "equal":
            yield from (Line(None, REMOVED, html) for html in before[start:end])
        kind = SAME if operation == "equal" else ADDED
        yield from (Line(number, kind, after[number - 1]) for number in range(first + 1, last + 1))


def _fold(lines: list[Line]) -> Iterator[LineRange]:
    """Split the lines into ranges. Long ranges far from every change are folded."""
    changes = [index for index, line in enumerate(lines) if line.kind != SAME]
    far = [
        all(abs(index - change) > CONTEXT_LINES for change in changes)
        for index in range(len(lines))
    ]
    folded: list[bool] = []
    for is_far, group in groupby(far):
        length = len(list(group))
        folded += [is_far and length >= MIN_FOLDED_LINES] * length
    for is_folded, pairs in groupby(zip(lines, folded, strict=True), key=lambda pair: pair[1]):
        yield LineRange(tuple(line for line, _ in pairs), is_folded)
