"""A room's history starts again, with pages open on the one before it."""

import re
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
from playwright.sync_api import expect

from tests.support.served import TIMEOUT_SECONDS, Served, clean_environ

GONE = "The earlier messages are no longer stored here."


def learning(participant):
    """Waits at its end until the page, which came before anything was said, knows which history it is of."""
    return participant.page.expect_response(re.compile(r"/messages/\?before=1$"))


@pytest.fixture
def start_again(served, tmp_path):
    """Starts another server in the first one's place, which is killed, with an empty database."""
    servers = []

    def start_again():
        served.kill()
        for file in tmp_path.glob("chat.sqlite3*"):
            if file.suffix != ".key":
                file.unlink()
        servers.append(Served(tmp_path, "--port", str(served.port)))
        servers[-1].__enter__()

    yield start_again
    for server in servers:
        server.__exit__()


@pytest.fixture
def forget(served, tmp_path, room):
    """Deletes what was said in the room while the server runs."""
    database = str(tmp_path / "chat.sqlite3")
    command = [sys.executable, "-m", "chatdemo", "forget", room, "--yes", "--db", database]
    return lambda: subprocess.run(
        command, env=clean_environ(), check=True, capture_output=True, timeout=TIMEOUT_SECONDS
    )


def test_what_waits_is_said_and_what_is_said_then_is_shown(meet, served, start_again):
    said = [str(number) for number in range(60)]
    ada = meet(url=served.url)
    ada.say_all(said)
    ada.expect_log(*said)
    ben = meet(url=served.url)
    ben.expect_log(*said[10:])
    served.kill()
    ada.expect_state("Connection lost")
    ada.say("typed meanwhile")
    start_again()
    for page, before in ((ada, said), (ben, said[10:])):
        page.expect_log(*before, "typed meanwhile")
        expect(page.notices.get_by_text(GONE)).to_have_count(1)
    ben.say("new")
    ada.expect_log(*said, "typed meanwhile", "new")
    ben.expect_log(*said[10:], "typed meanwhile", "new")
    ben.view.evaluate("(view) => view.scrollTo(0, 0)")
    ben.say("newer")
    ben.expect_log(*said[10:], "typed meanwhile", "new", "newer")
    expect(ada.unsent.get_by_role("listitem")).to_have_count(0)


def test_pages_that_came_before_the_first_message_learn_of_it_too(meet, served, start_again):
    ada, ben = meet(url=served.url), meet(url=served.url)
    with learning(ada), learning(ben):
        ada.say_all(["one", "two", "three"])
    ben.expect_log("one", "two", "three")
    ben.page.context.set_offline(True)
    start_again()
    ada.say("four")
    ada.expect_log("one", "two", "three", "four")
    ben.page.context.set_offline(False)
    ben.expect_log("one", "two", "three", "four")
    ben.say("five")
    ada.expect_log("one", "two", "three", "four", "five")


def test_a_page_goes_on_when_the_server_has_lost_the_last_messages(meet, served, tmp_path):
    ada = meet(url=served.url)
    ada.say_all(["one", "two", "three"])
    ada.expect_log("one", "two", "three")
    served.kill()
    with closing(sqlite3.connect(tmp_path / "chat.sqlite3")) as database, database:
        database.execute("DELETE FROM chat_message WHERE seq > 1")
    with Served(tmp_path, "--port", str(served.port)):
        expect(ada.notices.get_by_text(GONE)).to_have_count(1)
        ada.expect_log("one", "two", "three", "one")
        ada.say("four")
        ada.expect_log("one", "two", "three", "one", "four")
        expect(ada.notices.get_by_text(GONE)).to_have_count(1)


def test_who_is_no_longer_known_is_told_and_asked_again(meet, served, start_again):
    ada = meet(url=served.url)
    ada.answer("Ada")
    with learning(ada):
        ada.say("old")
    start_again()
    expect(ada.notices.last).to_have_text(
        "Your name was cleared too. Reload the page to set it again."
    )
    ada.page.reload()
    expect(ada.asked.get_by_role("textbox")).to_have_value("Ada")
    ada.asked.get_by_role("button", name="Save").click()
    ada.expect_here("Ada (you)")
    ada.expect_log()


def test_in_a_room_that_is_forgotten_everyone_goes_on(meet, served, forget):
    ada, ben = meet(url=served.url), meet(url=served.url)
    ada.expect_here("Guest (you)", "Guest (2)")
    with learning(ada), learning(ben):
        ada.say_all(["old", "older", "oldest"])
    expect(ada.reached).to_have_text(["reached 1 of 1"] * 3)
    forget()
    ben.say("new")
    for page in (ada, ben):
        page.expect_log("old", "older", "oldest", "new")
        expect(page.notices.get_by_text(GONE)).to_have_count(1)
    expect(ben.reached).to_have_text("reached 1 of 1")
    ada.say("newer")
    ben.expect_log("old", "older", "oldest", "new", "newer")
    expect(ada.page.get_by_role("log").locator(".own").last).to_contain_text("reached 1 of 1")
