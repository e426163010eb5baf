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
        (CLASS, "all", f"{CLASS}learn/", f"{CLASS}inspect/"),
        (None, "all", f"{LOCAL}learn/", f"{LOCAL}inspect/"),
    ],
)
def test_each_page_has_the_address_for_those_who_may_open_it(
    capsys, others, inspect, course, inspector
):
    show_banner(Config(inspect=inspect), Addresses(LOCAL, others, bool(others)), [])
    shown = shown_rows(capsys)
    assert (shown["The course"], shown["Inspector"]) == (course, inspector)


def shown_rows(capsys) -> dict[str, str]:
    """The rows that were printed, by their label."""
    lines = capsys.readouterr().out.splitlines()[1:]
    return {line[2:14].rstrip(): line[14:] for line in lines}


@pytest.mark.parametrize(
    ("project", "access"),
    [
        ("", "everybody in this network can join; nobody needs a password"),
        ("mysite", "everybody in this network can open the project"),
    ],
)
def test_a_server_that_all_can_reach_says_who_can_open_it(capsys, project, access):
    show_banner(Config(), Addresses(LOCAL, CLASS, True), [], project)
    assert shown_rows(capsys)["Access"] == access


@pytest.mark.parametrize("is_open", [False, True])
def test_a_server_that_nobody_else_can_reach_says_nothing_of_access(capsys, is_open):
    show_banner(Config(), Addresses(LOCAL, None, is_open), [])
    assert "Access" not in shown_rows(capsys)


def test_an_inspector_that_is_off_has_no_row(capsys):
    show_banner(Config(inspect="off"), Addresses(LOCAL, CLASS, True), [])
    assert "Inspector" not in shown_rows(capsys)


def test_each_row_fits_into_80_columns(capsys):
    address = "http://192.168.178.200:65535/"
    show_banner(Config(), Addresses("http://127.0.0.1:65535/", address, True), [])
    assert max(map(len, capsys.readouterr().out.splitlines())) < 80
