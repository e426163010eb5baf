"""Django's own commands on the embedded project."""

import sys
from pathlib import Path

from tests.support.served import TIMEOUT_SECONDS, Process, clean_environ


def manage(database: Path, *arguments: str, **environ: str) -> str:
    """Run ``chatdemo manage``, which must succeed. Returns what it printed."""
    command = [sys.executable, "-m", "chatdemo", "manage", "--db", str(database), *arguments]
    with Process(database.parent, command, {**clean_environ(), **environ}) as process:
        assert process.wait(TIMEOUT_SECONDS) == 0, process.output
        return process.output
