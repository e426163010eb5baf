"""What is said to a room: an event for each message, or one for all that were kept at one time.

A delivery costs as much for four messages in one event as for one: half of what a message to 30 takes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from chatdemo.realtime.tasks import begin

#: No frame has this in it: json spells it out.
BETWEEN = "\n"


class Said(NamedTuple):
    """A message that was kept, in its ``frame``. ``id`` is the sender's own for it, empty without one."""

    frame: str
    seq: int
    id: str
    sender: str


def event(said: Said) -> dict:
    """That of one message. By its name, the inspector knows that the sender's key isn't to be shown."""
    return {
        "type": "chat.message",
        "frame": said.frame,
        "seq": said.seq,
        "id": said.id,
        "sender_token": said.sender,
    }


def event_of_all(several: list[Said]) -> dict:
    """That of messages with one ``seq`` after the other. Its values are flat: a layer copies it for each member."""
    frames, seqs, ids, senders = zip(*several, strict=True)
    joined = {
        "frames": BETWEEN.join(frames),
        "ids": BETWEEN.join(ids),
        "sender_tokens": BETWEEN.join(senders),
    }
    return {"type": "chat.messages", "first": seqs[0], "last": seqs[-1], **joined}


def events_apart(event_of_all: dict) -> Iterator[dict]:
    """The events that the messages would have had by themselves."""
    frames, ids, senders = (
        event_of_all[name].split(BETWEEN) for name in ("frames", "ids", "sender_tokens")
    )
    seqs = range(event_of_all["first"], event_of_all["last"] + 1)
    for frame, seq, id, sender in zip(frames, seqs, ids, senders, strict=True):
        yield event(Said(frame, seq, id, sender))


class Mouth:
    """Gathers what is said ``together``; one for each process, as there is one writer."""

    def __init__(self) -> None:
        self.is_open = False
        self.groups: dict[tuple[Any, str], list[Said]] = {}

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is said meanwhile is said when this ends, or at ``now``."""
        self.is_open = True
        try:
            yield
        finally:
            self.is_open = False
            self.now()

    def takes(self, layer: Any) -> bool:
        """Whether what is to go through the layer may wait for more: not where somebody follows each event."""
        return self.is_open and not getattr(layer, "apart", True)

    def say(self, layer: Any, group: str, said: Said) -> None:
        self.groups.setdefault((layer, group), []).append(said)

    def now(self) -> None:
        """Say what was gathered."""
        groups, self.groups = self.groups, {}
        for (layer, group), several in groups.items():
            begin(
                layer.group_send(
                    group, event(several[0]) if len(several) == 1 else event_of_all(several)
                )
            )


mouth = Mouth()
