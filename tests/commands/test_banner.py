"""What `serve` prints: each page has the address for those who may open it."""

import pytest

from chatdemo.commands.banner import show_banner
from chatdemo.common.config import Config
from chatdemo.project.listening_address import Addresses

LOCAL, CLASS = "http://127.0.0.1:8000/", "http://192.0.2.7:8000/"


@pytest.mark.parametrize(
    ("others", "inspect", "course", "inspector"),
    [
        (None, "local", f"{LOCAL}learn/", f"{LOCAL}inspect/"),
        (CLASS, "local", f"{CLASS}learn/", f"{LOCAL}inspect/ (on this computer only)"),
        (CLASS, "all", f"{CLASS}learn/", f"{LOCAL}inspect/"),
    ],
)
def test_each_page_has_the_address_for_those_who_may_open_it(
    capsys, others, inspect, course, inspector
):
    show_banner(Config(inspect=inspect), Addresses(LOCAL, others, bool(others)), [])
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert f"The course  {course}" in lines
    assert f"Inspector   {inspector}" in lines
