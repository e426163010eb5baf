"""A program in a terminal: a pseudo-terminal, which POSIX has."""

import os
import signal
import subprocess
import threading
from contextlib import suppress
from pathlib import Path

from tests.support.served import DEFAULT_SIGNALS, TIMEOUT_SECONDS, wait_for


class Terminal:
    """``command`` in ``folder``, in a terminal of ``columns`` with the environment ``environ``.

    As a context manager it ends the process whatever happens. ``written`` is what it wrote so far, stdout and stderr.
    """

    def __init__(
        self, folder: Path, command: list[str], environ: dict[str, str], columns: int = 80
    ):
        import fcntl
        import pty
        import struct
        import termios

        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self._bytes = bytearray()
        # With these, the size of the terminal that the tests run in would count.
        own = {name: text for name, text in environ.items() if name not in ("COLUMNS", "LINES")}
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env=own,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            **DEFAULT_SIGNALS,
        )
        os.close(theirs)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def written(self) -> str:
        return self._bytes.decode("utf-8", "replace").replace("\r\n", "\n")

    def __enter__(self):
        return self

    def __exit__(self, *_) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._reader.join(TIMEOUT_SECONDS)
        os.close(self._ours)

    def await_text(self, text: str) -> None:
        wait_for(lambda: text in self.written or self.process.poll() is not None, text)
        assert text in self.written, self.written

    def type(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def interrupt(self) -> None:
        """Send what Ctrl-C sends to all processes of a terminal."""
        os.killpg(self.process.pid, signal.SIGINT)

    def wait(self) -> int:
        """Wait for the end, and for the last of the output; returns the exit code."""
        code = self.process.wait(TIMEOUT_SECONDS)
        self._reader.join(TIMEOUT_SECONDS)
        return code

    def _read(self) -> None:
        with suppress(OSError):  # Linux reports a closed terminal like this
            while chunk := os.read(self._ours, 65536):
                self._bytes += chunk
