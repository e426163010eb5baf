"""What peers need beside Python, made in a workshop: Node's packages, a compiled program, the tutorial's project.

Each ``lacks_…`` makes its part and returns why that can't be, in a few words, or nothing.
"""

import importlib.util
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from benchmarks import stock
from tests.support.served import ROOT

#: Seconds for npm to install a package, and for the compiler.
TIMEOUT_SECONDS = 180
#: The in-memory layer drops what a participant has no room for: 100 messages, unless it is told otherwise. Slow as it
#: is, this much room is never used up, so that nothing is lost; and without a page, there is no Origin to judge.
MORE_SETTINGS = """
CHANNEL_LAYERS["default"]["CONFIG"] = {"capacity": 100_000}
ALLOWED_HOSTS = ["*"]
"""
#: The same for channels_redis, with redis-py's time limit left out, as it ends core's quiet connections.
REDIS_SETTINGS = """
CHANNEL_LAYERS["default"] = {{
    "BACKEND": "{layer}",
    "CONFIG": {{"hosts": [{{"address": "{url}", "socket_timeout": None}}], "capacity": 100_000}},
}}
ALLOWED_HOSTS = ["*"]
"""
REDIS_LAYERS = {
    "core": "channels_redis.core.RedisChannelLayer",
    "pubsub": "channels_redis.pubsub.RedisPubSubChannelLayer",
}


@dataclass(frozen=True)
class Workshop:
    """A temporary ``folder`` for what is built anew, and the folder ``packages`` that keeps Node's."""

    folder: Path
    packages: Path

    @property
    def environ(self) -> dict[str, str]:
        return {"NODE_PATH": str(self.packages / "node_modules")}


def packages_folder() -> Path:
    """Where Node's packages are kept, unless one says otherwise."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "chatdemo-benchmarks"


def lacks_modules(workshop: Workshop, modules: tuple[str, ...]) -> str:
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    return f"pip install -e '.[bench]' brings {', '.join(missing)}" if missing else ""


def lacks_package(workshop: Workshop, package: str) -> str:
    for tool in ("node", "npm"):
        if not shutil.which(tool):
            return f"{tool} isn't there"
    if (workshop.packages / "node_modules" / package).is_dir():
        return ""
    workshop.packages.mkdir(parents=True, exist_ok=True)
    command = [
        "npm",
        "install",
        "--no-audit",
        "--no-fund",
        "--prefix",
        str(workshop.packages),
        package,
    ]
    return _failure(command, f"npm couldn't install {package}")


def program(workshop: Workshop) -> Path:
    """Where the compiled C loop is."""
    return workshop.folder / "epoll_loop"


def lacks_program(workshop: Workshop, source: Path) -> str:
    if program(workshop).exists():
        return ""
    if not (compiler := shutil.which("cc")):
        return "there is no C compiler (cc)"
    return _failure(
        [compiler, "-O2", "-o", str(program(workshop)), str(source)], "cc couldn't compile it"
    )


def lacks_project(workshop: Workshop, name: str) -> str:
    """The stock project in the folder ``name`` of the workshop, with that step's consumer if it isn't the last one."""
    project = stock.write(workshop.folder / name)
    with open(project / "mysite" / "settings.py", "a", encoding="utf-8") as settings:
        settings.write(MORE_SETTINGS)
    if name != "async":
        step = ROOT / "chatdemo" / "course" / "steps" / name / "chat" / "consumers.py"
        shutil.copy(step, project / "chat" / "consumers.py")
    return ""


def lacks_project_on_redis(workshop: Workshop, name: str, layer: str, url: str) -> str:
    """The stock project in the folder ``name``, with channels_redis' layer "core" or "pubsub"."""
    if (workshop.folder / name).exists():
        return ""
    project = stock.write(workshop.folder / name)
    with open(project / "mysite" / "settings.py", "a", encoding="utf-8") as settings:
        settings.write(REDIS_SETTINGS.format(layer=REDIS_LAYERS[layer], url=url))
    return ""


def _failure(command: list[str], what: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS)
    lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
    return f"{what}: {lines[-1]}" if done.returncode else ""
