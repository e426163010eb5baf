"""The command ``chatdemo``, and ``python -m chatdemo``, which is the same."""

import os
import signal
import sys
from contextlib import suppress

from chatdemo.common.signals import set_handler


def main() -> None:
    """Run the command line. From its first moment on, SIGTERM ends it as Ctrl-C does, and neither shows a traceback."""
    serving = "serve" in sys.argv[1:2]
    try:
        set_handler(signal.default_int_handler)
        from chatdemo.commands import cli

        cli(prog_name="chatdemo")
    except KeyboardInterrupt:
        sys.exit(0 if serving else 130)  # nothing had been started
    except SystemExit as end:
        if serving:
            exit_now(end.code)
        raise


def exit_now(code: int) -> None:
    """End the process without taking it apart: after 3,000 WebSockets that takes a second, and everything is closed.

    Nor does it wait for a thread that waits for a locked database.
    """
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):  # gone, closed, or never there
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
