"""How log records look in the terminal."""

import logging


class LineFormatter(logging.Formatter):
    """One line for each record: control characters escaped, so that no text from outside forges a line.

    ``tracebacks`` adds an exception's traceback below its line, indented, as it may have such a text too; without, the
    line names the exception.
    """

    def __init__(self, tracebacks: bool = False):
        super().__init__(datefmt="%H:%M:%S")
        self.tracebacks = tracebacks

    def format(self, record: logging.LogRecord) -> str:
        line = f"{self.formatTime(record, self.datefmt)} {record.levelname.lower()} {_one_line(record.getMessage())}"
        if not record.exc_info or not record.exc_info[1]:
            return line
        if self.tracebacks:
            return "\n  ".join(
                [line, *map(_one_line, self.formatException(record.exc_info).split("\n"))]
            )
        kind, error, _ = record.exc_info
        said = _one_line(str(error))
        if said and line.endswith(
            said
        ):  # as in Daphne's "Exception inside application: ...": once is enough
            return f"{line.removesuffix(said)}{kind.__name__}: {said} (--debug shows where)"
        return f"{line} ({kind.__name__}: {said}; --debug shows where)"


def _one_line(text: str) -> str:
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
