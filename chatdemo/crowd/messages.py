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


class Messages:
    """The messages of the run ``run_id``, such as ``crowd k3f9xm 12 345``: participant 12 says message 345."""

    def __init__(self, run_id: str):
        self.run_id = run_id
        self._pattern = re.compile(rf"crowd {run_id} \d+ (\d{{1,12}})(?!\d)")
        # Everybody gets the same bytes, so they are read once and not for each participant.
        self.read = lru_cache(maxsize=1024)(self._read)

    def encode(self, sender: int, number: int) -> bytes:
        """The frame in which participant ``sender`` says message ``number``."""
        return json.dumps({"message": f"crowd {self.run_id} {sender} {number}"}).encode()

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
