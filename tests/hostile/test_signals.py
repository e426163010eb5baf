"""What a page tells the server beside messages: bad ones are refused as bad messages, and so are all of a client's."""

import json

import pytest

from tests.hostile.browser import Browser, event, message
from tests.hostile.raw import hear, join, new_room, say
from tests.hostile.test_messages import is_error


@pytest.fixture
def room():
    return new_room()


@pytest.fixture
def ana(server, room):
    """A page, with a session."""
    with Browser(server, room).join() as page:
        event(page, "welcome")
        yield page


@pytest.fixture
def ben(server, room):
    with Browser(server, room).join() as page:
        event(page, "welcome")
        yield page


@pytest.fixture
def plain(server, room):
    with join(server, room) as client:
        yield client


GOOD = {
    "a beat": '{"beat": true}',
    "a beat that is none": '{"beat": false}',
    "everything up to the first": '{"got": 1}',
    "nothing yet": '{"got": 0}',
    "more than was ever said": f'{{"got": {(1 << 53) - 1}}}',
    "whom the first has reached": '{"who": 1}',
    "whom nothing has reached": '{"who": 0}',
    "whom one has reached that was never said": f'{{"who": {(1 << 53) - 1}}}',
    "writing": '{"typing": true}',
    "not writing": '{"typing": false}',
    "space within": ' {\n"beat" :\ttrue } ',
    "the last of two equal keys": '{"got": "x", "got": 1}',
    "an escaped key": r'{"\u0062eat": true}',
}
BAD = {
    "got: a text": '{"got": "1"}',
    "got: true": '{"got": true}',
    "got: null": '{"got": null}',
    "got: a float": '{"got": 1.0}',
    "got: an exponent": '{"got": 1e3}',
    "got: minus one": '{"got": -1}',
    "got: 2 to the 53rd": f'{{"got": {1 << 53}}}',
    "got: 4000 digits": f'{{"got": {"9" * 4000}}}',
    "got: an array": '{"got": [1]}',
    "got: an object": '{"got": {"seq": 1}}',
    "who: a text": '{"who": "Ada"}',
    "who: false": '{"who": false}',
    "who: minus one": '{"who": -1}',
    "who: 4000 digits": f'{{"who": -{"9" * 4000}}}',
    "who: beyond any float": '{"who": 1e999}',
    "typing: a text": '{"typing": "Ada"}',
    "typing: one": '{"typing": 1}',
    "typing: zero": '{"typing": 0}',
    "typing: an object": '{"typing": {"name": "Ada"}}',
    "beat: null": '{"beat": null}',
    "beat: one": '{"beat": 1}',
    "beat: a text": '{"beat": "true"}',
    "two signals": '{"beat": true, "got": 1}',
    "a signal and a name": '{"typing": true, "name": "Ada"}',
    "a signal and an id": '{"got": 1, "id": "x"}',
    "a signal and a person": '{"got": 1, "person": "Ada"}',
    "a signal in capitals": '{"BEAT": true}',
    "a signal in an array": '[{"beat": true}]',
    "a signal's name": '"beat"',
    "an event": '{"event": "beat"}',
    "an event of the server's": '{"event": "people", "came": ["Eve"], "left": [], "renamed": [], "count": 9}',
    "reached": '{"reached": 1}',
    "welcome": '{"welcome": true}',
}


@pytest.mark.parametrize(
    "frame", [*GOOD.values(), *(text for text in BAD.values() if '"id"' not in text)]
)
def test_a_plain_clients_signal_is_refused_as_bad_message(plain, ben, frame):
    plain.send(frame)
    answer = hear(plain)
    assert is_error(answer, "bad_message"), answer
    say(plain, "after")
    assert hear(plain)["message"] == message(ben)["message"] == "after"


@pytest.mark.parametrize("frame", BAD.values(), ids=BAD)
def test_a_pages_bad_signal_is_refused_as_bad_message(ana, plain, frame):
    ana.send(frame)
    answer = message(ana)
    assert is_error(answer, "bad_message", **({"id": "x"} if '"id"' in frame else {})), answer
    say(ana, "after")
    assert message(ana)["message"] == hear(plain)["message"] == "after"


@pytest.mark.parametrize("frame", GOOD.values(), ids=GOOD)
def test_a_pages_signal_is_no_message_to_anybody(ana, plain, frame):
    ana.send(frame)
    say(ana, "after")
    assert message(ana)["message"] == hear(plain)["message"] == "after"


@pytest.mark.parametrize("kind", ["got", "who"])
def test_4_301_digits_are_no_json(ana, kind):
    ana.send(f'{{"{kind}": {"9" * 4301}}}')
    assert is_error(message(ana), "bad_json")


def test_a_signal_beside_a_message_is_a_further_key_that_goes_to_nobody(ana, ben):
    say(ana, "hello", got=1, who=1, typing=True, beat=True)
    for page in (ana, ben):
        assert set(message(page)) <= {"message", "seq", "name", "at"}


def test_nobody_learns_whom_anothers_message_has_reached(ana, ben):
    say(ana, "hello")
    seq = message(ana)["seq"]
    message(ben)
    ben.send(json.dumps({"who": seq}))
    ana.send(json.dumps({"who": seq}))
    to_its_sender = event(ana, "who")
    assert to_its_sender["seq"] == seq and len(to_its_sender["got"] + to_its_sender["missing"]) == 1
    assert event(ben, "who") == {"event": "who", "seq": seq, "got": None, "missing": None}


def test_whoever_claims_to_have_all_that_will_ever_be_said_is_counted_alone(ana, ben, plain):
    ben.send(json.dumps({"got": (1 << 53) - 1}))
    say(ana, "hello")
    seq = message(ana)["seq"]
    while [seq, 1, 1] not in event(ana, "reached")["counts"]:
        pass


def test_a_page_without_a_session_has_nothing_to_tell(server, room, ben):
    stranger = Browser(server, room)
    stranger.cookies.clear()
    with stranger.join() as page:
        assert event(page, "welcome")["you"] is None
        for frame in GOOD.values():
            page.send(frame)
        say(page, "after")
        assert "name" not in message(page)
        heard = hear(ben)
        while "message" not in heard:
            assert heard["event"] != "typing"
            heard = hear(ben)
