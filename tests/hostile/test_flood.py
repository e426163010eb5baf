"""Somebody who writes a script that sends as fast as it can."""

import json
import socket
import threading
import time

from tests.hostile.raw import frame, hear, join, new_room, say
from tests.hostile.test_frames import TEXT, participant

#: Seconds that a bystander may have to wait, and for how long the flood lasts.
DELAY, FLOOD = 0.5, 3.0


def test_a_flood_slows_its_sender_alone(server):
    room, stopped, sent = new_room(), threading.Event(), [0]
    pack = frame(TEXT, json.dumps({"message": "flood"}).encode()) * 1000

    def pour(flooder):
        flooder.socket.settimeout(0.1)
        while not stopped.is_set():
            try:
                sent[0] += flooder.socket.send(pack)
            except (TimeoutError, socket.timeout):  # nothing is read from it for the moment
                pass
            except OSError:
                return

    with participant(server, room) as flooder, join(server, room) as ana, join(server, room) as ben:
        thread = threading.Thread(target=pour, args=[flooder])
        thread.start()
        try:
            delays = [delay for _ in range(10) if (delay := _delay(ana, ben)) is not None]
        finally:
            stopped.set()
            thread.join()
    assert max(delays) < DELAY
    assert sent[0] > len(pack)  # it was one


def _delay(ana, ben):
    """Seconds from when one says something until the other hears it, among what the flood has brought."""
    text, began = f"calm {time.monotonic()}", time.monotonic()
    say(ana, text)
    while hear(ben)["message"] != text:
        pass
    while hear(ana)["message"] != text:
        pass
    delay = time.monotonic() - began
    time.sleep(FLOOD / 10)  # the flood goes on
    return delay
