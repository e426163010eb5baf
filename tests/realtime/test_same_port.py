"""HTTP on the port of the WebSockets, and what is left of it once a connection is one of those."""

import http.client

from tests.hostile.raw import HANDSHAKE, Raw, request
from tests.realtime.room import Participant, serving
from tests.support.served import TIMEOUT_SECONDS

CONNECTIONS = 300
#: KiB for one connection; an idle one took 13 when this was written.
BOUND = 60


def test_a_connection_is_kept_alive_for_requests_and_then_becomes_a_websocket(served):
    with Raw(served) as client:
        for _ in range(3):
            client.request(b"GET /chat/ HTTP/1.1")
            assert client.answer().status == 200
        client.request(b"GET /ws/chat/lobby/ HTTP/1.1", **HANDSHAKE)
        assert client.answer().status == 101


def test_requests_that_are_sent_at_once_are_answered_in_order(served):
    with Raw(served) as client:
        host = {"Host": f"127.0.0.1:{served.port}"}
        client.send(
            b"".join(
                request(b"GET " + path + b" HTTP/1.1", host)
                for path in (b"/chat/", b"/not/there", b"/chat/")
            )
        )
        assert [client.answer().status for _ in range(3)] == [200, 404, 200]


def test_a_large_download_comes_whole_while_a_room_talks():
    with serving(max_backlog=1000) as room, Participant(room.port) as ana:
        connection = http.client.HTTPConnection("127.0.0.1", room.port, timeout=TIMEOUT_SECONDS)
        for number in range(3):
            connection.request("GET", "/")
            ana.say(str(number))
            assert ana.hears() == [str(number)]
            response = connection.getresponse()
            assert response.read() == b"".join(
                str(part).ljust(100_000).encode() for part in range(40)
            )
        connection.close()
        assert room.stop() == ""


def test_an_idle_connection_takes_little_memory():
    with serving() as room, Participant(room.port) as ana:
        ana.say("peak")
        before = int(ana.hears()[0])
        others = [Participant(room.port) for _ in range(CONNECTIONS)]
        ana.say("peak")
        assert int(ana.hears()[0]) - before < CONNECTIONS * BOUND
        for other in others:
            other.reset()
