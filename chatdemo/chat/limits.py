"""How much one participant may say, and how many there may be."""

import ipaddress
import time
from collections import Counter
from collections.abc import Sized

from chatdemo.common.config import Config


class Bucket:
    """A token bucket: ``rate`` messages a second for ever on end, and ``burst`` at once.

    Who goes on when it is empty goes into debt, of a burst at most, and has to wait for longer.
    """

    __slots__ = ("rate", "burst", "left", "at")

    def __init__(self, rate: float, burst: int):
        self.rate, self.burst = rate, burst
        self.left, self.at = float(burst), time.monotonic()

    def take(self) -> float:
        """0 if one more may be said now; else the seconds until the next one may."""
        now = time.monotonic()
        self.left = min(self.burst, self.left + (now - self.at) * self.rate)
        self.at = now
        self.left = max(self.left - 1, -self.burst)
        return max(0.0, -self.left / self.rate)


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
        if self.by_address[address] >= config.max_per_address and not _is_here(address):
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


def _is_here(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:  # a socket of another kind
        return True
