"""asgiref's undocumented names.

- ``AsyncToSync.main_wrap`` runs in an event loop what ``async_to_sync`` is called with, and
  ``AsyncToSync.__call__`` waits for it in another thread. Both have a local variable
  ``call_result``, the future for the result. So the inspector finds the code that waits.
- ``SyncToAsync.__call__`` waits for synchronous code in another thread.
"""

import sys
from types import FrameType

from asgiref.sync import AsyncToSync, SyncToAsync

from chatdemo.realtime.upstream import require_names

require_names("asgiref", AsyncToSync, "main_wrap", "__call__")
_RUNS, _WAITS = AsyncToSync.main_wrap.__code__, AsyncToSync.__call__.__code__
_WAITS_FOR_THREAD = SyncToAsync.__call__.__code__


def has_waiting_thread(frame: FrameType) -> bool:
    """Whether another thread waits in ``async_to_sync`` for what this frame runs."""
    return frame.f_code is _RUNS


def waiting_frame(frame: FrameType) -> FrameType | None:
    """Return the frame of ``async_to_sync`` in another thread that waits for this one."""
    result = frame.f_locals.get("call_result")
    for nearest in sys._current_frames().values():
        found: FrameType | None = nearest
        while found is not None:
            if found.f_code is _WAITS and found.f_locals.get("call_result") is result:
                return found
            found = found.f_back
    return None


def waits_for_thread(frame: FrameType) -> bool:
    """Whether a frame of a coroutine waits for synchronous code in another thread."""
    return frame.f_code is _WAITS_FOR_THREAD
