"""What a visitor types in a terminal, as it works on the machine that they sit at."""

import sys
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from django.http import HttpRequest

#: A port for the visitor's project where ours says nothing, as behind another server.
USUAL_PORT = 8000
#: What a proxy or a tunnel adds: its visitors seem to be on this machine, and aren't.
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host")


def beside(port: int) -> int:
    """A port next to ``port`` that anybody may listen on."""
    return port + 1 if 1024 <= port < 65535 else USUAL_PORT


def script(request: HttpRequest) -> str:
    """The whole path of our command, for a terminal that doesn't know it; empty for a visitor of another machine."""
    path = Path(sys.executable).with_name("chatdemo.exe" if sys.platform == "win32" else "chatdemo")
    return str(path) if path.exists() and _sits_here(request) else ""


def _sits_here(request: HttpRequest) -> bool:
    """Whether the browser is on this machine, and asked for it by a name of its own: a tunnel's visitor did not."""
    name = urlsplit(f"//{request.get_host()}").hostname
    asked_for_this = name == "localhost" or _is_loopback(name)
    return (
        asked_for_this
        and _is_loopback(request.META["REMOTE_ADDR"])
        and not request.headers.keys() & {*FORWARDED}
    )


def _is_loopback(address: str) -> bool:
    try:
        ip = ip_address(address)
    except ValueError:  # a name, or nothing
        return False
    return (getattr(ip, "ipv4_mapped", None) or ip).is_loopback
