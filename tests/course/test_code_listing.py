"""A step's code as a lesson shows it: highlighted, and with what changed since the step before."""

import html
import re
import subprocess
import sys

import pytest

from chatdemo.course import code_listing, outline
from chatdemo.course.code_listing import ADDED, CHANGED, NEW, REMOVED, UNCHANGED


def shown(step: str, path: str, layer: str = "memory") -> code_listing.ListedFile:
    return next(
        file
        for file in code_listing.listed_files(outline.find_step(step), layer)
        if file.path == path
    )


def lines(file: code_listing.ListedFile) -> list[code_listing.Line]:
    return [line for part in file.ranges for line in part.lines]


def plain(line: code_listing.Line) -> str:
    return html.unescape(re.sub("<[^>]*>", "", line.html))


@pytest.mark.parametrize("step", outline.steps(), ids=lambda step: step.name)
@pytest.mark.parametrize("layer", outline.LAYERS)
def test_the_lines_of_a_file_are_its_text_once_removed_ones_are_left_out(step, layer):
    for file in code_listing.listed_files(step, layer):
        kept = [line for line in lines(file) if line.kind != REMOVED]
        assert [plain(line) for line in kept] == file.text.splitlines(), file.path
        assert [line.number for line in kept] == list(range(1, len(kept) + 1)), file.path
        assert file.text == step.project(layer)[file.path]


@pytest.mark.parametrize("step", outline.steps()[1:], ids=lambda step: step.name)
def test_the_lines_of_a_changed_file_are_the_text_before_once_added_ones_are_left_out(step):
    before = step.previous.project()
    for file in code_listing.listed_files(step):
        if file.state == CHANGED:
            kept = [plain(line) for line in lines(file) if line.kind != ADDED]
            assert kept == before[file.path].splitlines(), file.path


def test_a_file_is_new_changed_or_unchanged():
    states = {
        file.path: file.state for file in code_listing.listed_files(outline.find_step("echo"))
    }
    assert {path for path, state in states.items() if state == NEW} == {
        "chat/consumers.py",
        "chat/routing.py",
    }
    assert {path for path, state in states.items() if state == CHANGED} == {"mysite/asgi.py"}
    assert states["chat/views.py"] == UNCHANGED
    assert {file.state for file in code_listing.listed_files(outline.find_step("index"))} == {NEW}


def test_what_is_added_and_removed_is_marked():
    marked = {
        kind: [
            plain(line) for line in lines(shown("groups", "chat/consumers.py")) if line.kind == kind
        ]
        for kind in (ADDED, REMOVED)
    }
    assert marked[REMOVED] == ['        self.send(text_data=json.dumps({"message": message}))']
    assert "from asgiref.sync import async_to_sync" in marked[ADDED]
    assert "        self.accept()" not in marked[ADDED]


def test_a_new_file_has_no_line_marked():
    assert {line.kind for line in lines(shown("room", "chat/templates/chat/room.html"))} == {
        code_listing.SAME
    }


def test_lines_far_from_a_change_are_folded_away():
    first, last = shown("layer", "mysite/settings.py").ranges
    assert (first.folded, last.folded) == (True, False)
    assert first.numbers == (1, last.lines[0].number - 1)
    assert [line.kind for line in last.lines].count(code_listing.SAME) == code_listing.CONTEXT_LINES


def test_a_short_run_of_lines_is_not_worth_folding():
    assert [part.folded for part in shown("room", "chat/urls.py").ranges] == [False]


def test_code_is_highlighted_by_its_kind_and_escaped():
    assert '<span class="k">def</span>' in code_listing.highlight("a.py", "def f(): pass\n")[0]
    assert '<span class="nt">p</span>' in code_listing.highlight("a.html", "<p>\n")[0]
    assert code_listing.highlight("a.py", '"<script>"\n')[0].count("<script>") == 0


def test_an_empty_file_has_no_lines():
    assert code_listing.highlight("a.py", "") == []
    assert lines(shown("index", "chat/__init__.py")) == []


def test_the_memorys_and_rediss_settings_have_ids_of_their_own():
    memory, redis = (shown("layer", "mysite/settings.py", layer) for layer in outline.LAYERS)
    assert (memory.id, redis.id) == ("memory-mysite-settings-py", "redis-mysite-settings-py")
    assert memory.text_id == "memory-mysite-settings-py-text"
    assert "channels_redis" in redis.text and "channels_redis" not in memory.text


def test_nothing_is_highlighted_twice():
    step = outline.find_step("groups")
    assert code_listing.listed_files(step) is code_listing.listed_files(step)


def test_the_server_starts_without_pygments():
    probe = (
        "import os, sys, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'chatdemo.project.settings';"
        "import chatdemo.project.asgi, chatdemo.project.urls; print('pygments' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True)
    assert done.stdout == "False\n", done.stderr
