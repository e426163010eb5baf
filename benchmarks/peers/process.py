"""A peer in a process of its own, on a core of its own; what that process has used, from /proc."""

import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from benchmarks.peers import Peer
from benchmarks.peers.tools import Workshop
from benchmarks.startup import resident
from tests.support.served import Process, clean_environ, free_port

#: Which of the machine's cores they have to themselves, as far as there are two.
SERVER_CORE, LOAD_CORE = 0, 1
#: The length of the environment moves the stack, and a server's speed by 2 %. It is another one each
#: time, so that a median of several rounds doesn't have one place's luck in it (Mytkowicz et al.,
#: "Producing wrong data without doing anything obviously wrong!", ASPLOS 2009).
MAX_PADDING = 4096
#: Seconds between two readings of the memory, and how many there are at most until two agree.
INTERVAL, READINGS = 0.3, 17


class Running(Process):
    """``peer`` on a free port, pinned; as a context manager it is waited for, and ended by its id."""

    def __init__(self, peer: Peer, workshop: Workshop):
        self.ready, self.peer, port = peer.ready, peer, free_port()
        self.room = f"ws://127.0.0.1:{port}/ws/chat/lobby/"
        padding = "x" * random.randrange(MAX_PADDING)
        environ = {**clean_environ(), **workshop.environ, "BENCHMARK_PADDING": padding}
        with pinned(SERVER_CORE):
            super().__init__(workshop.folder / peer.folder, peer.command(workshop, port), environ)

    def cpu(self) -> float | None:
        """Seconds of processor time so far; None where there's no /proc."""
        with suppress(OSError):
            # proc_pid_stat(5): the name, in parentheses, may hold anything; utime and stime are fields 14 and 15.
            fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> float | None:
        """Resident KiB; None where there's no /proc."""
        with suppress(OSError):
            return resident(Path(f"/proc/{self.process.pid}")) * 1024

    def settled(self) -> float | None:
        """Resident KiB, once it neither grows nor shrinks."""
        return settled(self.memory)


def settled(read: Callable[[], float | None], interval: float = INTERVAL) -> float | None:
    """What ``read`` gives twice in succession, or in the end: servers tidy up a moment after all have joined."""
    value = read()
    for _ in range(READINGS - 1):
        time.sleep(interval)
        before, value = value, read()
        if value == before:
            break
    return value


@contextmanager
def pinned(index: int) -> Iterator[None]:
    """What is started meanwhile runs on one core alone: a child has the affinity of whoever starts it."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {sorted(before)[min(index, len(before) - 1)]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
