"""How much a visitor may do on the channel layer that everyone shares."""

from collections import OrderedDict
from dataclasses import dataclass, field

from chatdemo.common.rate_limit import TokenBucket

#: So many calls at once and in so many seconds, and so many different names of channels and groups: more than anyone tries by hand.
CALLS, SECONDS, NAMES = 30, 10, 20
#: Visitors that are remembered; whoever was away the longest starts afresh.
VISITORS = 1_000

_visitors: OrderedDict[str, "_Visitor"] = OrderedDict()


@dataclass
class _Visitor:
    calls: TokenBucket = field(default_factory=lambda: TokenBucket(CALLS / SECONDS, CALLS))
    names: set[str] = field(default_factory=set)


def refusal(token: str, *names: str) -> str:
    """Why the visitor called ``token`` may not make another call with these names; empty if they may, and it counts."""
    visitor = _visitors.setdefault(token, _Visitor())
    _visitors.move_to_end(token)
    if len(_visitors) > VISITORS:
        _visitors.popitem(last=False)
    if visitor.calls.take():
        return "That was a lot at once. Wait a few seconds, and run it again."
    if len(visitor.names | set(names)) > NAMES:
        return (
            f"You have used {NAMES} names, and this console takes no more. Go on with one of those."
        )
    visitor.names.update(names)
    return ""
