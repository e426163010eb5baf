"""The result of a check, and its lines for the terminal."""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field

from chatdemo.course import outline
from chatdemo.course.checker.faults import Finding

#: What a line is. The command chooses a colour by it.
GOOD, BAD, PLAIN = "good", "bad", "plain"
WIDTH = 96


@dataclass
class CheckResult:
    """The steps that are done, the first fault (None if all are), and the last step begun."""

    done: list[str] = field(default_factory=list)
    fault: Finding | None = None
    begun: str = "index"
    notes: list[str] = field(default_factory=list)

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
    for note in result.notes:
        yield PLAIN, ""
        yield from _wrapped(note)
    yield PLAIN, ""
    if result.fault and not passed:
        yield from _fault_lines(result.fault)
    elif target:
        yield GOOD, f"Done up to step {target.number}, {target.name}."
    elif not result.failing:
        yield GOOD, "All steps are done: you have built a chat, and tests that show that it works."
    else:
        step = result.failing
        yield GOOD, f"No fault so far. Next is step {step.number}, {step.name}: {step.summary}."
        if result.fault:
            yield from _wrapped(f"Still missing: {result.fault.cause}")


def _step_line(step: outline.Step, result: CheckResult, passed: bool) -> tuple[str, str]:
    kind, mark = PLAIN, ""
    if step.name in result.done:
        kind, mark = GOOD, "done"
    elif step == result.failing and passed:
        mark = "next"
    elif step == result.failing and result.fault:
        kind, mark = BAD, f"not yet: {result.fault.id}"
    return kind, f"{step.number}  {step.name:<7} {step.title:<26}{mark}".rstrip()


def _fault_lines(fault: Finding) -> Iterator[tuple[str, str]]:
    yield BAD, f"{fault.id}  {fault.title}" + (f"  ({fault.place})" if fault.place else "")
    yield from _wrapped(fault.cause)
    for name, text in (("Expected", fault.expected), ("Seen", fault.seen), ("Next", fault.hint)):
        yield from _wrapped(f"{name + ':':<11}{text}", " " * 11)


def _wrapped(text: str, indent: str = "") -> Iterator[tuple[str, str]]:
    for line in textwrap.wrap(
        text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    ):
        yield PLAIN, line
