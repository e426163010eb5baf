"""What a project's manage.py says, which is read and not run; and where one is."""

import re
from pathlib import Path

_SETTINGS = re.compile(r"""DJANGO_SETTINGS_MODULE['"]\s*(?:,|\]\s*=)\s*['"]([\w.]+)['"]""")


def settings_module(text: str) -> str | None:
    """The name that manage.py, of which this is the text, gives; None if it gives none."""
    found = _SETTINGS.search(text)
    return found and found[1]


def nearby(folder: Path) -> Path | None:
    """The folder next to or around ``folder`` that has a manage.py, if there is one."""
    found = sorted(folder.glob("*/manage.py")) or [folder.parent / "manage.py"]
    return found[0].parent if found[0].is_file() else None
