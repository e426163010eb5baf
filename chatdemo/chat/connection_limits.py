"""How many participants the chat accepts."""

from collections import Counter

from chatdemo.common.config import Config
from chatdemo.common.local_machine import is_loopback


class LimitReached(ValueError):
    """The chat accepts no further connection. The text says which limit is reached."""


class ConnectionLimits:
    """Counts the participants' connections, in total and by address."""

    def __init__(self) -> None:
        self.count = 0
        self._by_address: Counter[str] = Counter()

    def add(self, address: str, config: Config) -> None:
        """Count a connection from ``address`` ("" if it has none).

        Those from loopback addresses are limited in total alone. Raises LimitReached, and counts
        nothing.
        """
        if self.count >= config.max_connections:
            raise LimitReached(
                f"{self.count:,} connections are open, the limit of the setting max_connections."
            )
        count = self._by_address[address]
        is_elsewhere = address and not is_loopback(address)  # a Unix socket has no address
        if is_elsewhere and count >= config.max_per_address:
            raise LimitReached(
                f"{address} has {count:,} connections open,"
                " the limit of the setting max_per_address."
            )
        self.count += 1
        self._by_address[address] += 1

    def remove(self, address: str) -> None:
        """Count a connection less."""
        self.count -= 1
        self._by_address[address] -= 1
        if not self._by_address[address]:
            del self._by_address[address]
