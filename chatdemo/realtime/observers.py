"""Hooks for the inspector: what the server and the channel layer report while somebody observes.

Without an observer, a message takes the same path, with one comparison with None for each report.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chatdemo.realtime.dispatcher import Dispatcher

Message = dict[str, Any]
Event = dict[str, Any]


class FrameObserver(ABC):
    """Observes what passes between one WebSocket and its application.

    ``Inbox`` calls it as its ``observer``, and ``WebSocketSend`` as its ``observer`` and
    ``text_observer``. Messages are ASGI's.
    """

    __slots__ = ()

    @abstractmethod
    def on_attached(self, dispatcher: "Dispatcher") -> None:
        """A consumer has its messages dispatched by ``dispatcher`` from now on."""

    @abstractmethod
    def on_receive_called(self) -> None:
        """The application asks for the next message by calling ``receive``."""

    @abstractmethod
    def on_received(self, message: Message) -> None:
        """The application gets a message from the server."""

    @abstractmethod
    def on_sent(self, message: Message) -> None:
        """The application sends a message to the server."""


class LayerObserver(ABC):
    """Observes a channel layer (``ChannelLayer.observer``), and may replace events or hold them.

    A replacement is an instance of a subclass of dict, equal to the event. ``on_delivery`` gets it
    again. Consumers always get a dict.
    """

    @property
    @abstractmethod
    def batching_allowed(self) -> bool:
        """Whether several messages may be sent in one event: not while each is followed."""

    @abstractmethod
    def on_new_channel(self, channel: str) -> None:
        """A channel was created."""

    @abstractmethod
    def on_group_add(self, group: str, channel: str) -> None:
        """A channel was added to a group."""

    @abstractmethod
    def on_group_discard(self, group: str, channel: str) -> None:
        """A channel was removed from a group."""

    @abstractmethod
    def on_send(self, channel: str, event: Event) -> Event | None:
        """An event is sent to a channel. Return it or a replacement, or None to hold it."""

    @abstractmethod
    def on_group_send(
        self, group: str, members: Sequence[str], event: Event, message_count: int
    ) -> Event | None:
        """An event with so many messages is sent to a group.

        Return it or a replacement, or None to hold it.
        """

    @abstractmethod
    def on_receive_called(self, channel: str) -> None:
        """A task waits for the next event of a channel."""

    @abstractmethod
    def on_delivery(self, channel: str, event: Event, sent: Event) -> None:
        """A consumer is about to get ``event``, a copy of ``sent``: that, or its replacement."""

    @abstractmethod
    def on_full(self, channels: Sequence[str]) -> None:
        """An event was lost in channels that were full."""
