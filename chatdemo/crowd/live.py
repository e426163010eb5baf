"""One line of a terminal, written again and again."""

from typing import TextIO


class LiveLine:
    """``show`` puts a text in the place of the one before, on a line of ``stream`` that has nothing else on it."""

    def __init__(self, stream: TextIO):
        self.stream = stream
        self.length = 0

    def show(self, text: str) -> None:
        self.stream.write(f"\r{text.ljust(self.length)}")
        self.stream.flush()
        self.length = len(text)

    def clear(self) -> None:
        """Leave the line empty, and the cursor at its start."""
        if self.length:
            self.length += len("^C")  # which the terminal adds where Ctrl-C was pressed
            self.show("")
            self.show("")
