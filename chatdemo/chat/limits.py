"""How many connections there may be."""

from collections import Counter
from collections.abc import Sized

from chatdemo.common.config import Config
from chatdemo.common.local_machine import is_loopback


class Full(ValueError):
    """There is no room for another connection; its text says why."""


class Doors:
    """Counts the connections that are open, in all and by their address."""

    def __init__(self) -> None:
        self.open = 0
        self.by_address: Counter[str] = Counter()

    def enter(self, address: str, is_new_room: bool, rooms: Sized, config: Config) -> None:
        """One more from this address. Raises Full, and then it isn't counted."""
        if self.open >= config.max_connections:
            raise Full(
                f"{self.open:,} connections are open, as many as the setting max_connections allows."
            )
        is_elsewhere = address and not is_loopback(address)  # a Unix socket has no address
        if is_elsewhere and self.by_address[address] >= config.max_per_address:
            raise Full(
                f"{address} has {self.by_address[address]:,} open, as many as the setting max_per_address allows."
            )
        if is_new_room and len(rooms) >= config.max_rooms:
            raise Full(
                f"there is somebody in {len(rooms):,} rooms, as many as the setting max_rooms allows."
            )
        self.open += 1
        self.by_address[address] += 1

    def leave(self, address: str) -> None:
        """One less."""
        self.open -= 1
        self.by_address[address] -= 1
        if not self.by_address[address]:
            del self.by_address[address]
