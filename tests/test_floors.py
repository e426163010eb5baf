"""The floors of the design: imports only go down."""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_imports_only_go_down():
    # In a process of its own: it walks over every module there is, and some of the server's don't like to be looked at.
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 kept, 0 broken" in done.stdout


def test_the_lowest_floors_know_neither_django_nor_click():
    for name in ("config.py", "errors.py"):
        assert not {"django", "click"} & imported(ROOT / "chatdemo" / "common" / name)


def imported(path: Path) -> set[str]:
    """The top-level packages that the file imports, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").partition(".")[0])
    return names


def test_nothing_the_browser_gets_comes_from_elsewhere():
    for pattern in ("*.html", "*.css", "*.js"):
        for path in ROOT.joinpath("chatdemo").rglob(pattern):
            text = path.read_text("utf-8")
            assert (
                "http://" not in text.replace("{{ request.scheme }}://", "")
                and "https://" not in text
            ), path
            assert "@import" not in text, path
