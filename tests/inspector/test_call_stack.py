"""Looking at the call stacks of a process changes nothing in it."""

import gc
import sys
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from chatdemo.inspector.call_stack import consumer_of
from tests.support.served import wait_for


class Thing:
    """What a weak reference can refer to."""


def test_a_thread_that_was_looked_at_keeps_nothing_of_what_it_has_run():
    started, may_end, threads, thing = threading.Event(), threading.Event(), [], Thing()

    def run(given):
        threads.append(threading.get_ident())
        started.set()
        may_end.wait()

    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(partial(run, thing))
        started.wait()
        frame = sys._current_frames()[threads[0]]
        while frame is not None:
            assert consumer_of(frame) is None
            frame = frame.f_back
        reference = weakref.ref(thing)
        may_end.set()
        result.result()
        del thing, result
        wait_for(lambda: gc.collect() is not None and reference() is None, "the thing to be freed")
