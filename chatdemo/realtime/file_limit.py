"""The system's limit on open files, which also limits the number of WebSockets."""

import sys
from contextlib import suppress

#: The limit to ask for where the system sets none (macOS refuses more).
MAX_FILES = 10_240


def raise_file_limit(wanted: int = MAX_FILES) -> int | None:
    """Raise this process's limit as far as the system allows.

    The default is 1024 files, and 256 on macOS. ``wanted`` is used where the system sets no limit.
    Returns the new limit, None where there is none.
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
