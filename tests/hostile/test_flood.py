"""Somebody who writes a script that sends as fast as it can."""

import json
import threading
import time
from contextlib import ExitStack, contextmanager
from statistics import median

import pytest

from tests.hostile.raw import (
    BEFORE,
    Raw,
    frame,
    hear,
    join,
    new_room,
    on_each_loop,
    participant,
    say,
    serving,
)
from tests.support.frames import CONTINUATION, PING, PONG, TEXT

#: Seconds that a bystander may have to wait, for how long most may, and for how long the flood lasts.
DELAY, MOSTLY, FLOOD = 0.5, 0.1, 1.0


@pytest.fixture
def server(request, tmp_path):
    """One for each test: what the kernel holds of a flood keeps a server busy when its sender is long gone."""
    with serving(tmp_path, BEFORE[request.param]) as served:
        yield served


@contextmanager
def pouring(flooder: Raw, pack: bytes):
    """``pack`` is sent again and again, and what comes back is read. Yields a list with how many bytes were sent."""
    stopped, sent = threading.Event(), [0]

    def pour() -> None:
        flooder.socket.settimeout(0.1)
        while not stopped.is_set():
            try:
                rest = memoryview(pack)[sent[0] % len(pack) :]
                sent[0] += flooder.socket.send(rest)
            except TimeoutError:  # nothing is read from it for the moment
                pass
            except OSError:
                return

    def read() -> None:
        while not stopped.is_set():
            try:
                if not flooder.socket.recv(1 << 16):
                    return
            except TimeoutError:
                pass
            except OSError:
                return

    threads = [threading.Thread(target=pour), threading.Thread(target=read)]
    for thread in threads:
        thread.start()
    try:
        yield sent
    finally:
        stopped.set()
        for thread in threads:
            thread.join()


@on_each_loop
def test_a_flood_slows_its_sender_alone(server):
    # Without a limit it delays most of them by 0.17 s, with it by 0.002. The median of three floods leaves out one in
    # which the machine was busy.
    floods = [_delays_in_a_flood(server) for _ in range(3)]
    assert median(map(max, floods)) < DELAY
    assert median(map(median, floods)) < MOSTLY


def _delays_in_a_flood(server) -> list[float]:
    room, pack = new_room(), frame(TEXT, json.dumps({"message": "flood"}).encode()) * 1000
    with participant(server, room) as flooder, join(server, room) as ana, join(server, room) as ben:
        with pouring(flooder, pack) as sent:
            delays = [_delay(ana, ben, FLOOD / 10) for _ in range(10)]
    assert sent[0] > len(pack)  # it was one
    return delays


#: What no limit of messages counts.
BESIDE = {
    "pings": frame(PING),
    "pongs": frame(PONG),
    "empty fragments": frame(CONTINUATION, fin=False),
    "fragments of an octet": frame(CONTINUATION, b" ", fin=False),
}


@on_each_loop
@pytest.mark.parametrize("one", BESIDE.values(), ids=BESIDE)
def test_a_flood_of_frames_that_say_nothing_delays_nobody_for_long(server, one):
    room = new_room()
    with ExitStack() as stack, join(server, room) as ana, join(server, room) as ben:
        for _ in range(3):
            flooder = stack.enter_context(participant(server, new_room()))
            flooder.send(frame(TEXT, fin=False))
            stack.enter_context(pouring(flooder, one * 5000))
        delays = [_delay(ana, ben) for _ in range(5)]
    assert min(delays) < DELAY  # a flood delays each; what delays but some is the machine


def _delay(ana, ben, pause=0.0):
    """Seconds from when one says something until the other hears it, among what the flood has brought."""
    text, began = f"calm {time.monotonic()}", time.monotonic()
    say(ana, text)
    while hear(ben)["message"] != text:
        pass
    while hear(ana)["message"] != text:
        pass
    delay = time.monotonic() - began
    time.sleep(pause)  # the flood goes on
    return delay
