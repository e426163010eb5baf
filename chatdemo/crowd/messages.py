"""What the crowd says, and how it knows its own words again."""

import json
import re
import secrets
from functools import lru_cache

#: Letters that can't be taken for each other when they are read out.
LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"


def new_run_id() -> str:
    """Six letters that no other run has: they tell its messages and its room from others'."""
    return "".join(secrets.choice(LETTERS) for _ in range(6))


class Refusal(str):
    """Why the server didn't take a message: the code and the sentence of its error frame."""


@lru_cache(maxsize=1024)
def seq(frame: bytes) -> int | None:
    """The number that the server gave the message in a frame, None if there is no message or no such number."""
    try:
        content = json.loads(frame)
    except (ValueError, RecursionError):
        return None
    found = content.get("seq") if isinstance(content, dict) and "message" in content else None
    return found if type(found) is int else None


class Messages:
    """The messages of the run ``run_id``, such as ``crowd k3f9xm 12 345``: participant 12 says message 345."""

    def __init__(self, run_id: str):
        self.run_id = run_id
        self._pattern = re.compile(rf"crowd {run_id} \d+ (\d{{1,12}})(?!\d)")
        # Everybody gets the same bytes, so they are read once and not for each participant.
        self.read = lru_cache(maxsize=1024)(self._read)

    @property
    def first(self) -> bytes:
        """The frame of a message that is none of the numbered ones, to see what becomes of it."""
        return json.dumps({"message": f"crowd {self.run_id} begins"}).encode()

    def is_first(self, frame: bytes) -> bool:
        return f"crowd {self.run_id} begins".encode() in frame

    def encode(self, sender: int, number: int, with_id: bool = False) -> bytes:
        """The frame in which participant ``sender`` says message ``number``, ``with_id`` if it may be said again."""
        content = {"message": f"crowd {self.run_id} {sender} {number}"}
        return json.dumps(
            {**content, "id": f"{self.run_id}-{number}"} if with_id else content
        ).encode()

    def _read(self, frame: bytes) -> int | Refusal | None:
        """The number of the message in a frame, a Refusal for an error, or None for what others say.

        A chat that puts a name or a time before the text still says the message.
        """
        try:
            content = json.loads(frame)
        except (ValueError, RecursionError):
            return None
        if not isinstance(content, dict):
            return None
        if "error" in content:
            return Refusal(f"{content['error']}: {content.get('detail', '')}".rstrip(": "))
        match = self._pattern.search(str(content.get("message")))
        return int(match[1]) if match else None
