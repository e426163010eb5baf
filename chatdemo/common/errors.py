"""The errors that a user sees: what went wrong, then what to do next."""

from collections.abc import Sequence


class ChatdemoError(Exception):
    """An operation failed for a reason that the user can do something about.

    ``message`` says what went wrong, with the value in it. ``hint`` says what to do next. Both are
    one line of text. ``choices``, if there are any, are printed below the hint, which leads to them
    then. The commands print them (``commands/error_output.py``) and end the process with
    ``exit_code``.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str, choices: Sequence[str] = ()):
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.choices = choices


class UsageError(ChatdemoError):
    """The command, a setting or a configuration file is wrong: nothing was done."""

    exit_code = 2
