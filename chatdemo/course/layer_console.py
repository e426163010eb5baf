"""The console of the lesson on channel layers: calls on the layer that the server itself uses."""

import asyncio
import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from channels.layers import get_channel_layer

from chatdemo.common.rate_limit import TokenBucket

#: The calls, and what each needs.
CALLS = {
    "send": ("channel", "event"),
    "receive": ("channel",),
    "group_add": ("group", "channel"),
    "group_send": ("group", "event"),
}
#: How long a receive waits.
RECEIVE_SECONDS = 3
MAX_NAME_LENGTH, MAX_EVENT_LENGTH = 200, 1_000
#: What one learner may do: calls at once, and the seconds until as many are allowed again.
MAX_CALLS, REFILL_SECONDS = 30, 10
#: Different names of channels and groups that one learner may use.
MAX_NAMES = 20
#: Learners whose limits are remembered. Beyond that, the least recent one starts again.
MAX_LEARNERS = 1_000

NOTHING_CAME = (
    "Nothing came within {} seconds. In Python, this line would wait until something comes."
)


class Refused(Exception):
    """The call can't be made. Its text says why, in a sentence."""


@dataclass(frozen=True)
class Answer:
    """A call as Python (empty if it wasn't made), and its result as Python, an error or a note."""

    python: str = ""
    result: str = ""
    error: str = ""
    note: str = ""


@dataclass
class _Learner:
    calls: TokenBucket = field(
        default_factory=lambda: TokenBucket(MAX_CALLS / REFILL_SECONDS, MAX_CALLS)
    )
    names: set[str] = field(default_factory=set)


class LayerConsole:
    """Makes the learners' calls, within the limits above."""

    def __init__(self) -> None:
        self._learners: OrderedDict[str, _Learner] = OrderedDict()

    async def run(self, token: str, fields: Mapping[str, str]) -> Answer:
        """Make the call that ``fields`` describe: ``call``, one of CALLS, and what it needs.

        Each name gets the learner's ``token`` as a prefix, so that learners can't reach each
        other's channels. Never raises.
        """
        try:
            call, arguments = self._parse(token, fields)
        except Refused as refused:
            return Answer(error=str(refused))
        python = f"async_to_sync(channel_layer.{call})({', '.join(map(repr, arguments))})"
        try:
            made = getattr(get_channel_layer(), call)(*arguments)
            result = await (asyncio.wait_for(made, RECEIVE_SECONDS) if call == "receive" else made)
            return Answer(python, result="" if result is None else repr(result))
        except asyncio.TimeoutError:
            return Answer(python, note=NOTHING_CAME.format(RECEIVE_SECONDS))
        except Exception as error:  # whatever the layer raises is what the lesson shows
            return Answer(python, error=f"{type(error).__name__}: {error}".removesuffix(": "))

    def _parse(self, token: str, fields: Mapping[str, str]) -> tuple[str, list[Any]]:
        call = fields.get("call", "")
        if call not in CALLS:
            raise Refused(f"Choose what to call: {', '.join(CALLS)}.")
        arguments: dict[str, Any] = {}
        for kind in CALLS[call]:
            typed = fields.get(kind, "")
            arguments[kind] = _event(typed) if kind == "event" else _name(token, kind, typed)
        self.count(token, *(arguments[kind] for kind in CALLS[call] if kind != "event"))
        return call, list(arguments.values())

    def count(self, token: str, *names: str) -> None:
        """Count a call of a learner with these names. Raises Refused beyond the limits."""
        learner = self._learners.setdefault(token, _Learner())
        self._learners.move_to_end(token)
        if len(self._learners) > MAX_LEARNERS:
            self._learners.popitem(last=False)
        if learner.calls.take():
            raise Refused("Too many calls at once. Wait a few seconds, then run it again.")
        if len(learner.names | set(names)) > MAX_NAMES:
            raise Refused(f"You have used {MAX_NAMES} names, the limit here. Use one of those.")
        learner.names.update(names)


def _name(token: str, kind: str, typed: str) -> str:
    if not typed.strip():
        raise Refused(f"Fill in the name of the {kind}.")
    if len(typed) > MAX_NAME_LENGTH:
        raise Refused(f"That name has {len(typed)} characters; the limit is {MAX_NAME_LENGTH}.")
    return f"learn.{token}.{typed.strip()}"


def _event(typed: str) -> Any:
    if len(typed) > MAX_EVENT_LENGTH:
        raise Refused(f"That event has {len(typed)} characters; the limit is {MAX_EVENT_LENGTH}.")
    try:
        return json.loads(typed)
    except json.JSONDecodeError as error:
        why = f"{error.msg}, at character {error.pos + 1}"
    except ValueError as error:  # a number of too many digits
        why = str(error)
    except RecursionError:
        raise Refused("The event can't be read: it has too many nested brackets.") from None
    raise Refused(f'The event isn\'t JSON: {why}. It looks like {{"type": "hello"}}.')
