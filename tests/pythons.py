"""Install the wheel in a fresh venv of each other supported Python on this machine, serve, write a project, and chat.

Run it from the repository's root, with the tests' own requirements installed: python -m tests.pythons
"""

import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from urllib.request import urlopen

from websockets.sync.client import connect

from tests.support.served import TIMEOUT_SECONDS, Process, Served
from tests.support.written import Written

ROOT = Path(__file__).parents[1]
SUPPORTED = ("3.10", "3.11", "3.12", "3.13")


def find() -> dict[str, str]:
    """The interpreter of each supported version that is on the PATH or in pyenv, but for the one that runs this."""
    found = {}
    for version in SUPPORTED:
        installed = glob.glob(
            os.path.join(
                os.environ.get("PYENV_ROOT", ""), "versions", f"{version}.*", "bin", "python"
            )
        )
        for interpreter in filter(None, [*installed, shutil.which(f"python{version}")]):
            if _version(interpreter) == version:
                found.setdefault(version, interpreter)
    found.pop(".".join(map(str, sys.version_info[:2])), None)
    return found


def try_wheel(interpreter: str, wheel: Path, folder: Path) -> None:
    """Raises CalledProcessError or AssertionError if the wheel doesn't install, serve, chat or write a project."""
    # This Python's pip installs into it: a venv with a pip of its own takes five seconds more, and compiling every
    # module as many.
    subprocess.run([interpreter, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    python = folder / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    pip = [sys.executable, "-m", "pip", "--python", python]
    subprocess.run([*pip, "install", "--quiet", "--no-compile", wheel], check=True)
    with Served(folder, python=str(python)) as server:
        chat(server, "/ws/chat/caf%C3%A9/")
        assert server.stop() == 0 and "Traceback" not in server.output
    try_project(Written(folder / "mysite", python=str(python)))


def try_project(project: Written) -> None:
    """Raises AssertionError if the written project has faults, or doesn't serve or chat."""
    assert "no issues" in project.manage("check")
    project.manage("migrate")
    with project.runserver() as server:
        with urlopen(f"{server.url}chat/", timeout=TIMEOUT_SECONDS) as page:
            assert b'id="room-name-input"' in page.read()
        chat(server, "/ws/chat/lobby/")
        server.stop()
    assert "Traceback" not in server.output


def chat(server: Process, path: str) -> None:
    """Say something in a room, and hear it in another window."""
    join = partial(
        connect, server.socket_url(path), origin=server.url.removesuffix("/")
    )  # as a browser does
    with join() as ana, join() as ben:
        ana.send(json.dumps({"message": "hello"}))
        heard = [json.loads(end.recv(TIMEOUT_SECONDS)) for end in (ana, ben)]
        assert heard[0] == heard[1] and heard[0]["message"] == "hello"


def _version(interpreter: str) -> str | None:
    """Its version as "3.x"; None if it doesn't run (pyenv puts names on the PATH of versions that aren't chosen)."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    done = subprocess.run([interpreter, "-c", code], capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else None


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", folder, ROOT]
        subprocess.run(command, check=True)
        [wheel] = Path(folder).glob("*.whl")

        def try_version(version: str, interpreter: str) -> None:
            place = Path(folder, version)
            place.mkdir()
            try_wheel(interpreter, wheel, place)
            print(
                f"Python {version}: the wheel installs, serves, chats, and writes a project that does.",
                flush=True,
            )

        found = find()
        with ThreadPoolExecutor(os.cpu_count()) as executor:
            for _ in executor.map(try_version, found, found.values()):
                pass  # raises what it has raised


if __name__ == "__main__":
    main()
