"""TOML files, read the same way on every Python."""

import sys
from pathlib import Path
from typing import Any


def load_toml(path: Path) -> dict[str, Any]:
    """Return the tables of the TOML file at ``path``, in UTF-8.

    Raises OSError if it can't be read, and ValueError if it isn't TOML or isn't UTF-8.
    """
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    return tomllib.loads(path.read_text("utf-8-sig"))
