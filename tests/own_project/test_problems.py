"""What the page and the terminal say when a project fails, and after the save that is to mend it."""

import json

import pytest

from chatdemo.own_project.problem_output import format_exception
from tests.inspector.test_problems import ProblemWatcher
from tests.own_project.test_serve import enter, get
from tests.support.own import Guest, save
from tests.support.served import TIMEOUT_SECONDS, wait_for

#: The line of the tutorial's consumer that reads the message.
READS = 'json.loads(text_data)["message"]'


def fail(server) -> None:
    """Say something that the consumer doesn't expect."""
    with enter(server) as ana:
        ana.send(json.dumps({"massage": "hello"}))
        with pytest.raises(Exception, match="1011"):
            ana.recv(TIMEOUT_SECONDS)


def line_of(folder, text: str) -> int:
    lines = (folder / "chat" / "consumers.py").read_text("utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def test_a_problem_stays_on_the_page_after_a_save_and_says_so(mysite):
    with Guest(mysite) as server:
        fail(server)
        with ProblemWatcher(server.port) as watcher:
            before = watcher.await_problem("error", "KeyError: 'message'")
        assert (before["saved"], before["source"]["line"]) == (None, line_of(mysite, READS))
        for times in (1, 2):
            save(mysite / "chat" / "consumers.py", READS, f"{READS}  # {times}")
            server.wait_for_line("mysite runs again.", times)
            with ProblemWatcher(server.port) as watcher:
                after = watcher.await_problem("error", "KeyError: 'message'")
            assert after["saved"] >= before["last"] == after["last"]
            assert (after["journey"], after["connection"]) == (None, None)
        assert after["count"] == 1


def test_the_terminal_shows_the_projects_lines_and_folds_those_of_frameworks(mysite):
    with Guest(mysite) as server:
        fail(server)
        server.wait_for_line("KeyError: 'message'")
        assert server.stop() == 0
    assert f'consumers.py", line {line_of(mysite, READS)}, in receive' in server.output
    folded = [line for line in server.lines if line.startswith("  … ")]
    assert len(folded) == 1 and "channels" in folded[0]
    assert "site-packages" not in server.output


def test_debug_shows_the_whole_traceback(mysite):
    with Guest(mysite, "--debug") as server:
        fail(server)
        server.wait_for_line("KeyError: 'message'")
    assert "channels" in server.output and "  … " not in server.output


def test_the_terminal_says_what_nothing_else_would(mysite):
    consumers = mysite / "chat" / "consumers.py"
    save(consumers, "await self.channel_layer.group_add", "self.channel_layer.group_add")
    with Guest(mysite) as server:
        with enter(server):
            pass
        line = server.wait_for_line("was never awaited")
        assert get(server.url + "chat/")
    number = line_of(mysite, "self.channel_layer.group_add")
    assert line.endswith(
        f"group_add was never awaited. (chat/consumers.py:{number})"
        " Nothing has run the call: write await before it."
    )


def raised(function) -> BaseException:
    with pytest.raises(Exception) as caught:
        function()
    return caught.value


def test_a_traceback_without_lines_of_the_project_keeps_its_last_line():
    text = format_exception(raised(lambda: json.loads("{")).with_traceback(None))
    assert text.startswith("json.decoder.JSONDecodeError")
    error = raised(lambda: json.loads("{"))
    error.__traceback__ = error.__traceback__.tb_next.tb_next  # only json's
    lines = format_exception(error).splitlines()
    assert lines[1].startswith("  … ") and lines[1].endswith(" of json")
    assert "json" in lines[2] and lines[2].startswith("  File ")


def test_each_traceback_of_a_chain_is_folded():
    def wrap():
        try:
            json.loads("{")
        except ValueError as error:
            raise LookupError("not there") from error

    text = format_exception(raised(wrap))
    assert text.count("  … ") == 1
    assert text.count("Traceback (most recent call last)") == 2
    assert text.endswith("LookupError: not there")


def test_the_supervisors_file_is_gone_at_the_end(mysite, tmp_path, monkeypatch):
    folder = tmp_path / "temporary"
    folder.mkdir()
    with Guest(mysite, TMPDIR=str(folder)) as server:
        assert list(folder.iterdir())
        assert server.stop() == 0
    wait_for(lambda: not list(folder.iterdir()), "the folder to be empty")
