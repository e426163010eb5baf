"""Everything that goes wrong in a project is one problem, with its line and what to do, on Daphne and on our server."""

import json
import re
import sys
from pathlib import Path

import pytest

from tests.inspector.recorded import Guest, ProjectServer
from tests.inspector.strangers.client import SHAKE, Request, Socket, Watcher

FOLDER = Path(__file__).parent / "projects" / "faults"
ORIGIN = {"Origin": "http://127.0.0.1"}
SERVERS = [("faults", "daphne", "daphne"), ("faults", "ours", "ours")]


class ProblemWatcher(Watcher):
    """A watcher that keeps the newest form of each problem."""

    def __init__(self, port: int):
        super().__init__(port)
        self.problems: dict[int, dict] = {}

    def await_problem(self, kind: str, text: str, **more) -> dict:
        """The problem with this text, as soon as it has these fields."""
        while True:
            for problem in self.problems.values():
                is_it = problem["kind"] == kind and text in problem["text"]
                if is_it and more.items() <= problem.items():
                    return problem
            content = json.loads(self.hear()[0])
            if content["kind"] == "events":
                self.events += content["events"]
                self.say(
                    {"do": "got", "n": content["events"][-1]["n"]}
                    if content["events"]
                    else {"do": "got", "n": 0}
                )
            elif content["kind"] == "problems":
                self.problems |= {problem["number"]: problem for problem in content["problems"]}


@pytest.fixture(scope="module", params=SERVERS, ids=["daphne", "ours"])
def server(request, tmp_path_factory):
    with ProjectServer(*request.param, True, tmp_path_factory.mktemp("faults")) as process:
        yield process
    assert "The inspector couldn't" not in process.output


@pytest.fixture
def watcher(server):
    with ProblemWatcher(server.port) as watcher:
        yield watcher


def line_of(fault: str) -> tuple[str, int]:
    """The place of the comment, as problems name it."""
    for file in FOLDER.glob("*.py"):
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
            if line.endswith(f"# fault: {fault}"):
                return f"faults/{file.name}", number
    raise LookupError(fault)


def place(problem: dict) -> tuple[str, int]:
    return problem["source"]["file"], problem["source"]["line"]


def join(server, name):
    return Guest(server.port, f"/ws/{name}/", **ORIGIN)


def refuse(server, path, **headers):
    with Guest(server.port, path, **(ORIGIN | headers)) as guest:
        assert not guest.accepted


def say(server, name, text="x", answers=1):
    """A participant that says something and hears the answer."""
    with join(server, name) as guest:
        guest.say(text)
        guest.hear(answers)
        return guest


def test_an_exception_belongs_to_its_message_and_is_counted(server, watcher):
    for _ in range(2):
        with join(server, "Raises") as guest:
            guest.say("boom")
            guest.read_to_the_end()
    problem = watcher.await_problem("error", "An exception in Raises: ValueError: boom", count=2)
    assert place(problem) == line_of("receive")
    hops = [event["what"] for event in watcher.events if event.get("journey") == problem["journey"]]
    assert hops == ["receive", "error"]


def test_a_logged_exception_is_a_problem_and_one_that_is_raised_too_counts_once(server, watcher):
    say(server, "Logs", "seven")
    problem = watcher.await_problem("log", "not a number: seven: ValueError")
    assert place(problem) == line_of("caught")
    assert problem["text"].startswith("In the log at faults/consumers.py:") and problem["journey"]
    with join(server, "Logs") as guest:
        guest.say("raise it")
        guest.read_to_the_end()
    problem = watcher.await_problem("log", "not a number: raise it", count=2)
    watcher.watch_until(lambda events: any(event["what"] == "error" for event in events))
    assert not [one for one in watcher.problems.values() if "An exception in Logs" in one["text"]]


def test_an_exception_that_a_view_logs_has_no_connection(server, watcher):
    Request(server.port, "/logs/")
    problem = watcher.await_problem("log", "couldn't answer: KeyError: 'nothing'")
    assert (place(problem), problem["connection"]) == (line_of("logged"), None)


def test_a_failed_task_has_its_line(server, watcher):
    say(server, "Tasks")
    problem = watcher.await_problem(
        "task", "The task of Tasks.tick failed: OSError: the clock stopped"
    )
    assert place(problem) == line_of("task")
    assert problem["connection"] and problem["journey"]


@pytest.mark.parametrize(
    ("name", "fault", "method", "remedy"),
    [
        ("NeverAwaited", "never awaited", "group_send", "write await before it"),
        ("SyncNeverAwaited", "never awaited in a thread", "group_add", "needs async_to_sync(…)"),
        ("Keeps", "kept in a variable", "greet", "write await before it"),
        (
            "DefHelper",
            "in a function of the loop",
            "Consumer.send",
            "async def, and await its calls",
        ),
    ],
)
def test_a_coroutine_that_is_never_awaited_has_its_line(
    server, watcher, name, fault, method, remedy
):
    for _ in range(2):
        say(server, name)
    problem = watcher.await_problem("coroutine", f"{method} was never awaited.", count=2)
    assert place(problem) == line_of(fault)
    assert remedy in problem["remedy"]
    assert problem["journey"]


def test_an_asynchronous_handler_in_a_synchronous_consumer_is_named(server, watcher):
    with join(server, "AsyncInSync") as guest:
        guest.say("x")
        problem = watcher.await_problem("coroutine", "AsyncInSync.receive was never awaited.")
    assert place(problem) == line_of("async in a synchronous consumer")
    assert problem["remedy"] == "AsyncInSync is synchronous: write def, not async def."


def test_a_failed_thread_has_its_line(server, watcher):
    say(server, "Threads")
    problem = watcher.await_problem("thread", "The thread worker failed: OSError: no disk")
    assert place(problem) == line_of("thread")


@pytest.mark.parametrize(
    ("path", "fault", "text", "remedy"),
    [
        ("/raises/", "view", "GET /raises/ failed: ZeroDivisionError: in a view", None),
        ("/consumer/", "page", "GET /consumer/ failed: RuntimeError: no page", None),
        ("/raises_later/", "table", "no such table: auth_user", "python manage.py migrate"),
    ],
)
def test_a_request_that_fails_has_its_line(server, watcher, path, fault, text, remedy):
    Request(server.port, path)
    problem = watcher.await_problem("http", text, count=1)
    assert place(problem) == line_of(fault)
    assert remedy in problem["remedy"] if remedy else problem["remedy"] is None


@pytest.mark.parametrize(
    ("path", "text", "fault"),
    [
        ("/answers_500/", "503. The view of this path is answers_500.", "answers"),
        ("/busy/7/", "502. The view of this path is get.", "answers in a class"),
        ("/decorated/", "500. The view of this path is decorated.", "decorated view"),
        ("/busy/", "503.", "busy page"),
        ("/maintenance/", "503.", None),  # by a middleware, before there is a view
    ],
)
def test_a_response_that_tells_of_a_failure_names_its_view(server, watcher, path, text, fault):
    Request(server.port, path)
    problem = watcher.await_problem("http", f"GET {path} was answered with {text}")
    assert problem["source"] is None if fault is None else place(problem) == line_of(fault)


def test_failures_of_many_paths_are_one_problem_and_a_refusal_is_none(server, watcher):
    Request(server.port, "/forbids/")
    for number in range(9):
        Request(server.port, f"/maintenance/{number}/")
        refuse(server, f"/stray/{number}/")
    watcher.await_problem("http", "GET /maintenance/8/ was answered with 503.")
    stray = watcher.await_problem("refused", "no route leads from /stray/8/ to a consumer")
    assert stray["count"] == 9
    texts = [one["text"] for one in watcher.problems.values()]
    assert len([text for text in texts if "/stray/" in text]) == 1
    assert not [text for text in texts if "forbids" in text]


@pytest.mark.parametrize(
    ("name", "fault"),
    [("NeverAccepts", "never accepts"), ("SyncNeverAccepts", "never accepts in a thread")],
)
def test_a_connect_without_accept_is_a_problem(server, watcher, name, fault):
    with Socket(server.port, f"/ws/{name}/", **SHAKE, **ORIGIN):
        problem = watcher.await_problem(
            "accept", f"connect of {name} has ended without accept() or close()"
        )
    assert place(problem) == line_of(fault)


@pytest.mark.parametrize(
    ("name", "kind", "fault", "words"),
    [
        (
            "Counts",
            "slow",
            "long receive",
            "Meanwhile this consumer handles no other frame or event.",
        ),
        ("SyncSleeps", "slow", "long in a thread", "all of them share one thread."),
        ("Blocks", "blocked", "blocks", "Meanwhile no other consumer can run"),
    ],
)
def test_a_handler_that_runs_for_long_is_a_problem_with_its_seconds(
    server, watcher, name, kind, fault, words
):
    say(server, name)
    ended = "ran" if kind == "slow" else "blocked the event loop"
    start = "receive at {}:{}".format(*line_of(fault))
    problem = watcher.await_problem(kind, f"{start} {ended} for ")
    assert place(problem) == line_of(fault)
    assert re.search(r" for [23] s, at line \d+: ", problem["text"])
    assert words in problem["text"]
    assert problem["journey"] and problem["count"] == 1


def test_a_connect_that_runs_for_long_isnt_called_one_without_accept(server, watcher):
    with join(server, "LongConnect"):
        problem = watcher.await_problem("slow", "connect at")
    assert place(problem) == line_of("long connect")
    assert not [one for one in watcher.problems.values() if "LongConnect has ended" in one["text"]]


@pytest.mark.parametrize(
    ("name", "fault", "text", "remedy"),
    [
        ("Json", "json", "JSONDecodeError: Expecting", None),
        (
            "NoHandler",
            "no handler",
            "No handler for message type chat.mesage",
            "NoHandler has no method chat_mesage. It has chat_message.",
        ),
        (
            "DefReceive",
            "def receive",
            "object NoneType can't be used in 'await' expression",
            "DefReceive is asynchronous: write async def receive, and await its calls.",
        ),
        (
            "DefHandler",
            "def chat_message",
            "object NoneType can't be used in 'await' expression",
            "DefHandler is asynchronous: write async def chat_message, and await its calls.",
        ),
        (
            "ReturnsReply",
            "def receive_json",
            "object str can't be used in 'await' expression",
            "ReturnsReply is asynchronous: write async def receive_json, and await its calls.",
        ),
    ],
)
def test_what_a_framework_raises_has_the_projects_line(server, watcher, name, fault, text, remedy):
    with join(server, name) as guest:
        guest.say("{}" if name == "ReturnsReply" else "{")
        guest.read_to_the_end()
    problem = watcher.await_problem("error", f"An exception in {name}: ")
    assert text in problem["text"]
    assert (place(problem), problem["remedy"]) == (line_of(fault), remedy)
    assert problem["journey"]


@pytest.mark.parametrize(
    ("name", "fault", "text", "remedy"),
    [
        (
            "BadGroup",
            "group name",
            "failed before it had accepted: TypeError: Group name",
            "The group name 'chat_Mia & Ben' has a space, '&' in it. Allowed are ASCII letters, digits, - _ and .",
        ),
        (
            "NoUser",
            "no user",
            "KeyError: 'user'",
            "The scope has no 'user': AuthMiddlewareStack adds it.",
        ),
        (
            "NoPart",
            "no part",
            "KeyError: 'room_name'",
            "The route has no part 'room_name'. It has: none.",
        ),
        (
            "NoTable",
            "no table",
            "no such table: auth_user",
            "The database lacks this table. Run python manage.py migrate; for a new model, run python manage.py makemigrations before.",
        ),
    ],
)
def test_a_classic_fault_in_connect_has_its_remedy(server, watcher, name, fault, text, remedy):
    refuse(server, f"/ws/{name}/")
    problem = watcher.await_problem("error", text)
    assert (place(problem), problem["remedy"]) == (line_of(fault), remedy)


def test_a_route_without_as_asgi_is_named(server, watcher):
    refuse(server, "/ws/without_as_asgi/")
    problem = watcher.await_problem("error", "failed before it had accepted: TypeError: object")
    assert problem["remedy"] == "Write Raises.as_asgi() in the route, not Raises."


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("Raises", None),
        (
            "slash",
            "Remove the slash before /ws/slash/: Channels matches a path without its first one.",
        ),
    ],
)
def test_a_path_without_a_route_names_the_routes_and_where_they_are(server, watcher, name, remedy):
    suffix = "" if remedy else "/more"
    refuse(server, f"/ws/{name}{suffix}/")
    problem = watcher.await_problem(
        "refused", f"no route leads from /ws/{name}{suffix}/ to a consumer"
    )
    assert (
        "The routes in websocket_urlpatterns (tests/inspector/projects/faults/asgi.py) are: ws/Raises/, ws/Logs/"
        in problem["text"]
    )
    assert "The browser sees only HTTP 500, and its script the close code 1006." in problem["text"]
    assert problem["remedy"] == remedy


def test_a_path_that_lacks_its_last_slash_is_told(server, watcher):
    refuse(server, "/ws/Raises")
    problem = watcher.await_problem("refused", "from /ws/Raises to")
    assert problem["remedy"] == "/ws/Raises/, with a slash at its end, would match ws/Raises/."


def test_a_refusal_has_its_line_its_code_and_what_the_browser_sees(server, watcher):
    refuse(server, "/ws/Refuses/")
    problem = watcher.await_problem(
        "refused", "Refuses closed it with the code 4003 without accepting it"
    )
    assert place(problem) == line_of("refuses")
    assert problem["text"].endswith(
        "The browser sees only HTTP 403, and its script the close code 1006."
    )


def test_a_refused_origin_has_allowed_hosts_and_what_to_add(server, watcher):
    refuse(server, "/ws/Raises/", Origin="https://chat.example:8443")
    problem = watcher.await_problem("refused", "its Origin, https://chat.example:8443.")
    assert "In ALLOWED_HOSTS there is '127.0.0.1'" in problem["text"]
    assert problem["remedy"] == "If its page may connect, add 'chat.example' to ALLOWED_HOSTS."


def test_a_decorated_handler_has_its_own_line(server, watcher):
    say(server, "Decorated")
    watcher.watch_until(
        lambda events: any(
            event.get("consumer") == "Decorated" and event["what"] == "receive" for event in events
        )
    )
    [source] = [
        event["source"]
        for event in watcher.events
        if event.get("consumer") == "Decorated" and event["what"] == "receive"
    ]
    assert (source["file"], source["line"]) == line_of("decorated")


def test_a_subprotocol_that_was_not_offered_is_named(server, watcher):
    with Socket(server.port, "/ws/ChoosesSubprotocol/", **SHAKE, **ORIGIN):
        problem = watcher.await_problem("accept", "'graphql-ws', but the browser offers none")
    assert place(problem) == line_of("subprotocol")
    assert "accept() without any" in problem["remedy"]


def test_a_send_of_nothing_is_named(server, watcher):
    say(server, "SendsNothing", answers=1)
    problem = watcher.await_problem("send", "Daphne sends no frame then.")
    assert place(problem) == line_of("nothing to send")


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        pytest.param(
            "InGroup",
            "ValueError: in a group",
            "group",
            marks=pytest.mark.skipif(sys.version_info < (3, 11), reason="TaskGroup is new in 3.11"),
        ),
        ("OddType", "An exception in OddType: ", "odd type"),
    ],
)
def test_an_exception_without_a_line_in_its_traceback_has_that_which_led_to_it(
    server, watcher, name, text, fault
):
    with join(server, name) as guest:
        guest.say("x")
        guest.read_to_the_end()
    assert place(watcher.await_problem("error", text)) == line_of(fault)


def test_an_event_that_a_full_channel_loses_has_the_line_that_sends_it(server, watcher):
    say(server, "Floods")
    problem = watcher.await_problem("full", "An event for Floods was lost")
    assert place(problem) == line_of("flood")
