"""The process that the inspector is in, and how many others its server has."""

import multiprocessing
import os
import re
import sys
from collections.abc import Mapping, Sequence

_WORKERS_OPTION = re.compile(r"(?:^|\s)(?:-w|--workers)[\s=]?(\d+)")


def describe_process() -> dict[str, int | None]:
    """Return the process's ``pid``, and how many ``workers`` its server has; None if unknown."""
    return {"pid": os.getpid(), "workers": count_workers(sys.argv, os.environ, _is_a_worker())}


def count_workers(
    arguments: Sequence[str], environ: Mapping[str, str], is_a_worker: bool
) -> int | None:
    """Return the number of a server's worker processes, None if it can't be known.

    Gunicorn, Uvicorn and Hypercorn have the option or the variable. A configuration file may have
    another number. A process that is no worker serves alone.
    """
    if not is_a_worker or "--reload" in arguments:
        return 1
    option = _WORKERS_OPTION.search(" ".join(arguments[1:]))
    number = option[1] if option else environ.get("WEB_CONCURRENCY", "")
    return int(number) if number.isdecimal() else None


def _is_a_worker() -> bool:
    """Whether the process was started by a server that may have several."""
    return multiprocessing.parent_process() is not None or "gunicorn.arbiter" in sys.modules
