"""How much memory a server has (proc(5): /proc/pid/status and clear_refs), so on Linux alone."""

import re
import sys
from pathlib import Path

import pytest

from tests.support.served import Served

on_linux = pytest.mark.skipif(
    sys.platform != "linux", reason="the memory of a process is read in /proc"
)
MIB = 1 << 20


def memory(server: Served, what: str = "VmRSS") -> int:
    """Bytes that are resident now."""
    status = Path(f"/proc/{server.process.pid}/status").read_text("ascii")
    return int(re.search(rf"{what}:\s+(\d+) kB", status)[1]) << 10


class Growth:
    """By how many bytes the most memory that the server has had since exceeds what it has now: ``so_far()``."""

    def __init__(self, server: Served):
        self.server = server
        Path(f"/proc/{server.process.pid}/clear_refs").write_text("5", "ascii")
        self.before = memory(server)

    def so_far(self) -> int:
        return memory(self.server, "VmHWM") - self.before
