"""Logs that something fails, and that it works again."""

import logging


class FailureLog:
    """Logs each change once: ``failing``, which has a %s for the reason, and ``working``."""

    def __init__(self, logger: logging.Logger, failing: str, working: str):
        self.logger, self.failing, self.working = logger, failing, working
        self.failure = ""

    def note(self, failure: str) -> None:
        """Note why it fails now, or "" if it works."""
        if failure != self.failure:
            if failure:
                self.logger.error(self.failing, failure)
            else:
                self.logger.warning(self.working)
        self.failure = failure
