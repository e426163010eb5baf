"""A verdict in words, for the terminal."""

import textwrap
from collections.abc import Iterator

from chatdemo.course import outline
from chatdemo.course.checker.faults import Finding
from chatdemo.course.checker.run import Verdict

#: What a line is, for whoever prints it to choose a colour by.
GOOD, BAD, PLAIN = "good", "bad", "plain"
WIDTH = 96


def lines(verdict: Verdict, target: outline.Step | None) -> Iterator[tuple[str, str]]:
    """The report, as pairs of kind and line. ``target`` is the step that was asked for, if one was."""
    passed = verdict.passes(target)
    for step in outline.steps():
        yield _step_line(step, verdict, passed)
    for note in verdict.notes:
        yield PLAIN, ""
        yield from _wrapped(note)
    yield PLAIN, ""
    if verdict.fault and not passed:
        yield from _fault(verdict.fault)
    elif target:
        yield GOOD, f"Done up to step {target.number}, {target.name}."
    else:
        yield from _next(verdict)


def _step_line(step: outline.Step, verdict: Verdict, passed: bool) -> tuple[str, str]:
    kind, word = PLAIN, ""
    if step.name in verdict.done:
        kind, word = GOOD, "done"
    elif step == verdict.failing:
        kind, word = (PLAIN, "next") if passed else (BAD, f"not yet: {verdict.fault.id}")
    return kind, f"{step.number}  {step.name:<7} {step.title:<26}{word}".rstrip()


def _fault(fault: Finding) -> Iterator[tuple[str, str]]:
    yield BAD, f"{fault.id}  {fault.title}" + (f"  ({fault.place})" if fault.place else "")
    yield from _wrapped(fault.cause)
    for name, text in (("Expected", fault.expected), ("Seen", fault.seen), ("Next", fault.hint)):
        yield from _wrapped(f"{name + ':':<11}{text}", " " * 11)


def _next(verdict: Verdict) -> Iterator[tuple[str, str]]:
    """What comes after the steps that are done."""
    following = verdict.failing
    if not following:
        yield GOOD, "All steps are done: you have built a chat, and shown that it works."
        return
    yield (
        GOOD,
        f"No fault so far. Next is step {following.number}, {following.name}: {following.summary}.",
    )
    if verdict.fault:
        yield from _wrapped(f"Still missing: {verdict.fault.cause}")


def _wrapped(text: str, indent: str = "") -> Iterator[tuple[str, str]]:
    found = textwrap.wrap(
        text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
    yield from ((PLAIN, line) for line in found)
