"""Whether the commands may print escape codes, which give a terminal's text colors."""

import os


def choose_colors() -> bool | None:
    """Return the value for the attribute ``color`` of click's context.

    It is False if the environment has a NO_COLOR that isn't empty (https://no-color.org), or
    TERM=dumb, which is a terminal without escape codes. Django's own commands have no colors then
    either. It is None otherwise: colors are for a terminal, and not for a file or a pipe.
    """
    if not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb":
        return None
    os.environ["DJANGO_COLORS"] = "nocolor"
    return False
