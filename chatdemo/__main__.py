"""The command ``chatdemo``, and ``python -m chatdemo``, which is the same."""

import signal
import sys


def main() -> None:
    """Run the command line. From its first moment on, SIGTERM ends it as Ctrl-C does, and neither shows a traceback."""
    try:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) == signal.SIG_DFL:  # nohup ignores it
            signal.signal(signal.SIGHUP, signal.default_int_handler)
        from chatdemo.cli import cli

        cli(prog_name="chatdemo")
    except KeyboardInterrupt:
        sys.exit(0 if "serve" in sys.argv[1:2] else 130)  # nothing had been started


if __name__ == "__main__":
    main()
