"""The messages that the crowd sends, and how it recognizes them."""

import json
import re
import secrets
from functools import lru_cache
from typing import Any

#: Without letters and digits that look alike.
ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"


def new_run_id() -> str:
    """Return six random characters, which tell a run's messages and its room from others."""
    return "".join(secrets.choice(ALPHABET) for _ in range(6))


class Refusal(str):
    """Why the server refused a message: the code and the sentence of its error frame."""


def _content(frame: bytes) -> dict[str, Any]:
    """Return the JSON object in a frame, or an empty one if there is none."""
    try:
        content = json.loads(frame)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


@lru_cache(maxsize=1024)
def read_seq(frame: bytes) -> int | None:
    """Return the ``seq`` of the message in a frame, None without a message or a ``seq``."""
    content = _content(frame)
    seq = content.get("seq") if "message" in content else None
    return seq if type(seq) is int else None


class RunMessages:
    """The messages of one run, such as ``crowd k3f9xm 12 345``: participant 12, message 345."""

    def __init__(self, run_id: str):
        self.run_id = run_id
        self._pattern = re.compile(rf"crowd {run_id} \d+ (\d{{1,12}})(?!\d)")
        self._probe_text = f"crowd {run_id} begins"
        #: The frame of a message without a number, which shows whether the server has a history.
        self.probe = json.dumps({"message": self._probe_text}).encode()
        # All participants receive the same bytes: they are parsed once.
        self.read = lru_cache(maxsize=1024)(self._read)

    def is_probe(self, frame: bytes) -> bool:
        """Whether ``frame`` is the server's copy of ``probe``."""
        return self._probe_text.encode() in frame

    def encode(self, sender: int, number: int, with_id: bool = False) -> bytes:
        """Return the frame with message ``number`` of participant ``sender``.

        A message ``with_id`` may be sent again.
        """
        content = {"message": f"crowd {self.run_id} {sender} {number}"}
        if with_id:
            content["id"] = f"{self.run_id}-{number}"
        return json.dumps(content).encode()

    def _read(self, frame: bytes) -> int | Refusal | None:
        """Return the number of the message in a frame, a Refusal for an error, None for others.

        A chat may put a name or a time before the text.
        """
        content = _content(frame)
        if "error" in content:
            return Refusal(f"{content['error']}: {content.get('detail', '')}".rstrip(": "))
        match = self._pattern.search(str(content.get("message")))
        return int(match[1]) if match else None
