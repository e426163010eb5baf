"""What log records look like in the terminal."""

import logging
import sys

from chatdemo.project.logs import LineFormatter


def formatted(message: str, error: Exception | None = None, tracebacks: bool = False) -> str:
    try:
        raise error or ValueError
    except Exception:
        info = sys.exc_info() if error else None
    record = logging.LogRecord("django", logging.ERROR, __file__, 1, message, (), info)
    return LineFormatter(tracebacks).format(record)


def test_a_record_is_one_line():
    assert formatted("Broken pipe").endswith(" error Broken pipe")


def test_text_from_outside_cannot_forge_a_line():
    line = formatted("Not Found: /chat/a\n12:00:00 error All is lost\x1b[2J\u2028/")
    assert line.isprintable()
    assert r"a\n12:00:00 error All is lost\x1b[2J\u2028/" in line


def test_an_exception_that_the_message_ends_with_is_shown_once():
    line = formatted("Exception inside application: No route", ValueError("No route"))
    assert line.endswith(
        " error Exception inside application: ValueError: No route (--debug shows where)"
    )


def test_a_traceback_is_shown_with_debug_alone():
    assert formatted("Failed", OSError("no\ndisk")).endswith(
        r" error Failed (OSError: no\ndisk; --debug shows where)"
    )
    assert "Traceback (most recent call last)" in formatted(
        "Failed", OSError("no disk"), tracebacks=True
    )


def test_a_traceback_forges_no_line_either():
    error = ValueError("no room a\n12:00:00 error All is lost\x1b[2J\r\u2028")
    line, *below = formatted("Failed", error, tracebacks=True).split("\n")
    assert line.endswith(" error Failed")
    assert all(part.startswith("  ") and part.isprintable() for part in below)
    assert below[-1] == r"  12:00:00 error All is lost\x1b[2J\r\u2028"
