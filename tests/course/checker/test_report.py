"""What the terminal shows."""

from chatdemo.course import outline
from chatdemo.course.checker.report import CheckResult, Fault, Place, report_lines

ALL = [step.name for step in outline.steps()]


def lines(result: CheckResult, step: str | None = None) -> list[str]:
    return [line for _, line in report_lines(result, outline.find_step(step) if step else None)]


def test_a_fault_is_said_in_one_sentence_with_its_place_and_a_hint():
    facts = {"why": "never calls self.accept()", "fix": "End connect with self.accept()"}
    fault = Fault("C306", Place("chat/consumers.py", 7), **facts).finding()
    shown = lines(CheckResult(["index", "room"], fault, "echo"))
    assert shown[2] == "3  echo    An echo                   not yet: C306"
    assert shown[8:] == [
        "C306  accept() forgotten  (chat/consumers.py:7)",
        "connect at chat/consumers.py:7 never calls self.accept(), so the WebSocket isn't opened",
        "Expected:  connect accepts the WebSocket",
        "Seen:      the handshake gets no answer",
        "Next:      End connect with self.accept()",
    ]


def test_a_fault_without_a_sure_cause_has_no_advice():
    facts = {"where": "chat/views.py:5 raises", "seen": "1 / 0", "error": "ZeroDivisionError"}
    fault = Fault("C005", Place("chat/views.py", 5), doing="requesting a page", **facts)
    shown = lines(CheckResult([], fault.finding(), "index"))
    assert shown[-2:] == ["Expected:  no exception while requesting a page", "Seen:      1 / 0"]


def test_a_step_that_has_not_been_begun_is_what_comes_next():
    fault = Fault(
        "C201", Place("chat/urls.py", 5), path="/chat/lobby/", status=404, why="so it is", fix=""
    ).finding()
    shown = lines(CheckResult(["index"], fault))
    assert shown[1] == "2  room    The room page             next"
    assert shown[8].startswith("No fault so far. Next is step 2, room: ")
    assert shown[9].startswith("Still missing: /chat/lobby/ isn't the room's page")


def test_the_end_is_said():
    assert (
        lines(CheckResult(ALL, None, "tests"))[-1]
        == "All steps are done: you have built a chat, and tests that show that it works."
    )
    assert lines(CheckResult(ALL[:3], None, "echo"), "echo")[-1] == "Done up to step 3, echo."


def test_notes_are_shown():
    assert "Redis isn't there." in lines(CheckResult(ALL, None, "tests", ["Redis isn't there."]))


def test_what_was_not_run_is_said_of_each_step_and_at_the_end():
    result = CheckResult(
        ALL, None, "tests", why_no_pages="There is none.", why_no_tests="So it is."
    )
    shown = lines(result)
    marks = [line.partition("done")[2] for line in shown[:7]]
    assert marks == [", page not run"] * 6 + [", tests not run"]
    text = " ".join(shown)
    assert (
        "The pages were not run in a browser: There is none. With Chromium, Chrome or Edge" in text
    )
    assert "The tests were read, but not run: So it is." in text
    assert shown[-1] == "No fault was found in any step."
