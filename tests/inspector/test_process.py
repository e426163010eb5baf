"""How many processes a server has is told by how it was started."""

import json
import socket
import sys
from functools import partial

import pytest

from chatdemo.inspector.process import count_workers, describe_process
from tests.inspector.strangers.client import Participant
from tests.support.served import ROOT, Process, clean_environ, free_port, wait_for

CASES = [
    (["daphne", "app:application"], {"WEB_CONCURRENCY": "3"}, False, 1),
    (["uvicorn", "--workers", "2", "app:application"], {}, True, 2),
    (["gunicorn", "app", "--workers=4", "-k", "x"], {"WEB_CONCURRENCY": "3"}, True, 4),
    (["gunicorn", "-w3", "app"], {}, True, 3),
    (["gunicorn", "app"], {"WEB_CONCURRENCY": "3"}, True, 3),
    (["gunicorn", "-c", "conf.py", "app"], {}, True, None),
    (["gunicorn", "app"], {"WEB_CONCURRENCY": "many"}, True, None),
    (["uvicorn", "--reload", "app:application"], {}, True, 1),
]


@pytest.mark.parametrize(("arguments", "environ", "is_a_worker", "count"), CASES)
def test_the_workers_are_counted_if_it_can_be_known(arguments, environ, is_a_worker, count):
    assert count_workers(arguments, environ, is_a_worker) == count


def test_a_test_runs_in_the_only_process_of_its_server():
    assert describe_process()["workers"] == 1


class Uvicorn(Process):
    """A server with two workers."""

    ready = "Application startup complete"

    def __init__(self, port):
        command = [sys.executable, "-m", "uvicorn", "--workers", "2", "--port", str(port)]
        environ = {"DJANGO_SETTINGS_MODULE": "tests.inspector.strangers.settings"}
        application = "tests.inspector.strangers.watched:tokens"
        super().__init__(ROOT, [*command, application], {**clean_environ(), **environ}, group=True)


def test_the_page_of_a_server_with_two_workers_says_which_one_it_is_of():
    pytest.importorskip("uvicorn")
    port = free_port()
    with Uvicorn(port) as server:
        wait_for(partial(is_listening, port), "a worker that listens")  # after its start-up
        process = process_of(port)
        assert process["workers"] == 2
        assert f"[{process['pid']}]" in server.output  # it lists its workers


def is_listening(port):
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def process_of(port):
    """The process that the inspector's page on this port shows."""
    with Participant(port, "/inspect/feed/", Origin=f"http://127.0.0.1:{port}") as watcher:
        while (content := json.loads(watcher.hear()[0]))["kind"] != "state":
            pass
    return content["process"]
