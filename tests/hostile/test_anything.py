"""Any JSON, text and bytes, as a page and as a plain client: there is an answer of the contract, and the chat goes on.

Nothing of it closes the connection. Breaches of the protocol, which do, are in test_frames.py.
"""

import json
import uuid

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatdemo.chat.message_errors import ERRORS
from tests.hostile.browser import Browser
from tests.hostile.raw import hear, join, new_room, serving

#: What the server may tell a page beside messages and errors.
EVENTS = {"welcome", "people", "typing", "reached", "who", "beat"}
NO_HEARTBEAT = "import chatdemo.chat.heartbeat as heartbeat; heartbeat.TIMEOUT_SECONDS = 3600"
many = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One that lets everybody say as much as they like, and waits for a page while an example is generated."""
    folder = tmp_path_factory.mktemp("anything")
    with serving(folder, NO_HEARTBEAT, CHATDEMO_MAX_RATE="0") as served:
        yield served


@pytest.fixture(params=["page", "plain"])
def sender(server, request):
    room = new_room()
    with Browser(server, room).join() if request.param == "page" else join(server, room) as client:
        client.kind, client.said = request.param, {}
        yield client


keys = st.sampled_from(
    ["message", "id", "got", "who", "typing", "beat", "event", "error", "type"]
) | st.text(max_size=5)
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4)
)
ids = st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True) | st.text(max_size=70) | st.integers()
messages = st.fixed_dictionaries(
    {"message": st.text() | leaves}, optional={"id": ids, "seq": leaves, "name": leaves}
)
signals = st.dictionaries(
    st.sampled_from(["got", "who", "typing", "beat"]),
    st.integers() | st.booleans() | leaves,
    min_size=1,
    max_size=2,
)


def answers(sender, frame: str | bytes) -> list[dict]:
    """What comes of a frame, up to the good message that follows it, which must come."""
    last = uuid.uuid4().hex
    sender.send(frame)
    sender.send(json.dumps({"message": last}))
    heard = [hear(sender)]
    while heard[-1].get("message") != last:
        heard.append(hear(sender))
    assert all(frame["event"] in EVENTS for frame in heard if "event" in frame)
    assert sender.kind == "page" or not any("event" in frame for frame in heard)
    return [frame for frame in heard[:-1] if "event" not in frame]


def check(sender, content: object, frame: str) -> None:
    """There is one answer: the message as it was said first, or an error. A page's signal has none."""
    found = answers(sender, frame)
    if not found:
        [kind] = content
        assert sender.kind == "page" and kind in ("got", "who", "typing", "beat")
        return
    [answer] = found
    id = content.get("id") if isinstance(content, dict) else None
    if "error" in answer:
        assert answer["error"] in ERRORS and answer["error"] not in ("too_fast", "not_kept")
        assert set(answer) <= {"error", "detail", "id"} and "\n" not in answer["detail"]
        assert answer.get("id") in (None, id)
    else:
        assert answer["message"] == (
            sender.said.setdefault(id, content["message"]) if id else content["message"]
        )
        assert set(answer) <= {"message", "seq", "at", "name", "id"}
        assert answer.get("id") == id


@many
@given(values)
def test_any_json_has_an_answer(sender, content):
    check(sender, content, json.dumps(content))


@many
@given(messages)
def test_any_message_has_an_answer(sender, content):
    check(sender, content, json.dumps(content, ensure_ascii=False))


@many
@given(signals)
def test_any_signal_has_an_answer_or_is_one(sender, content):
    check(sender, content, json.dumps(content))


@many
@given(st.text())
def test_any_text_has_an_answer(sender, text):
    [answer] = answers(sender, text)
    assert answer["error"] in ("bad_json", "bad_message")


@many
@given(st.binary(max_size=300))
def test_any_bytes_are_not_text(sender, data):
    [answer] = answers(sender, data)
    assert answer["error"] == "not_text"
