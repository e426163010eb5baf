"""What a form of transcript is made of."""

from abc import ABC, abstractmethod

from chatdemo.chat.message_log import StoredMessage as Kept

#: Who said what has no name with it.
NOBODY = "Somebody"


class Form(ABC):
    """One transcript on its way out: ``begin``, then ``message`` for each in its order, then ``end``.

    Whatever a text has in it, it stays within its message, and none of it acts: not on a page, not in a spreadsheet
    and not on a terminal. Everything that it returns can be encoded as UTF-8.
    """

    #: The media type, for HTTP.
    content_type: str

    @abstractmethod
    def begin(self, room: str) -> str: ...

    @abstractmethod
    def message(self, kept: Kept) -> str: ...

    def end(self) -> str:
        return ""


def readable(at: str) -> str:
    """A time of the wire contract's, to the second, for people."""
    return f"{at[:10]} {at[11:19]} UTC"
