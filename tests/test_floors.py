"""The floors of the design: imports only go down. And the habits that can be counted."""

import ast
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PYTHON = sorted((ROOT / "chatdemo").rglob("*.py"))


def test_imports_only_go_down():
    # In a process of its own: it walks over every module there is, and some of the server's don't like to be looked at.
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 kept, 0 broken" in done.stdout


def test_the_lowest_floors_know_neither_django_nor_click():
    for name in ("config.py", "errors.py"):
        assert not {"django", "click"} & imported(ROOT / "chatdemo" / name)


def imported(path: Path) -> set[str]:
    """The top-level packages that the file imports, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").partition(".")[0])
    return names


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a function below its signature and its docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def test_functions_are_small():
    trees = [ast.parse(path.read_text("utf-8")) for path in PYTHON]
    functions = [node for tree in trees for node in ast.walk(tree) if isinstance(node, FUNCTIONS)]
    lengths = [body_lines(function) for function in functions]
    assert statistics.median(lengths) <= 5
    assert sum(length < 20 for length in lengths) >= 0.9 * len(lengths)


FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def test_files_are_small():
    sizes = [len(path.read_text("utf-8").splitlines()) for path in PYTHON]
    assert statistics.median(sizes) < 100 and max(sizes) <= 450
    for path in ROOT.glob("chatdemo/**/*.js"):
        assert len(path.read_text("utf-8").splitlines()) < 150, path
    for path in ROOT.glob("tests/**/*.py"):
        assert len(path.read_text("utf-8").splitlines()) <= 450, path


def test_nothing_the_browser_gets_comes_from_elsewhere():
    for pattern in ("*.html", "*.css", "*.js"):
        for path in ROOT.joinpath("chatdemo").rglob(pattern):
            text = path.read_text("utf-8")
            assert "http://" not in text.replace("{{ request.scheme }}://", "") and "https://" not in text, path
            assert "@import" not in text, path
