"""What a visitor types in a terminal, as it works on the machine that they sit at."""

import sys
from pathlib import Path

from django.http import HttpRequest

from chatdemo.common.local_machine import is_own_browser, scope_of

#: A port for the visitor's project where ours says nothing, as behind another server.
USUAL_PORT = 8000


def beside(port: int) -> int:
    """A port next to ``port`` that anybody may listen on."""
    return port + 1 if 1024 <= port < 65535 else USUAL_PORT


def script(request: HttpRequest) -> str:
    """The whole path of our command, for a terminal that doesn't know it; empty for a visitor of another machine."""
    path = Path(sys.executable).with_name("chatdemo.exe" if sys.platform == "win32" else "chatdemo")
    return str(path) if path.exists() and is_own_browser(scope_of(request)) else ""
