"""Two servers on one Redis are one chat, in a browser."""

import secrets
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from chatdemo.project.listening_address import server_name
from tests.browser.step_room import StepRoom, talk
from tests.support.redis_server import DURABLE, RedisServer
from tests.support.served import TIMEOUT_SECONDS, Served, clean_environ

#: How long pages may show messages that are gone from Redis, without saying so.
ANNOUNCED_SECONDS = 5
#: How long the members of a server that was killed are listed, and until the chat goes on once Redis is back.
ENDED_SECONDS, BACK_SECONDS = 15, 2


@contextmanager
def two_servers(folder, redis):
    (folder / "key").write_text(secrets.token_hex(32), "ascii")
    key = {"CHATDEMO_SECRET_KEY_FILE": str(folder / "key")}
    options = ("--redis", redis.url())
    (folder / "other").mkdir()
    with Served(folder, *options, **key) as one, Served(folder / "other", *options, **key) as two:
        one.redis = two.redis = redis
        yield one, two


@pytest.fixture(scope="module")
def servers(has_redis, tmp_path_factory):
    """Two servers, which no test changes."""
    folder = tmp_path_factory.mktemp("several")
    with RedisServer(folder) as redis, two_servers(folder, redis) as servers:
        yield servers


def test_who_is_on_another_server_is_in_the_same_room(servers, meet):
    one, two = servers
    ana, ben = meet("Ana", url=one.url), meet("Ben", url=two.url)
    namesake = meet("Ana", url=two.url)
    ana.say("hello")
    ben.say("hello Ana")
    for person in (ana, ben, namesake):
        expect(person.messages).to_have_text(["hello", "hello Ana"])
        person.open_people()
        expect(person.here).to_have_count(3)
    expect(ben.here.filter(has_text="Ana (2)")).to_be_attached()
    expect(ana.reached).to_have_text(["reached 2 of 2"])
    expect(ben.reached).to_have_text(["reached 2 of 2"])


def test_rooms_with_people_on_another_server_are_listed(servers, meet, room, context):
    one, two = servers
    meet("Ana", url=one.url)
    page = context.new_page()
    page.goto(f"{two.url}chat/")
    expect(page.get_by_role("link", name=f"{room} 1 person", exact=True)).to_be_visible()


def test_who_writes_on_another_server_is_shown(servers, meet):
    one, two = servers
    ana, ben = meet("Ana", url=one.url), meet("Ben", url=two.url)
    ben.input.press_sequentially("hel")
    expect(ana.writing).to_contain_text("Ben")


def test_a_person_is_the_same_on_both_and_takes_their_name_along(servers, meet):
    one, two = servers
    ana = meet("Ana", url=one.url)
    again = meet(url=two.url, beside=ana)  # the same browser, and so the same session
    ana.say("hello")
    expect(again.messages).to_have_text(["hello"])
    again.call_oneself("Ada")
    ana.open_people()
    expect(ana.here).to_have_text(["Ada (you)"])


def test_who_comes_to_another_server_later_sees_what_was_said(servers, meet):
    one, two = servers
    ana = meet("Ana", url=one.url)
    ana.say_all([f"hello {number}" for number in range(20)])
    expect(ana.messages).to_have_count(20)
    ben = meet("Ben", url=two.url)
    expect(ben.messages).to_have_count(20)


def test_the_inspector_shows_the_path_of_a_message_that_was_said_on_another_server(
    servers, meet, context
):
    one, two = servers
    meet("Ben", url=two.url)
    page = context.new_page()
    page.goto(f"{two.url}inspect/")
    expect(page.locator("#status")).to_contain_text("Live")
    meet("Ana", url=one.url).say('He said "hello" \\o/')
    expect(page.locator("#chart")).to_contain_text('He said "hello" \\o/')
    expect(page.locator("#chart")).to_contain_text("it reached Ben.")


def test_the_inspector_says_which_server_it_is_of_how_many(servers, context):
    for server in servers:
        page = context.new_page()
        page.goto(f"{server.url}inspect/")
        name = server_name(server.port)
        expect(page.locator("#server")).to_have_text(f"Server {name}, one of 2")
        assert f"Server      {name}, " in server.output


def test_steps_of_the_course_talk_through_channels_redis(servers, new_context, room):
    one, two = servers
    ana, ben = (StepRoom(new_context(), server.url, room, step="async") for server in (one, two))
    talk(ana, ben, together=True)


def flush(redis, room):
    redis.flush()


def forget(redis, room):
    command = [sys.executable, "-m", "chatdemo", "forget", room, "--yes", "--redis", redis.url()]
    environ = clean_environ()
    subprocess.run(command, env=environ, check=True, timeout=TIMEOUT_SECONDS)


@pytest.mark.parametrize("delete", [flush, forget])
def test_when_the_messages_are_gone_from_redis_pages_say_so_and_go_on(
    has_redis, tmp_path, meet, room, delete
):
    with RedisServer(tmp_path) as redis, two_servers(tmp_path, redis) as (one, two):
        ana, ben = meet(url=one.url), meet(url=two.url)
        ana.say_all(["old", "older"])
        ben.expect_log("old", "older")
        delete(redis, room)
        for page in (ana, ben):
            notice = page.notices.get_by_text("The earlier messages are no longer stored here.")
            expect(notice).to_have_count(1, timeout=ANNOUNCED_SECONDS * 1000)
        ben.say("new")
        ana.expect_log("old", "older", "new")
        ana.say("newer")
        for page in (ana, ben):
            page.expect_log("old", "older", "new", "newer")


def test_while_redis_is_away_the_page_says_so_and_then_goes_on_by_itself(has_redis, tmp_path, meet):
    redis = RedisServer(tmp_path, *DURABLE)
    with redis, two_servers(tmp_path, redis) as (one, two):
        ana, ben = meet("Ana", url=one.url), meet("Ben", url=two.url)
        ana.say("before")
        ben.expect_log("before")
        redis.stop(signal.SIGTERM)
        ana.say("away")
        ben.input.press_sequentially("half a mess")
        expect(ana.unsent).to_contain_text("the Redis server doesn't answer")
        ana.open_people()
        expect(ana.here).to_have_count(2)
        with RedisServer(tmp_path, *DURABLE, port=redis.server_port):
            ana.unsent.get_by_role("button", name="Try again").click()
            expect(ben.messages).to_have_text(["before", "away"], timeout=BACK_SECONDS * 1000)
            ben.input.press_sequentially("age")
            ben.input.press("Enter")
            ana.expect_log("before", "away", "half a message")
            expect(ana.unsent.get_by_role("listitem")).to_have_count(0)
            expect(ana.here).to_have_count(2)


def test_the_participants_of_a_server_that_was_killed_leave(has_redis, tmp_path, meet):
    with RedisServer(tmp_path) as redis, two_servers(tmp_path, redis) as (one, two):
        ana, ben = meet("Ana", url=one.url), meet("Ben", url=two.url)
        ana.expect_here("Ana (you)", "Ben")
        two.kill()
        ben.page.close()
        expect(ana.here).to_have_count(1, timeout=ENDED_SECONDS * 1000)


def test_rooms_and_transcripts_are_those_in_redis(servers, meet, room, context, tmp_path):
    one, two = servers
    ana = meet("Ana", url=one.url)
    ana.say("for the record")
    ana.expect_log("for the record")
    download = context.request.get(f"{two.url}chat/{room}/transcript/")
    assert download.ok and "for the record" in download.text()
    for command, content in ((["rooms"], room), (["export", room], "for the record")):
        done = subprocess.run(
            [sys.executable, "-m", "chatdemo", *command, "--redis", two.redis.url()],
            env=clean_environ(),
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert content in done.stdout
