"""How long until the first page, and in how much memory: chatdemo against the tutorial's project. Needs POSIX.

    python benchmarks/startup.py [--runs 9] [--check]

The contenders take turns in one run: a round is each of them once, and the ratios are taken within a round, so that a
machine that is busy for a while is busy for all. The first round is thrown away: it writes
the bytecode caches.
"""

import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import stock  # noqa: E402
from tests.support.served import clean_environ, free_port  # noqa: E402

#: Seconds between two attempts to connect, for an answer to begin, and for the page to be there at all.
INTERVAL, ANSWER_TIMEOUT, PAGE_TIMEOUT = 0.002, 5, 60
STOP_TIMEOUT = 5
SERVE, RUNSERVER, DAPHNE = "chatdemo serve", "migrate && runserver", "daphne, migrated before"


@dataclass(frozen=True)
class Sample:
    """One start: ``seconds`` to the whole first page, ``memory`` in MiB after it (None where there's no /proc)."""

    seconds: float
    memory: float | None


@dataclass(frozen=True)
class Limit:
    """A ratio that is wanted: ``field`` of chatdemo's samples to that of ``rival``'s is at most ``most``."""

    label: str
    field: str
    rival: str
    most: float


LIMITS = (
    Limit(f"time to that of {RUNSERVER}", "seconds", RUNSERVER, 0.30),
    Limit(f"time to that of {DAPHNE}", "seconds", DAPHNE, 1.0),
    Limit(f"memory to that of {DAPHNE}", "memory", DAPHNE, 1.0),
)
#: What a contender does to serve on a port: the folder to be in, and the commands, of which the last one serves.
Plan = tuple[Path, list[list[str]]]


def serve(workshop: Path, port: int) -> Plan:
    """chatdemo on a database that isn't there yet."""
    folder = Path(tempfile.mkdtemp(dir=workshop))
    return folder, [
        [*program("chatdemo"), "serve", "--port", str(port), "--db", str(folder / "chat.sqlite3")]
    ]


def runserver(workshop: Path, port: int) -> Plan:
    """What the tutorial has one type, on a database that isn't there yet."""
    folder = workshop / "fresh"
    (folder / "db.sqlite3").unlink(missing_ok=True)
    manage = [sys.executable, "manage.py"]
    return folder, [[*manage, "migrate"], [*manage, "runserver", str(port)]]


def daphne(workshop: Path, port: int) -> Plan:
    """The tutorial's project on Daphne itself, with its database ready."""
    return workshop / "migrated", [[*program("daphne"), "-p", str(port), "mysite.asgi:application"]]


CONTENDERS: dict[str, Callable[[Path, int], Plan]] = {
    SERVE: serve,
    RUNSERVER: runserver,
    DAPHNE: daphne,
}


def main(arguments: list[str] | None = None) -> int:
    """Measure, print the table, and return the exit code."""
    parser = argparse.ArgumentParser(
        description="chatdemo's start against that of the tutorial's project."
    )
    parser.add_argument(
        "--runs", type=int, default=9, metavar="N", help="rounds to measure (default: %(default)s)"
    )
    parser.add_argument("--check", action="store_true", help="exit with 1 if a limit is missed")
    options = parser.parse_args(arguments)
    if options.runs < 1:
        parser.error("--runs has to be 1 or more")
    with tempfile.TemporaryDirectory(prefix="chatdemo-startup-") as workshop:
        rounds = compete(build(Path(workshop)), options.runs)
    print(table(rounds))
    return int(options.check and not all(kept(rounds, limit) for limit in LIMITS))


def build(workshop: Path) -> Path:
    """Write the tutorial's project twice: one whose database is removed each time, one that keeps its own."""
    stock.write(workshop / "fresh")
    migrated = stock.write(workshop / "migrated")
    subprocess.run([sys.executable, "manage.py", "migrate"], check=True, **options_in(migrated))
    return workshop


def compete(workshop: Path, runs: int) -> list[dict[str, Sample]]:
    """``runs`` rounds after one to warm up; each goes through the contenders in another order."""
    rounds = []
    names = list(CONTENDERS)
    for _ in range(runs + 1):
        rounds.append({name: measure(CONTENDERS[name], workshop) for name in names})
        names.append(names.pop(0))
    return rounds[1:]


def measure(contender: Callable[[Path, int], Plan], workshop: Path) -> Sample:
    """Run ``contender`` until it has given its first page; RuntimeError if it ends before that, or takes too long."""
    port = free_port()
    folder, [*first, last] = contender(workshop, port)
    started = time.perf_counter()
    for command in first:
        subprocess.run(command, check=True, **options_in(folder))
    with running(last, folder) as process:
        wait_for_page(port, process)
        return Sample(time.perf_counter() - started, memory_of(process.pid))


def program(name: str) -> list[str]:
    """The command ``name`` as it was installed for this Python, or else its module."""
    script = Path(sys.executable).with_name(name)
    return [str(script)] if script.is_file() else [sys.executable, "-m", name]


def options_in(folder: Path) -> dict:
    """How each process is started: in ``folder``, silent, and with Python writing and using its bytecode caches."""
    environ = {
        name: value for name, value in clean_environ().items() if name != "PYTHONDONTWRITEBYTECODE"
    }
    silent = {
        "stdin": subprocess.DEVNULL,
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
    }
    return {"cwd": folder, "env": environ, **silent}


@contextmanager
def running(command: list[str], folder: Path) -> Iterator[subprocess.Popen]:
    """``command`` as the leader of a process group of its own, all of which is ended at the end."""
    with subprocess.Popen(command, start_new_session=True, **options_in(folder)) as process:
        try:
            yield process
        finally:
            process.terminate()  # to the leader alone, so that runserver ends and reaps the child that serves
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOP_TIMEOUT)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def wait_for_page(port: int, process: subprocess.Popen) -> None:
    """Ask for /chat/ until the whole page has come; RuntimeError if ``process`` ends before, or takes too long."""
    deadline = time.monotonic() + PAGE_TIMEOUT
    while not is_page(answer_from(port)):
        if process.poll() is not None:
            raise RuntimeError(
                f"{process.args} ended with code {process.returncode} before its first page"
            )
        if time.monotonic() > deadline:
            raise RuntimeError(f"{process.args} gave no page in {PAGE_TIMEOUT} s")
        time.sleep(INTERVAL)


def answer_from(port: int) -> bytes:
    """What a request for /chat/ brings, up to the end of the page; empty if nobody answers."""
    request = f"GET /chat/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
    answer = b""
    with (
        suppress(OSError),
        socket.create_connection(("127.0.0.1", port), ANSWER_TIMEOUT) as connection,
    ):
        connection.sendall(request.encode())
        while b"</html>" not in answer and (part := connection.recv(65536)):
            answer += part
    return answer


def is_page(answer: bytes) -> bool:
    return answer.startswith(b"HTTP/1.1 200 ") and b"</html>" in answer


def memory_of(group: int) -> float | None:
    """The resident memory in MiB of the largest process in process group ``group``: with runserver, that one serves."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile
            # proc_pid_stat(5): the name, in parentheses, may hold anything; the group is the third field after it.
            if int((folder / "stat").read_text().rpartition(")")[2].split()[2]) == group:
                found.append(resident(folder))
    return max(found, default=None)


def resident(folder: Path) -> float:
    """VmRSS in MiB, from a process's folder in /proc; 0 for one that has just ended."""
    for line in (folder / "status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def ratio(rounds: list[dict[str, Sample]], limit: Limit) -> float | None:
    """The median of the rounds' ratios; None if it couldn't be measured."""
    pairs = [
        (getattr(each[SERVE], limit.field), getattr(each[limit.rival], limit.field))
        for each in rounds
    ]
    return None if None in pairs[0] else median(ours / theirs for ours, theirs in pairs)


def kept(rounds: list[dict[str, Sample]], limit: Limit) -> bool:
    """Whether the limit holds; true if it couldn't be measured."""
    measured = ratio(rounds, limit)
    return measured is None or measured <= limit.most


def table(rounds: list[dict[str, Sample]]) -> str:
    """The medians with the least and the greatest, then the ratios beside what is wanted."""
    rows = [f"Start to first page of /chat/, {len(rounds)} rounds: median (least to greatest)"]
    for name in CONTENDERS:
        samples = [each[name] for each in rounds]
        seconds = spread([sample.seconds for sample in samples], "{:.3f}", " s")
        memory = spread([sample.memory for sample in samples], "{:.1f}", " MiB")
        rows.append(f"  {name:<26}{seconds:<28}{memory}")
    rows.append("chatdemo's part: median of the rounds' ratios, and the most that is wanted")
    for limit in LIMITS:
        measured, verdict = ratio(rounds, limit), "kept" if kept(rounds, limit) else "MISSED"
        part = (
            "not measured"
            if measured is None
            else f"{measured:.3f}x  at most {limit.most:.2f}x  {verdict}"
        )
        rows.append(f"  {limit.label:<44}{part}")
    return "\n".join(rows)


def spread(values: list[float | None], form: str, unit: str) -> str:
    if None in values:
        return "not measured"
    middle, least, most = map(form.format, (median(values), min(values), max(values)))
    return f"{middle}{unit} ({least} to {most})"


if __name__ == "__main__":
    sys.exit(main())
