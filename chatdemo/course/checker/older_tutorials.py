"""What older tutorials of Channels and Django have, and today's form of it: see
``older_tutorials.toml``.
"""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from chatdemo.common.toml import load_toml
from chatdemo.course.checker.report import Place
from chatdemo.course.checker.source_files import Sources

#: The form that another fault speaks of, too: as it is in the file.
ROUTING_FILE = "an ASGI application in routing.py (Channels 2)"


@cache
def _older() -> dict[str, Any]:
    return load_toml(Path(__file__).with_suffix(".toml"))


def todays_import(module: str, name: str = "") -> str:
    """Return a sentence about an import that older tutorials have; empty if they don't."""
    parts = [*module.split("."), *([name] if name else [])]
    for length in range(len(parts), 0, -1):
        if today := _older()["imports"].get(".".join(parts[:length])):
            return f"An older tutorial has this. Today's form: {today}."
    return ""


def older_forms(sources: Sources) -> Iterator[tuple[Place, str, str]]:
    """Yield what an older tutorial has: its line, what it is, and today's form."""
    for file in (*sources.python, *sources.templates):
        for number, line in enumerate(sources.lines(file), 1):
            for what, today in _older_in(line.partition("#")[0] if file.endswith(".py") else line):
                yield Place(file, number), what, today


def _older_in(line: str) -> Iterator[tuple[str, str]]:
    imports = _older()["imports"]
    if found := re.match(r"\s*from\s+([\w.]+)\s+import\s+(.+)", line):
        for name in re.findall(r"\w+", found[2]):
            if today := imports.get(f"{found[1]}.{name}", imports.get(found[1])):
                yield f"{name} from {found[1]}", today
    for form in _older()["forms"]:
        if re.search(form["pattern"], line):
            yield form["what"], form["today"]
