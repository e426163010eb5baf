"""What the chat's servers tell each other about the members of their rooms."""

from abc import ABC, abstractmethod
from collections.abc import Callable

from chatdemo.chat.members import Member, Members

#: Is called with a person and the last ``seq`` that they have.
Acknowledge = Callable[[str, int], None]
#: Gives a person another name in the rooms of this server. It may block.
Rename = Callable[[str, str], None]


class MemberExchange(ABC):
    """Adds the members on other servers to the rooms of this one, and tells those servers of ours.

    All methods are called in the event loop, but for ``rename``. ``rename_here`` is called when a
    person has got another name.
    """

    rename_here: Rename
    #: How many servers are one chat, with this one.
    server_count = 1

    @abstractmethod
    def start(self) -> None:
        """Tell the others that this server runs."""

    @abstractmethod
    async def stop(self) -> None:
        """Tell the others that this server ends, and close the connections to them."""

    @abstractmethod
    def open(self, room: str, members: Members, acknowledge: Acknowledge) -> None:
        """Keep ``members`` up to date from now on, and pass on what those elsewhere have."""

    @abstractmethod
    async def wait_until_open(self, room: str) -> None:
        """Wait until the room has the members on other servers."""

    @abstractmethod
    def close(self, room: str) -> None:
        """Stop that: the room has nobody on this server any more."""

    @abstractmethod
    async def join(self, room: str, person: str, member: Member) -> None:
        """Tell the others that a person is here, or has another name.

        ``member`` gets another number if somebody elsewhere has taken its number meanwhile.
        """

    @abstractmethod
    def leave(self, room: str, person: str) -> None:
        """Tell the others that a person isn't here any more."""

    @abstractmethod
    def acknowledge(self, room: str, person: str, seq: int) -> None:
        """Tell the others that a person has all messages up to ``seq``."""

    @abstractmethod
    def rename(self, person: str, name: str) -> None:
        """Give a person another name on all servers. To be called in a thread."""

    @abstractmethod
    def people_elsewhere(self) -> dict[str, int]:
        """Return how many people each room has on other servers. To be called in a thread."""


class NoExchange(MemberExchange):
    """The exchange of the only server: there is nobody to tell."""

    def start(self) -> None:
        pass

    async def stop(self) -> None:
        pass

    def open(self, room: str, members: Members, acknowledge: Acknowledge) -> None:
        pass

    async def wait_until_open(self, room: str) -> None:
        pass

    def close(self, room: str) -> None:
        pass

    async def join(self, room: str, person: str, member: Member) -> None:
        pass

    def leave(self, room: str, person: str) -> None:
        pass

    def acknowledge(self, room: str, person: str, seq: int) -> None:
        pass

    def rename(self, person: str, name: str) -> None:
        self.rename_here(person, name)

    def people_elsewhere(self) -> dict[str, int]:
        return {}
