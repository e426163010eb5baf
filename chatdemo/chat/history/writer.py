"""The one writer: what comes within one turn of the event loop is kept together, and then said."""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

from chatdemo.chat.history.drafts import Draft
from chatdemo.chat.history.store import Store, explain
from chatdemo.chat.history.upkeep import Upkeep
from chatdemo.chat.saying import mouth
from chatdemo.common.sqlite import is_locked
from chatdemo.realtime.writes import sent_together

logger = logging.getLogger(__name__)
#: Seconds between two tries for a lock that another has, and after which the senders are told.
RETRY, PATIENCE = 0.003, 5.0
#: Drafts in one transaction, so that the event loop isn't held up.
MOST = 200


class Writer:
    """Keeps drafts in ``store``, in the order in which they come.

    It writes in the event loop itself. To hand a draft to a thread and back takes longer than to keep it, and the
    writing never waits for anything.
    """

    def __init__(self, store: Store, upkeep: Upkeep | None = None):
        self.store, self.upkeep = store, upkeep
        self.drafts: list[Draft] = []
        self.since: float | None = None  # when the lock was missed first
        self.failing = ""  # why the last drafts couldn't be kept

    def put(self, draft: Draft) -> None:
        """Keep the draft at the end of the event loop's next turn."""
        if not self.drafts:
            loop = asyncio.get_running_loop()
            # In two steps, so that what comes of the next look at the sockets is kept with it: one commit for many.
            loop.call_soon(loop.call_soon, self._write)
        self.drafts.append(draft)

    def _write(self) -> None:
        drafts = self.drafts[:MOST]
        try:
            kept = self.store.keep(drafts)
        except Exception as error:  # the senders wait for an answer, whatever it was
            if is_locked(error) and self._may_wait():
                asyncio.get_running_loop().call_later(RETRY, self._write)
                return
            # Those that wait behind them for a lock have waited long enough too: their pages would give the line up.
            failed = self.drafts[:] if is_locked(error) else drafts
            self._done_with(failed)
            return self._fail(failed, error)
        self._done_with(drafts)
        self._note("")
        if self.upkeep and self.upkeep.note(len(drafts)):
            self.store.speakers.clear()  # their rows have the seq of their next message from now on
        with sent_together(), mouth.together():
            for draft, outcome in zip(drafts, kept, strict=True):
                _tell(draft, draft.on_kept, *outcome)

    def _may_wait(self) -> bool:
        if self.since is None:
            self.since = time.monotonic()
        return time.monotonic() - self.since < PATIENCE

    def _done_with(self, drafts: list[Draft]) -> None:
        self.since = None
        del self.drafts[: len(drafts)]
        if self.drafts:
            asyncio.get_running_loop().call_soon(self._write)

    def _fail(self, drafts: list[Draft], error: Exception) -> None:
        self.store.close()
        reason = explain(error)
        self._note(f"{reason} ({error})")
        for draft in drafts:
            _tell(draft, draft.on_failed, reason)

    def _note(self, failing: str) -> None:
        """Tell the log, once each time that something changes."""
        if failing != self.failing:
            if failing:
                logger.error("Messages can't be kept, and their senders are told: %s", failing)
            else:
                logger.warning("Messages are kept again.")
        self.failing = failing


def _tell(draft: Draft, told: Callable[..., None], *outcome: Any) -> None:
    try:
        draft.context.run(told, *outcome)
    except Exception:
        logger.exception("A message's fate couldn't be told")
