"""The line of the learner's code that a report cites."""

import ast

from chatdemo.course.checker.report import Place
from chatdemo.course.checker.source_files import Sources
from tests.course.checker.projects import write

FILES = {
    "a/views.py": "import json\n\n\n@print\ndef index(request):\n    return json.dumps(request)\n",
    "b/asgi.py": """\
from a import views

make = views.index
application = make({"x": 1}, run=make)
""",
}


def test_find_cites_the_first_line_of_a_node_with_that_name(tmp_path):
    find = Sources(write(tmp_path, FILES)).find
    assert find(ast.FunctionDef, "index") == Place("a/views.py", 5)
    assert find((ast.Import, ast.ImportFrom), "a|json") == Place("a/views.py", 1)
    assert find((ast.Import, ast.ImportFrom), "a|json", "b/asgi.py") == Place("b/asgi.py", 1)
    assert find(ast.Call, "dump") is None
    assert find(ast.Call, "dump.*") == Place("a/views.py", 6)
    assert find(ast.Constant, "x") == Place("b/asgi.py", 4)
    assert find(ast.Assign, r"views\.index") == Place("b/asgi.py", 3)


def test_uncalled_cites_a_use_without_a_call(tmp_path):
    sources = Sources(write(tmp_path, FILES))
    assert sources.uncalled("index") == Place("b/asgi.py", 3)
    assert sources.uncalled("make", "b/asgi.py") == Place("b/asgi.py", 4)
    assert sources.uncalled("dumps") is None


def test_a_decorator_belongs_to_its_function(tmp_path):
    sources = Sources(write(tmp_path, FILES))
    for line in (4, 5, 6):
        assert sources.function(Place("a/views.py", line)).name == "index"
    assert sources.function(Place("a/views.py", 1)) is None
