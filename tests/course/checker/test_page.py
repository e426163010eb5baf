"""What is read out of a learner's page without a browser."""

import pytest

from chatdemo.course import outline
from chatdemo.course.checker.asgi_client import Page
from chatdemo.course.checker.javascript import (
    looked_up_ids,
    socket_address,
    target_address,
    unbalanced,
    undeclared,
    unparsed_json,
)


@pytest.mark.parametrize(
    "script, address",
    [
        (
            "new WebSocket('ws://' + window.location.host + '/ws/chat/' + roomName + '/');",
            "ws://{}/ws/chat/{}/",
        ),
        (
            "new WebSocket(\n  'ws://'\n  + location.host\n  + '/ws/chat/'\n  + room\n  + '/'\n)",
            "ws://{}/ws/chat/{}/",
        ),
        ("new WebSocket(`ws://${location.host}/ws/chat/${room}/`)", "ws://{}/ws/chat/{}/"),
        ("new WebSocket(`/ws/chat/${encodeURIComponent(room)}/`)", "/ws/chat/{}/"),
        ("const url = '/ws/chat/' + room + '/';\nnew WebSocket(url)", "/ws/chat/{}/"),
        ("const room = 'lobby';\nnew WebSocket('/ws/chat/' + room + '/')", "/ws/chat/lobby/"),
        ("const room = 'lobby';\nnew WebSocket(`/ws/chat/${room}/`)", "/ws/chat/lobby/"),
        ("new WebSocket(makeAddress())", None),
        ("fetch('/ws/chat/')", None),
    ],
)
def test_the_address_of_a_websocket_is_read(script, address):
    assert socket_address(script) == address


def test_the_ids_that_a_script_looks_up_are_read():
    script = "document.getElementById('a-1'); document.querySelector(\"#b\"); document.querySelectorAll('.c')"
    assert looked_up_ids(script) == ["a-1", "b"]


def test_a_misspelt_name_is_found_by_the_one_that_is_declared():
    assert undeclared("const chatSocket = 1; chatsocket.send('x')") == ("chatsocket", "chatSocket")
    assert undeclared("const roomName = JSON.prase('chatsocket'); roomName.length") is None
    assert (
        undeclared(
            "const items = []; items.forEach(item => console.log(item)); for (const one of items) {}"
        )
        is None
    )


@pytest.mark.parametrize("name", ["index.html", "room.html"])
def test_the_courses_own_scripts_misspell_nothing(name):
    [text] = [text for path, text in outline.steps()[-1].project().items() if path.endswith(name)]
    assert undeclared(Page(200, text).script) is None


def test_a_script_is_read_without_its_comments_and_json_isnt_one():
    page = Page(
        200,
        "<p id=a><script type='application/json' id='b'>1</script><script>x('//y') // z\n/* w */</script>",
    )
    assert page.ids == {"a": "p", "b": "script"} and page.script.split() == ["x('//y')"]


@pytest.mark.parametrize(
    "script, address",
    [
        (
            "button.onclick = function() { window.location.pathname = '/chat/' + name.value + '/'; };",
            "/chat/{}/",
        ),
        ("location.assign(`/chat/${name}/`)", "/chat/{}/"),
        ("window.location = name + '/'", "{}/"),
        ("if (location.pathname == '/x/') alert(1)", ""),
    ],
)
def test_the_address_that_a_page_leads_to_is_read(script, address):
    assert target_address(script) == address


def test_a_name_that_is_set_again_is_not_taken_for_what_it_was_first():
    assert (
        socket_address("let room = 'a';\nroom = b;\nnew WebSocket('/ws/chat/' + room + '/')")
        == "/ws/chat/{}/"
    )


@pytest.mark.parametrize(
    "script, what",
    [
        ("f(a[0], {b: 1});\n`${c}`", ""),
        ("x.replace(/[(]/g, '(').trim()", ""),
        ("f(a;\n", "("),
        ("f(a));\n", ")"),
        ("f(a};\n", "}"),
        ("f('a);\n", "a quotation mark"),
    ],
)
def test_brackets_and_quotation_marks_are_counted(script, what):
    assert unbalanced(script)[0] == what


def test_json_that_is_not_parsed_is_found():
    taken = "const n = document.getElementById('n').textContent; s.onmessage = e => show(JSON.parse(e.data))"
    assert unparsed_json(taken, {"n"}) == "n"
    assert unparsed_json(taken.replace("document", "JSON.parse(document"), {"n"}) == ""
