"""Problems are one for each fault; who may watch only some paths is told of what happened there."""

from dataclasses import dataclass

from chatdemo.inspector.problems import MAX_PATHS, Problems
from chatdemo.inspector.recording import Recording


@dataclass
class Place:
    """What a problem takes of a connection."""

    id: int
    path: str


def reported(*paths: str) -> Problems:
    problems = Problems(Recording())
    for id, path in enumerate(paths):
        problems.report("refused", f"refused at {path}", connection=Place(id, path), same="refused")
    return problems


def test_who_sees_everything_is_told_once_of_all():
    [problem] = reported("/a/", "/b/", "/a/").since(0)
    assert (problem["count"], problem["path"], problem["connection"]) == (3, "/a/", 2)


def test_who_watches_a_path_is_told_of_that_alone():
    problems = reported("/a/", "/b/", "/a/", "/b/", "/b/")
    [problem] = problems.since(0, ["/a/"])
    assert (problem["count"], problem["text"], problem["connection"]) == (2, "refused at /a/", 2)
    [problem] = problems.since(0, ["/a/", "/b/"])
    assert (problem["count"], problem["text"], problem["connection"]) == (5, "refused at /b/", 4)
    assert not problems.since(0, ["/c/"])
    assert problem["first"] <= problem["last"]


def test_a_change_is_for_the_path_at_which_it_happened():
    problems = reported("/a/", "/b/")
    problem = problems.report("slow", "runs", {"file": "x", "line": 1}, connection=Place(9, "/b/"))
    problems.change(problem, "ran for 3 s")
    assert [one["text"] for one in problems.since(0, ["/b/"])] == ["refused at /b/", "ran for 3 s"]


def test_the_paths_of_a_problem_are_limited():
    problems = reported(*(f"/{number}/" for number in range(MAX_PATHS + 1)))
    [problem] = problems.since(0)
    assert problem["count"] == MAX_PATHS + 1
    assert not problems.since(0, ["/0/"])
    assert problems.since(0, ["/1/"])
