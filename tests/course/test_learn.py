"""The course's pages, and what a visitor's session keeps of them."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from django.conf import settings
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore as Database
from django.db import OperationalError
from django.test import Client

from chatdemo.course import outline, progress, step_rooms

LOCAL = {"host": "localhost"}
NAMES = [step.name for step in outline.steps()]
PAGES = ["/learn/", *(f"/learn/{name}/" for name in NAMES)]

pytestmark = pytest.mark.django_db


@pytest.fixture
def client():
    return Client(headers=LOCAL)


def text(response) -> str:
    """What the page says, in one line."""
    return " ".join(re.sub("<[^>]*>", " ", response.content.decode()).split())


def test_the_overview_has_every_step_with_its_line(client):
    page = text(client.get("/learn/"))
    for step in outline.steps():
        assert step.title in page
        assert step.summary[0].upper() + step.summary[1:].replace("'", "&#x27;") in page


def test_whoever_comes_first_is_invited_to_start(client):
    response = client.get("/learn/")
    assert 'href="/learn/index/">Start with step 1</a>' in response.content.decode()
    assert "you are here" not in text(response)


def test_whoever_opened_a_step_goes_on_with_it(client):
    client.get("/learn/echo/")
    response = client.get("/learn/")
    assert 'href="/learn/echo/">Continue with step 3</a>' in response.content.decode()
    assert "You were at step 3: An echo." in text(response)
    assert text(response).count("you are here") == 1


def test_whoever_did_a_step_goes_on_with_the_next(client):
    response = client.post("/learn/index/")
    assert (response.status_code, response.headers["Location"]) == (302, "/learn/room/")
    client.get("/learn/index/")
    page = client.get("/learn/")
    assert "Continue with step 2" in text(page)
    assert "You have done 1 of 7. Next is step 2: The room page." in text(page)
    assert page.content.decode().count('<span class="mark">done</span>') == 1


def test_whoever_did_them_all_is_told_so(client):
    for name in reversed(NAMES):
        client.post(f"/learn/{name}/")
    assert client.post("/learn/tests/").headers["Location"] == "/learn/"
    page = text(client.get("/learn/"))
    assert "You have done all seven" in page and "Look at step 1 again" in page


def test_steps_that_were_left_out_come_after_the_last(client):
    for name in NAMES[2:]:
        client.get(f"/learn/{name}/")
        client.post(f"/learn/{name}/")
    assert "Continue with step 1" in text(client.get("/learn/"))


def test_the_overview_says_how_to_go_through_it_alone_and_with_a_class(client):
    page = text(client.get("/learn/"))
    for command in (
        "chatdemo check mysite --watch",
        "chatdemo new mysite-echo --step echo",
        "chatdemo serve --host 0.0.0.0 --step echo",
        "/chat/lobby/?step=echo",
    ):
        assert command in page


@pytest.mark.parametrize("step", outline.steps(), ids=NAMES)
def test_a_lesson_has_its_parts(client, step):
    page = text(client.get(f"/learn/{step.name}/"))
    assert f"Step {step.number} of 7 {step.title}" in page
    for part in (
        "Try this",
        "You should see",
        "Why",
        "Write it",
        "What the lines do",
        "If you read older tutorials",
    ):
        assert f" {part} " in page
    for command in (
        f"chatdemo check --step {step.name}",
        f"chatdemo new ../mysite-{step.name} --step {step.name}",
    ):
        assert command in page
    for file in step.touches:
        assert file in page


@pytest.mark.parametrize("step", outline.steps(), ids=NAMES)
def test_a_lesson_has_its_exercises_with_closed_answers(client, step):
    html = client.get(f"/learn/{step.name}/").content.decode()
    assert len(re.findall('<details class="aside answer">', html)) == len(step.exercises)
    assert ('href="#fault"' in html) is bool(step.exercises)
    for exercise in step.exercises:
        assert f"The check names it {exercise.fault} ," in text(client.get(f"/learn/{step.name}/"))


def test_the_last_lesson_says_what_comes_after_it_and_the_overview_leads_there(client):
    page = text(client.get("/learn/tests/"))
    for subject in ("Log in", "Store the messages", "Host several rooms", "Deploy it", "Redis"):
        assert subject in page.partition("What next You have")[2]
    assert "#next" not in client.get("/learn/async/").content.decode()
    for name in NAMES:
        client.post(f"/learn/{name}/")
    assert 'href="/learn/tests/#next">What next</a>' in client.get("/learn/").content.decode()


@pytest.mark.parametrize("step", outline.steps(), ids=NAMES)
def test_a_lesson_leads_to_the_ones_beside_it(client, step):
    page = client.get(f"/learn/{step.name}/").content.decode()
    # In the header, and at the end of the page.
    assert re.findall('rel="prev" href="([^"]*)"', page) == (
        [f"/learn/{step.previous.name}/"] * 2 if step.previous else []
    )
    assert re.findall('rel="next" href="([^"]*)"', page) == (
        [f"/learn/{step.next.name}/"] * 2 if step.next else []
    )
    assert ("Finish the course" in page) == (step.next is None)


@pytest.mark.parametrize("step", outline.steps(), ids=NAMES)
def test_both_tabs_open_rooms_of_the_step(client, step):
    addresses = re.findall(
        'data-src="([^"]*)"', client.get(f"/learn/{step.name}/").content.decode()
    )
    assert len(addresses) == 2
    if step.tabs:
        assert addresses == list(step.tabs)
    else:
        assert addresses[0] == addresses[1]
        assert step_rooms.pinned_step(addresses[0].split("/")[2]) == step


def test_a_visitors_room_is_the_same_at_each_visit_and_nobody_elses(client):
    def room(visitor):
        return re.search('data-src="([^"]*)"', visitor.get("/learn/echo/").content.decode())[1]

    assert room(client) == room(client)
    assert room(client) != room(Client(headers=LOCAL))


@pytest.mark.parametrize("path", PAGES)
def test_no_page_has_an_inline_script_style_or_handler(client, path):
    page = client.get(path).content.decode()
    assert "<style" not in page and " style=" not in page
    tags = re.findall(r"<\w[^>]*>", page)
    assert [tag for tag in tags if re.search(r"\son\w+=", tag)] == []
    scripts = [tag for tag in tags if tag.startswith("<script")]
    assert all("src=" in tag or 'type="application/json"' in tag for tag in scripts)


class Ids(HTMLParser):
    """The ids of a page, and the ids that its links and labels point to."""

    def __init__(self, page: str):
        super().__init__()
        self.ids: list[str] = []
        self.targets: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.ids += [given["id"]] if "id" in given else []
        self.targets |= {
            given[name] for name in ("aria-labelledby", "data-copy", "for") if name in given
        }
        if given.get("href", "").startswith("#"):
            self.targets.add(given["href"][1:])


@pytest.mark.parametrize("path", PAGES)
def test_every_anchor_on_a_page_is_there_once(client, path):
    page = Ids(client.get(path).content.decode())
    assert len(set(page.ids)) == len(page.ids)
    assert page.targets <= set(page.ids)


def test_a_step_that_is_none_has_no_page(client):
    assert client.get("/learn/nowhere/").status_code == 404
    assert client.post("/learn/nowhere/").status_code == 404


def test_below_the_course_a_page_that_is_not_there_leads_back_to_the_steps(client):
    assert (
        '<a class="button" href="/learn/">See the steps</a>'
        in client.get("/learn/nope/").content.decode()
    )


def test_a_step_goes_by_its_number_too(client):
    response = client.get("/learn/3/")
    assert (response.status_code, response.headers["Location"]) == (302, "/learn/echo/")


def test_a_room_that_a_step_does_not_have_leads_back_to_the_steps_own_index(client):
    page = client.get("/chat/lobby/?step=index&console", follow=True)
    assert page.status_code == 404 and "No pattern in this step" in text(page)
    assert (
        'href="/chat/?step=index&amp;console">Back to the index page</a>' in page.content.decode()
    )


def test_the_commands_fit_the_port_that_is_taken(client):
    page = text(client.get("/learn/echo/", SERVER_PORT="8001"))
    assert "runserver 8002" in page and "127.0.0.1:8002/chat/lobby/" in page
    for port in (
        "0",
        "443",
        "65535",
    ):  # no port of ours, one that is the administrator's to use, the last
        assert "runserver 8000" in text(client.get("/learn/echo/", SERVER_PORT=port))


def test_the_whole_path_of_the_command_is_for_this_machine_alone(client, monkeypatch, tmp_path):
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    (tmp_path / "chatdemo").touch()
    assert str(tmp_path / "chatdemo") in text(client.get("/learn/echo/", REMOTE_ADDR="127.0.0.1"))
    assert str(tmp_path / "chatdemo") in text(
        client.get("/learn/echo/", REMOTE_ADDR="::ffff:127.0.0.1")
    )
    for elsewhere in ("192.0.2.7", "", "nonsense"):
        assert str(tmp_path) not in text(client.get("/learn/echo/", REMOTE_ADDR=elsewhere))


def test_without_internet_the_environment_of_chatdemo_is_activated(client, monkeypatch, tmp_path):
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    (tmp_path / "chatdemo").touch()
    assert "type the line that activates it" in text(client.get("/learn/index/"))
    (tmp_path / "activate").touch()
    assert f"type source {tmp_path}/activate" in text(client.get("/learn/index/"))
    elsewhere = client.get("/learn/index/", REMOTE_ADDR="192.0.2.7")
    assert "type the line that activates it" in text(elsewhere)


@pytest.mark.parametrize(
    "headers", [{"host": "chat.example.org"}, {"x-forwarded-for": "192.0.2.7"}]
)
def test_the_whole_path_of_the_command_is_not_for_a_tunnels_visitors(
    client, monkeypatch, tmp_path, headers
):
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    (tmp_path / "chatdemo").touch()
    monkeypatch.setattr("django.conf.settings.ALLOWED_HOSTS", ["*"])
    assert str(tmp_path) not in text(
        client.get("/learn/echo/", REMOTE_ADDR="127.0.0.1", headers=headers)
    )


@pytest.mark.parametrize("step, says", [("echo", True), ("", False)])
def test_the_overview_names_the_step_that_rooms_run(client, monkeypatch, step, says):
    monkeypatch.setattr(settings, "CHATDEMO", replace(settings.CHATDEMO, step=step))
    assert ("Now the rooms run step 3: echo." in text(client.get("/learn/"))) is says


def test_a_lesson_is_read_or_done_and_nothing_else(client):
    assert client.put("/learn/echo/").status_code == 405
    assert client.post("/learn/").status_code == 405
    assert Client(headers=LOCAL, enforce_csrf_checks=True).post("/learn/echo/").status_code == 403


@pytest.mark.parametrize(
    "stored",
    [
        "nonsense",
        {},
        {"token": "../../etc", "here": "gone", "done": ["gone", "echo"]},
        {"token": 5, "here": ["x"], "done": [["x"], 7]},
        {"token": "k3f9xm", "here": None, "done": 5},
    ],
)
def test_a_session_of_another_version_is_read_as_far_as_it_can_be(client, stored):
    session = client.session
    session["learn"] = stored
    session.save()
    client.cookies["chatdemo_sessionid"] = session.session_key
    assert client.get("/learn/").status_code == 200
    assert client.get("/learn/echo/").status_code == 200


class TestWithoutADatabase:
    """The pages while the database is locked or read-only."""

    @pytest.fixture(autouse=True)
    def known(self, client):
        client.post("/learn/index/")

    @pytest.mark.parametrize("path", PAGES)
    def test_they_are_shown_though_nothing_can_be_stored(self, client, monkeypatch, caplog, path):
        monkeypatch.setattr(Database, "save", fail(UpdateError("database is locked")))
        assert client.get(path).status_code == 200
        new = Client(headers=LOCAL)
        assert new.get(path).status_code == 200
        if path != "/learn/":
            assert "can't be saved; its changes are lost: database is locked" in caplog.text

    @pytest.mark.parametrize("path", PAGES)
    def test_they_are_shown_though_nothing_can_be_read(self, client, monkeypatch, caplog, path):
        monkeypatch.setattr(Database, "load", fail(OperationalError("database is locked")))
        assert client.get(path).status_code == 200
        assert "can't be read; the request has none: database is locked" in caplog.text

    def test_what_could_not_be_read_is_not_written_over(self, client, monkeypatch):
        with monkeypatch.context() as locked:
            locked.setattr(Database, "load", fail(OperationalError("database is locked")))
            client.get("/learn/tests/")
        assert "You have done 1 of 7" in text(client.get("/learn/"))

    def test_a_step_that_is_done_leads_on_all_the_same(self, client, monkeypatch):
        monkeypatch.setattr(
            Database, "save", fail(OperationalError("attempt to write a readonly database"))
        )
        assert client.post("/learn/echo/").headers["Location"] == "/learn/layer/"


def fail(error: Exception):
    def fail(*_, **__):
        raise error

    return fail


def test_a_token_has_only_what_every_name_may_have():
    assert re.fullmatch("[a-z2-9]{6}", progress.CourseProgress().token)
    assert progress.CourseProgress().token != progress.CourseProgress().token


def test_the_start_page_and_the_bar_lead_to_the_course(client):
    page = client.get("/").content.decode()
    assert page.count('href="/learn/"') == 2
