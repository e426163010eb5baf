"""The format of log records in the terminal."""

import logging


class LineFormatter(logging.Formatter):
    """One line for each record. Control characters are escaped, so that no text can fake a line.

    With ``tracebacks``, an exception's traceback follows, indented and escaped too. Without, the
    line names the exception.
    """

    def __init__(self, tracebacks: bool = False):
        super().__init__(datefmt="%H:%M:%S")
        self.tracebacks = tracebacks

    def format(self, record: logging.LogRecord) -> str:
        time, level = self.formatTime(record, self.datefmt), record.levelname.lower()
        line = f"{time} {level} {_one_line(record.getMessage())}"
        if not record.exc_info or not record.exc_info[1]:
            return line
        if self.tracebacks:
            traceback = self.formatException(record.exc_info).split("\n")
            return "\n  ".join([line, *map(_one_line, traceback)])
        kind, error, _ = record.exc_info
        text = _one_line(str(error))
        if text and line.endswith(text):  # Daphne: "Exception inside application: ..."
            return f"{line.removesuffix(text)}{kind.__name__}: {text} (--debug shows where)"
        return f"{line} ({kind.__name__}: {text}; --debug shows where)"


def _one_line(text: str) -> str:
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
