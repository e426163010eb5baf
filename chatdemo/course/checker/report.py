"""The result of a check: a fault with its texts from ``faults.toml``, and the terminal's lines."""

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from chatdemo.common.toml import load_toml
from chatdemo.course import outline

#: What a line of the report is. The command chooses a colour by it.
GOOD, BAD, PLAIN = "good", "bad", "plain"
WIDTH_COLUMNS = 96
#: How the note begins about a Redis layer that can't be used.
REDIS_MISSING = "Your channel layer is Redis, but"


class Place(NamedTuple):
    """A line of the learner's project: a path in its folder, and a number, 0 for the whole file."""

    file: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True)
class Finding:
    """A fault as it is reported. ``cause`` says in one sentence what is wrong."""

    id: str
    step: str
    title: str
    expected: str
    seen: str
    cause: str
    hint: str
    file: str = ""
    line: int = 0


class Fault(Exception):
    """Raised by a check that fails: the fault's id, its place, and the facts for its texts.

    The fact ``hint``, if there is one, takes the place of the hint in ``faults.toml``.
    """

    def __init__(self, id: str, place: Place | None = None, **facts: Any):
        super().__init__(id, facts)
        self.id = id
        self.place = place
        self.facts = facts

    def finding(self) -> Finding:
        """Return the fault with its texts."""
        row = catalogue()[self.id]
        facts = {"place": self.place or "the project", **self.facts}
        texts = {name: row[name].format(**facts) for name in ("expected", "seen", "cause", "hint")}
        texts["hint"] = str(facts.get("hint", texts["hint"]))
        file, line = self.place or ("", 0)
        return Finding(self.id, row["step"], row["title"], **texts, file=file, line=line)


#: What begins the code that a hint says to write, and how its sentence may go on after it.
_BEFORE_CODE = re.compile(r"\b(?:[Ww]rite|[Aa]dd|[Cc]all|[Ss]et|[Tt]ake) ")
_AFTER_CODE = re.compile(
    r",? (with|and|or|in|to|out|before|at|there|for|around|without)\b|[:,] |\.?$"
)


def codes_in(hint: str) -> list[str]:
    """Return the code that a hint says to write; what has an ellipsis is left out."""
    codes = []
    for verb in _BEFORE_CODE.finditer(hint):
        ends = [end.start() for end in _AFTER_CODE.finditer(hint, verb.end())]
        whole = (hint[verb.end() : end] for end in ends)
        codes.append(next((code for code in whole if _is_balanced(code)), ""))
    return [code for code in codes if re.search(r"[(=]", code) and "..." not in code]


def _is_balanced(code: str) -> bool:
    return len(re.findall(r"[(\[{]", code)) == len(re.findall(r"[)\]}]", code))


@cache
def catalogue() -> dict[str, dict[str, Any]]:
    """Return every fault by its id: its step, title and texts."""
    return load_toml(Path(__file__).with_name("faults.toml"))


def describe(error: BaseException) -> str:
    """Return the exception as the last line of Python's traceback shows it, in one line."""
    lines = str(error).strip().splitlines()
    # Without the module's path in parentheses, which the place says.
    text = re.sub(r" \(/[^()]*\)$", "", lines[0]) if lines else ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


@dataclass
class CheckResult:
    """The steps that are done, the first fault (None if all are), and the last step begun.

    ``why_no_pages`` is a sentence if the pages weren't run in a browser, and ``why_no_tests`` if
    the project's tests weren't. ``is_whole`` is False while checks are still to be made.
    """

    done: list[str] = field(default_factory=list)
    fault: Finding | None = None
    begun: str = "index"
    notes: list[str] = field(default_factory=list)
    why_no_pages: str = ""
    why_no_tests: str = ""
    is_whole: bool = False

    @property
    def failing(self) -> outline.Step | None:
        """The first step that isn't done."""
        return next((step for step in outline.steps() if step.name not in self.done), None)

    def passes(self, target: outline.Step | None) -> bool:
        """Whether everything up to ``target`` is done; by default, up to the last step begun."""
        wanted = target or outline.find_step(self.begun)
        return self.failing is None or self.failing.number > wanted.number


def report_lines(result: CheckResult, target: outline.Step | None) -> Iterator[tuple[str, str]]:
    """Yield the report as pairs of kind and line. ``target`` is the step that was asked for."""
    passed = result.passes(target)
    for step in outline.steps():
        yield _step_line(step, result, passed)
    for note in (*_missing_runs(result), *result.notes):
        yield PLAIN, ""
        yield from _wrapped(note)
    yield PLAIN, ""
    if result.fault and not passed:
        yield from _fault_lines(result.fault)
    elif target:
        yield GOOD, f"Done up to step {target.number}, {target.name}."
    elif not result.failing:
        yield GOOD, _all_done(result)
    else:
        step = result.failing
        yield GOOD, f"No fault so far. Next is step {step.number}, {step.name}: {step.summary}."
        if result.fault:
            yield from _wrapped(f"Still missing: {result.fault.cause}")


def _missing_runs(result: CheckResult) -> Iterator[str]:
    """What wasn't run, and how to have it run."""
    if result.why_no_pages and result.done:
        yield (
            f"The pages were not run in a browser: {result.why_no_pages} With Chromium, Chrome or"
            " Edge installed, chatdemo check runs them."
        )
    if result.why_no_tests:
        yield f"The tests were read, but not run: {result.why_no_tests}"


def _all_done(result: CheckResult) -> str:
    if result.why_no_pages or result.why_no_tests:
        return "No fault was found in any step."
    return "All steps are done: you have built a chat, and tests that show that it works."


def _step_line(step: outline.Step, result: CheckResult, passed: bool) -> tuple[str, str]:
    kind, mark = PLAIN, ""
    if step.name in result.done:
        kind, mark = GOOD, "done"
        if step == outline.steps()[-1]:
            mark += ", tests not run" if result.why_no_tests else ""
        elif result.why_no_pages:
            mark += ", page not run"
    elif step == result.failing and passed:
        mark = "next"
    elif step == result.failing and result.fault:
        kind, mark = BAD, f"not yet: {result.fault.id}"
    return kind, f"{step.number}  {step.name:<7} {step.title:<26}{mark}".rstrip()


def _fault_lines(fault: Finding) -> Iterator[tuple[str, str]]:
    place = f"  ({Place(fault.file, fault.line)})" if fault.file else ""
    yield BAD, f"{fault.id}  {fault.title}{place}"
    yield from _wrapped(fault.cause)
    for name, text in (("Expected", fault.expected), ("Seen", fault.seen), ("Next", fault.hint)):
        if text:  # there is no advice if the cause isn't sure
            yield from _wrapped(f"{name + ':':<11}{text}", " " * 11)


def _wrapped(text: str, indent: str = "") -> Iterator[tuple[str, str]]:
    for line in textwrap.wrap(
        text,
        WIDTH_COLUMNS,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    ):
        yield PLAIN, line
