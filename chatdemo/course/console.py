"""The console of the lesson on channel layers: one call at a time, on the layer that the server itself uses."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass

from channels.layers import get_channel_layer

from chatdemo.course import allowance

#: The calls there are, and what each takes.
CALLS = {
    "send": ("channel", "event"),
    "receive": ("channel",),
    "group_add": ("group", "channel"),
    "group_send": ("group", "event"),
}
#: Seconds that a receive waits.
WAIT = 3
LONGEST_NAME, LONGEST_EVENT = 200, 1_000
NOTHING_CAME = "Nothing is there: {} seconds went by. In Python, this line would go on waiting until something comes."
ONE_AT_A_TIME = "A receive of yours is waiting already. Wait until it has its answer."

_receiving: set[str] = set()


class Refused(Exception):
    """What was filled in is no call. Its text is a sentence that says why."""


@dataclass(frozen=True)
class Answer:
    """A call as Python (empty if it wasn't made), and one of: its result as Python, an error, something to be noted."""

    python: str = ""
    result: str = ""
    error: str = ""
    note: str = ""


async def run(token: str, fields: Mapping[str, str]) -> Answer:
    """Make the call that ``fields`` describe: ``call``, one of CALLS, and what it takes, as it was filled in.

    Every name gets the visitor's ``token`` in front, so that nobody reaches what is another's. Never raises.
    """
    try:
        call, arguments = _parse(token, fields)
    except Refused as refused:
        return Answer(error=str(refused))
    python = f"async_to_sync(channel_layer.{call})({', '.join(map(repr, arguments))})"
    try:
        return await _call(token, call, arguments, python)
    except Exception as error:  # the layer's own, whichever it is: that is what is to be seen
        return Answer(python, error=f"{type(error).__name__}: {error}".removesuffix(": "))


async def _call(token: str, call: str, arguments: list, python: str) -> Answer:
    if call == "receive":
        return await _receive(token, arguments[0], python)
    result = await getattr(get_channel_layer(), call)(*arguments)
    return Answer(python, result="" if result is None else repr(result))


async def _receive(token: str, channel: str, python: str) -> Answer:
    # Two at a time on one channel, and the layer in memory can lose an event: the first to give up takes away the
    # queue that the next event went to (channels/layers.py: InMemoryChannelLayer.receive).
    if token in _receiving:
        return Answer(note=ONE_AT_A_TIME)
    _receiving.add(token)
    try:
        return Answer(
            python, result=repr(await asyncio.wait_for(get_channel_layer().receive(channel), WAIT))
        )
    except asyncio.TimeoutError:
        return Answer(python, note=NOTHING_CAME.format(WAIT))
    finally:
        _receiving.discard(token)


def _parse(token: str, fields: Mapping[str, str]) -> tuple[str, list]:
    call = fields.get("call", "")
    if call not in CALLS:
        raise Refused(f"Choose what to call: {', '.join(CALLS)}.")
    names = {
        kind: _name(token, kind, fields.get(kind, "")) for kind in CALLS[call] if kind != "event"
    }
    given = names | ({"event": _event(fields.get("event", ""))} if "event" in CALLS[call] else {})
    if refusal := allowance.refusal(token, *names.values()):
        raise Refused(refusal)
    return call, [given[kind] for kind in CALLS[call]]


def _name(token: str, kind: str, typed: str) -> str:
    if not typed.strip():
        raise Refused(f"Fill in the name of the {kind}.")
    if len(typed) > LONGEST_NAME:
        raise Refused(
            f"That name has {len(typed)} characters, and this console takes {LONGEST_NAME}."
        )
    return f"learn.{token}.{typed.strip()}"


def _event(typed: str) -> object:
    if len(typed) > LONGEST_EVENT:
        raise Refused(
            f"That event has {len(typed)} characters, and this console takes {LONGEST_EVENT}."
        )
    try:
        return json.loads(typed)
    except ValueError as error:
        where = (
            f"{error.msg}, at character {error.pos + 1}"
            if isinstance(error, json.JSONDecodeError)
            else error
        )
        raise Refused(
            f'The event isn\'t JSON: {where}. It looks like {{"type": "hello"}}.'
        ) from None
    except RecursionError:
        raise Refused(
            "The event isn't JSON that can be read: it has too many brackets inside one another."
        ) from None
