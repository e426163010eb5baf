"""The first requests of a server that has just started, 60 in the same moment: a class that opens its browsers."""

import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.templatetags.static import static

from chatdemo.course import outline
from chatdemo.inspector.pages import static_prefix
from tests.support.served import TIMEOUT_SECONDS, Served

CONNECTIONS = 60
STEPS = [step.name for step in outline.steps()]
LESSONS = {f"/learn/{name}/": 200 for name in STEPS}
STEP_PAGES = {
    **{f"/chat/?step={name}": 200 for name in STEPS},
    **{f"/chat/lobby/?step={name}": 302 for name in STEPS},
}
OTHERS = {
    "/": 200,
    "/chat/": 200,
    "/chat/lobby/": 200,
    "/chat/lobby/messages/?before=1": 200,
    "/chat/lobby/transcript/": 200,
    "/chat/lobby/transcript/?format=html": 200,
    "/chat/a/b/": 400,
    "/learn/": 200,
    "/learn/3/": 302,
    "/learn/nope/": 404,
    "/inspect/": 200,
    static_prefix() + "inspector/inspect.js": 200,
    static("chat/room.js"): 200,
    static("course/lesson.js"): 200,
    static("nope.js"): 404,
    "/ws/chat/lobby/": 426,
    "/nope/": 404,
}


def statuses_of_first_requests(server: Served, paths: list[str]) -> list[int]:
    """The status of each path, all asked for at once over connections that are open already."""
    barrier = threading.Barrier(len(paths))

    def ask(path: str) -> int:
        with socket.create_connection(("127.0.0.1", server.port), TIMEOUT_SECONDS) as connection:
            barrier.wait(TIMEOUT_SECONDS)
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            return int(connection.makefile("rb").readline().split()[1])

    with ThreadPoolExecutor(len(paths)) as pool:
        return list(pool.map(ask, paths))


@pytest.mark.parametrize(
    "pages",
    [{"/learn/room/": 200}, LESSONS, STEP_PAGES, {**LESSONS, **STEP_PAGES, **OTHERS}],
    ids=["one lesson", "each lesson", "each step's pages", "every page"],
)
def test_every_page_of_a_cold_server_is_right_for_sixty_at_once(pages, tmp_path):
    paths = (list(pages) * CONNECTIONS)[:CONNECTIONS]
    with Served(tmp_path) as server:
        statuses = statuses_of_first_requests(server, paths)
        wrong = {
            (path, status)
            for path, status in zip(paths, statuses, strict=True)
            if status != pages[path]
        }
        assert not wrong, server.output[-3000:]
        assert server.stop() == 0 and "Traceback" not in server.output
