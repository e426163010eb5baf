"""Projects of strangers: with the inspector each behaves byte for byte as without, and all that happens is on its tape.

They run on Daphne as it is and on our own server, and what clients do to them is done once without the inspector and
once with it and somebody watching.
"""

import re
import sys
from functools import cache

import pytest

from tests.inspector.strangers.client import Watcher
from tests.inspector.strangers.scenarios import SCENARIOS, Clients
from tests.support.served import ROOT, Process, clean_environ

SERVERS = {"daphne": ["daphne", "-p", "0"], "ours": ["tests.inspector.strangers.serve"]}
#: The WebSockets of each scenario.
CONNECTIONS = {"multichat": 4, "tokens": 5, "dispatched": 2, "thumbnails": 2}
PROJECTS = "tests.inspector.strangers"


class Server(Process):
    """A project's application, served."""

    ready = "Listening"

    def __init__(self, server: str, application: str):
        environ = {**clean_environ(), "DJANGO_SETTINGS_MODULE": f"{PROJECTS}.settings"}
        command = [sys.executable, "-m", *SERVERS[server], f"{PROJECTS}.{application}"]
        super().__init__(ROOT, command, environ)

    @property
    def port(self) -> int:
        """Daphne says it after the address, and other numbers before that."""
        return int(re.search(r"Listening .*127\.0\.0\.1:(\d+)", self.output)[1])


@pytest.fixture(params=SERVERS)
def server(request):
    return request.param


@pytest.fixture(params=SCENARIOS)
def project(request):
    return request.param


def play(project, port):
    """What each client of the project's scenario gets."""
    clients = Clients(port)
    try:
        SCENARIOS[project](clients)
        return clients.heard
    finally:
        clients.close()


@cache
def watched(server, project):
    """The same with the inspector round the project: what each gets, and what a watcher sees of it."""
    with Server(server, f"watched:{project}") as process, Watcher(process.port) as watcher:
        heard = play(project, process.port)
        watcher.watch_until(lambda events: has_ended(events, CONNECTIONS[project]))
    assert "Traceback" not in process.output and "The inspector" not in process.output
    return heard, watcher.events


def has_ended(events, connections):
    """Whether all connections have come and gone, and have left the groups that they were in."""
    whats = [event["what"] for event in events]
    left = {event["connection"] for event in events if event["what"] in ("disconnect", "refuse")}
    return len(left) == connections and whats.count("group_discard") == whats.count("group_add")


def test_the_clients_get_the_same_bytes(server, project):
    with Server(server, f"{project}:application") as process:
        plain = play(project, process.port)
    assert watched(server, project)[0] == plain
