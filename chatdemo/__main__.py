"""The command ``chatdemo``, and ``python -m chatdemo``, which is the same."""

import os
import signal
import sys
from contextlib import suppress

from chatdemo.common.stop_signals import InterruptHandler, set_handler


def main() -> None:
    """Run the command line. SIGTERM and SIGHUP end it as Ctrl-C does, none with a traceback."""
    is_serving = "serve" in sys.argv[1:2]
    try:
        set_handler(InterruptHandler() if is_serving else signal.default_int_handler)
        from chatdemo.commands import cli

        cli(prog_name="chatdemo")
    except KeyboardInterrupt:
        sys.exit(0 if is_serving else 130)  # before anything was started
    except SystemExit as end:
        if is_serving:
            exit_now(end.code if isinstance(end.code, int) else 0)
        raise


def exit_now(code: int) -> None:
    """End the process without freeing its objects, and without waiting for threads.

    With 3,000 WebSockets, freeing takes a second; all of them are closed by now. A thread may be
    waiting for a locked database.
    """
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):  # it is None, or closed
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
