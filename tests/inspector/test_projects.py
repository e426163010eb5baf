"""More projects, with databases, threads, workers and mishaps: clients get the same bytes, and everything is recorded.

The clients play each scenario once without the inspector, and once with it and a watcher.
"""

from collections import Counter, defaultdict
from importlib import import_module
from itertools import product

import pytest

from tests.inspector.recorded import MARK, PROJECTS, Guests, ProjectServer, lines_of, record
from tests.inspector.strangers.client import Watcher

LONGEST = 1000  # characters of a payload that are shown
CASES = list(product(("notices", "devices"), ("daphne", "ours"), ("daphne", "ours")))
CASES += product(("notices", "devices"), ("daphne",), ("core", "pubsub"))
#: Daphne and our server look for mishaps once a second, so these take their time.
CASES += [("mishaps", "daphne", "daphne"), ("mishaps", "ours", "ours")]


def name_of(case):
    project, server, layer = case
    owner = {"daphne": "their layer", "ours": "our layer"}
    return f"{project} on {server} with {owner.get(layer, layer)}"


@pytest.fixture(scope="module", params=CASES, ids=name_of)
def case(request):
    return request.param


@pytest.fixture(scope="module")
def redis(case, request):
    """The address of a Redis server, if the layer needs one."""
    is_redis = case[2] in ("core", "pubsub")
    return request.getfixturevalue("redis_server").url() if is_redis else ""


@pytest.fixture(scope="module")
def story(case):
    return import_module(f"{PROJECTS}.{case[0]}.story")


@pytest.fixture(scope="module")
def watched(case, redis, story, tmp_path_factory):
    """With the inspector around the project: what each client gets, and what is recorded."""
    with (
        ProjectServer(*case, True, tmp_path_factory.mktemp("watched"), redis) as process,
        Watcher(process.port) as watcher,
    ):
        result = record(
            process.port, watcher, story.scenario, sum(map(len, story.STORIES.values()))
        )
    assert "The inspector couldn't" not in process.output
    return result


@pytest.fixture(scope="module")
def recorded(watched):
    return watched[1]


def test_the_clients_get_the_same_bytes(case, redis, story, watched, tmp_path):
    with ProjectServer(*case, False, tmp_path, redis) as process:
        guests = Guests(process.port)
        try:
            story.scenario(guests)
        finally:
            guests.close()
    assert watched[0] == guests.heard


def test_every_frame_is_there_in_order(recorded):
    for name, guest in recorded.guests.items():
        said, sent = recorded.of(name, "receive"), recorded.of(name, "send")
        assert [shown_of(event) for event in said] == list(map(shown, guest.said))
        # A consumer may go on sending when it has closed.
        assert [shown_of(event) for event in sent][: len(guest.got)] == list(map(shown, guest.got))


def shown(frame):
    """A frame as it is recorded: its size, and its payload as far as that is shown."""
    return len(frame), f"<{len(frame):,} bytes>" if isinstance(frame, bytes) else frame[:LONGEST]


def shown_of(event):
    return event["size"], event["payload"][:LONGEST]


def test_every_event_is_there_in_order(story, recorded):
    assert recorded.stories == story.STORIES


def test_what_a_browser_gets_its_consumer_got_before(recorded):
    """A frame of a journey that began elsewhere comes after an event of that journey."""
    begun = {
        event["journey"]: event["connection"]
        for event in recorded.events
        if event["what"] == "receive"
    }
    came = defaultdict(Counter)
    for event in recorded.events:
        journey = event.get("journey")
        if event["what"] == "layer_receive":
            came[event.get("connection")][journey] += 1
        elif event["what"] == "send" and journey and begun.get(journey) != event["connection"]:
            came[event["connection"]][journey] -= 1
            assert came[event["connection"]][journey] >= 0


def test_each_line_is_the_one_with_its_comment(case, recorded):
    lines = lines_of(case[0])
    sources = [event["source"] for event in recorded.events if "source" in event]
    marked = [source for source in sources if MARK.search(source["code"])]
    assert marked
    for source in marked:
        assert lines[MARK.search(source["code"])[1]] == (source["file"], source["line"])


def test_numbers_and_times_only_grow(recorded):
    numbers = [event["n"] for event in recorded.events]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    times = [event["at"] for event in recorded.events]
    assert times == sorted(times)


def test_a_connection_has_one_consumer_and_one_channel(recorded):
    for name in recorded.guests:
        for key in ("consumer", "instance", "channel"):
            assert len({event[key] for event in recorded.of(name) if event.get(key)}) <= 1
