"""The system's limit on open files, which is one on WebSockets."""

import sys
from contextlib import suppress

#: Open files, and so participants, that are asked for where the system sets no limit (macOS refuses more).
MOST_FILES = 10_240


def raise_file_limit(wanted: int = MOST_FILES) -> int | None:
    """Let this process open as many files as the system allows, ``wanted`` at most where that is any number.

    The usual limit is 1024 files, and 256 on macOS. Returns the limit from now on, None where there is none.
    """
    if sys.platform == "win32":
        return None
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft
