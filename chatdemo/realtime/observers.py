"""Hooks for the inspector: what the server and the channel layer report while somebody observes.

Without an observer, a message takes the same path, with one comparison with None for each report.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Protocol

Message = dict[str, Any]
Event = dict[str, Any]


class Runner(Protocol):
    """Runs a consumer's handlers one after the other."""

    @property
    def is_busy(self) -> bool:
        """False once the handler that was called last has returned."""


class HandlerObserver(ABC):
    """Observes the handlers of all consumers, those of Channels and of our base class.

    ``current`` is the one that is called, None while nobody observes.
    """

    current: ClassVar["HandlerObserver | None"] = None

    @abstractmethod
    def on_handler_called(self, consumer: Any, message: Message, runner: Runner) -> None:
        """A handler is about to be called, in the context in which this runs."""


class FrameObserver(ABC):
    """Observes what passes between one WebSocket and its application.

    ``Inbox`` calls it as its ``observer``, and ``WebSocketSend`` as its ``observer`` and
    ``text_observer``. Messages are ASGI's.
    """

    __slots__ = ()

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
    def observes_events(self) -> bool:
        """Whether events are reported.

        While it is false, only channels, members, lost events and what is sent are, and several
        messages may be sent in one event.
        """

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
    def on_delivery(self, channel: str, event: Event, sent: Event, dispatched: bool) -> None:
        """``event``, a copy of ``sent`` (that, or its replacement), is about to be delivered.

        It is ``dispatched`` to a consumer, or else returned by ``receive`` in the running task.
        """

    @abstractmethod
    def on_full(self, channels: Sequence[str], event: Event) -> None:
        """An event, or its replacement, was lost in channels that were full."""
