"""The dependencies between the packages: imports only go down."""

import ast
import re
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


def test_common_can_be_imported_without_django_and_click():
    """The supervisor of a learner's project and the start of every command do without them."""
    for path in (ROOT / "chatdemo" / "common").glob("*.py"):
        imports = [
            node
            for node in ast.parse(path.read_text("utf-8")).body
            if isinstance(node, ast.Import | ast.ImportFrom)
        ]
        assert not re.search(r"\b(django|click)\b", "\n".join(map(ast.unparse, imports))), path


def test_nothing_the_browser_gets_comes_from_elsewhere():
    for pattern in ("*.html", "*.css", "*.js"):
        for path in ROOT.joinpath("chatdemo").rglob(pattern):
            text = path.read_text("utf-8")
            assert not re.search(r"https?://(?!\$\{address\}`)", text), (
                path
            )  # of the address in a message
            assert "@import" not in text, path
