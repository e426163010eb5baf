"""The errors that a user sees: what went wrong, then what to do next."""


class ChatdemoError(Exception):
    """Work that failed for a reason the user can do something about.

    ``message`` says what went wrong, with the value in it. ``hint`` says what to do next. Both are
    one line of text. ``commands`` alone prints them and ends the process with ``exit_code``.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str):
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(ChatdemoError):
    """The command, a setting or a configuration file was written wrongly: nothing was tried."""

    exit_code = 2
