"""`chatdemo crowd` as a user types it: its options, its refusals, its live line."""

import os
import re
import subprocess
import sys
from contextlib import suppress

import pytest
from click.testing import CliRunner

from chatdemo.commands import cli
from tests.crowd.crowds import RUN_TIMEOUT_SECONDS, figure
from tests.support.served import clean_environ, default_signals, free_port

#: Three messages, and time for the last one on a busy machine.
SHORT = ("--people", "3", "--for", "1", "--rate", "3")

pytestmark = pytest.mark.usefixtures("folder")


def refused(code: int, *arguments: str) -> tuple[str, str]:
    """The two lines that refuse ``arguments``."""
    result = CliRunner().invoke(cli, ["crowd", *arguments])
    assert result.exit_code == code
    message, hint = result.stderr.splitlines()
    return message.removeprefix("Error: "), hint.removeprefix("Next:  ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--people", "0"), "Invalid value for '--people': 0 is not in the range 1<=x<=10000."),
        (
            ("--people", "10001"),
            "Invalid value for '--people': 10001 is not in the range 1<=x<=10000.",
        ),
        (("--people", "1.5"), "Invalid value for '--people': '1.5' is not a valid whole number."),
        (("--rate", "0"), "Invalid value for '--rate': 0.0 is not in the range 0<x<=10000."),
        (("--rate", "-1"), "Invalid value for '--rate': -1.0 is not in the range 0<x<=10000."),
        (("--rate", "inf"), "Invalid value for '--rate': inf is not in the range 0<x<=10000."),
        (("--rate", "nan"), "Invalid value for '--rate': nan is not in the range 0<x<=10000."),
        (("--drop", "-0.1"), "Invalid value for '--drop': -0.1 is not in the range 0<=x<=1."),
        (("--drop", "2"), "Invalid value for '--drop': 2.0 is not in the range 0<=x<=1."),
        (("--drop", "nan"), "Invalid value for '--drop': nan is not in the range 0<=x<=1."),
        (("--for", "0"), "Invalid value for '--for': 0.0 is not in the range 0<x<=86400."),
        (("--for", "soon"), "Invalid value for '--for': 'soon' is not a valid number."),
    ],
)
def test_a_bad_value_is_refused_with_its_range(arguments, message):
    assert refused(2, *arguments) == (message, "chatdemo crowd --help shows how it is used.")


def test_a_bad_address_is_refused_with_examples():
    message, hint = refused(2, "ftp://host")
    assert (
        message == "'ftp://host' is not the address of a chat."
        and "http://127.0.0.1:8000/chat/lobby/" in hint
    )


def test_where_nothing_listens_it_says_what_to_do():
    port = free_port()
    assert refused(1, f"127.0.0.1:{port}")[0] == f"Nothing listens at 127.0.0.1:{port}."


def test_the_help_says_that_the_rate_is_the_total():
    text = " ".join(CliRunner().invoke(cli, ["crowd", "--help"]).stdout.split())
    assert "Messages per second, from all participants together. [default: 1]" in text


def on_a_terminal(*arguments: str, columns: int = 80) -> tuple[int, str]:
    """The exit code of the command on a terminal, and all that it wrote there."""
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    command = [sys.executable, "-m", "chatdemo", "crowd", *arguments]
    with subprocess.Popen(
        command,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=clean_environ(),
        preexec_fn=default_signals,
    ) as process:
        os.close(theirs)
        written = b""
        with suppress(OSError):  # Linux reports a closed terminal like this
            while chunk := os.read(ours, 65536):
                written += chunk
        code = process.wait(RUN_TIMEOUT_SECONDS)
    os.close(ours)
    return code, written.decode()


@pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals are POSIX's")
def test_on_a_terminal_one_line_is_rewritten_and_removed_at_the_end(faulty):
    code, written = on_a_terminal(faulty.room("fair"), *SHORT)
    assert code == 0, written
    shown = re.findall(r"\r([^\r\n]+)", written)
    pattern = r"3 in  [0-4] s left  sent \d+  lost 0  [\d,]+ delivered/s  p99 \S+ ms"
    assert any(re.match(pattern, line) for line in shown)
    assert re.search(r"\r +\r\r?  participants", written)
    assert figure(written.replace("\r", ""), "delivered") == "9"


@pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals are POSIX's")
def test_on_a_narrow_terminal_the_line_is_no_longer_than_it(faulty):
    code, written = on_a_terminal(faulty.room("fair"), *SHORT, columns=36)
    assert code == 0, written
    shown = re.findall(r"\r([^\r\n]+)", written)
    assert any(re.fullmatch(r"3 in  [0-4] s left  sent \d+  lost 0 *", line) for line in shown)
    assert max(map(len, shown)) < 36
