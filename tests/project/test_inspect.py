"""The embedded project with the inspector built in."""

import json
import re
from contextlib import ExitStack

import pytest
from click.testing import CliRunner
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from chatdemo.commands import cli
from tests.project.test_serve import get
from tests.support.served import Served


def feed(served, query="", **options):
    return connect(
        served.socket_url(f"/inspect/feed/{query}"), origin=served.url.removesuffix("/"), **options
    )


def test_the_page_says_that_it_is_there_to_this_machine_alone(tmp_path):
    with Served(tmp_path) as served:
        assert 'href="/inspect/"' in get(served.url)
        assert "Inspector" in get(f"{served.url}inspect/")
        with feed(served) as watcher:
            assert json.loads(watcher.recv())["kind"] == "hello"


def test_with_the_setting_off_there_is_none(tmp_path):
    with Served(tmp_path, CHATDEMO_INSPECT="off") as served:
        assert 'href="/inspect/"' not in get(served.url)
        assert "Inspector" not in served.output
        assert "data-feed" not in get(f"{served.url}learn/echo/")
        with pytest.raises(InvalidStatus):
            feed(served).__enter__()


def test_an_unknown_choice_is_named(folder):
    result = CliRunner().invoke(cli, ["serve"], env={"CHATDEMO_INSPECT": "everybody"})
    assert result.exit_code == 2
    assert "CHATDEMO_INSPECT: 'everybody' is not one of the choices." in result.stderr
    assert "Choose one of off, local, all." in result.stderr


@pytest.mark.parametrize("token", ["the lesson's", "forged"])
def test_a_lessons_token_is_for_its_rooms(tmp_path, token):
    """With a forged one, this machine's browser sees everything, as without one."""
    with Served(tmp_path) as served, ExitStack() as open_:
        page = get(f"{served.url}learn/groups/")
        address = page.partition('data-feed="')[2].partition('"')[0].replace("&amp;", "&")
        query = address.partition("/inspect/feed/")[2] if token != "forged" else "?watch=forged"
        [room] = set(re.findall('data-src="/chat/([^/"]+)/"', page))
        for name in ("lobby", room):
            path = served.socket_url(f"/ws/chat/{name}/")
            open_.enter_context(connect(path, origin=served.url.removesuffix("/")))
        watcher = open_.enter_context(feed(served, query))
        seen = set()
        while room not in seen:
            seen |= {one["room"] for one in json.loads(watcher.recv()).get("connections", ())}
    assert ("lobby" in seen) == (token == "forged")


@pytest.mark.parametrize("step", ["groups", "async"])
def test_each_hop_has_the_line_of_the_steps_own_code(tmp_path, step):
    """On uvloop too, which has no frames of its own between a call and what made the server run."""
    hops = {}
    with (
        Served(tmp_path, CHATDEMO_STEP=step) as served,
        feed(served) as watcher,
        connect(served.socket_url("/ws/chat/lobby/"), origin=served.url.removesuffix("/")) as one,
    ):
        one.send('{"message": "hello"}')
        while not {"receive", "group_send", "layer_receive", "send"} <= hops.keys():
            hops |= {
                event["what"]: event.get("source")
                for event in json.loads(watcher.recv()).get("events", ())
            }
    assert {hops[what]["file"] for what in ("receive", "group_send", "send")} == {
        "chat/consumers.py"
    }
    assert "group_send" in hops["group_send"]["code"] and "send" in hops["send"]["code"]
