"""`chatdemo new`: writes a step as the learner's own project, which needs nothing of chatdemo."""

import errno
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import chain, count
from pathlib import Path, PurePosixPath

from chatdemo.common.errors import ChatdemoError, UsageError
from chatdemo.common.stop_signals import temporary_handler
from chatdemo.course.outline import LAYERS, Step, steps

SETTINGS = "mysite/settings.py"
#: In a step's settings. Each project gets another secret key in its place.
SECRET_KEY_PLACEHOLDER = '"a-secret-key-of-this-project-alone"'
#: Names that Windows doesn't allow (Microsoft: Naming Files, Paths, and Namespaces). A learner may
#: give the project to a person with Windows.
_FORBIDDEN_CHARACTER = re.compile(r'[<>:"/\\|?*]')
_RESERVED_NAME = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[1-9¹²³])[ .]*(\..*)?", re.IGNORECASE | re.DOTALL
)
_NAME_HINT = "Give a name of letters, digits, - and _, such as mysite."
_HINTS = {
    errno.ENOSPC: "Free some space on that disk, or give a folder on another.",
    errno.ENAMETOOLONG: "Give a shorter name.",
    errno.EEXIST: "Another program has just created that. Give another folder.",
}
_OTHER_HINT = "Give a folder that you may write in, such as one in your home folder."
#: How many names of a folder that isn't empty an error shows.
_MAX_SHOWN = 3


def write_project(directory: str, step: Step, layer: str = "memory") -> Path:
    """Write the project as it is at the end of ``step``, with the channel layer ``layer``.

    Returns its folder, which is created with its parents, or exists and is empty. ``~`` is the
    home folder. Nothing is overwritten, and a failure half-way leaves nothing behind.
    Raises UsageError for a layer that doesn't exist or isn't in this step, and for a name that no
    folder can have; ChatdemoError for a folder that isn't empty or can't be written.
    """
    files = project_files(step, layer)
    root = _parse_path(directory)
    try:
        _check_is_empty(root)
        folders = [*_missing_folders(root), *_inner_folders(root, files)]
        with _removed_on_failure() as created, _interrupt_deferred():
            _make_folders(folders, created)
            _write_files(root, files, created)
    except OSError as error:
        hint = _HINTS.get(error.errno or 0, _OTHER_HINT)
        where = repr(str(error.filename or root))
        raise ChatdemoError(f"{where} can't be written: {error.strerror or error}.", hint) from None
    return root


def project_files(step: Step, layer: str) -> dict[str, str]:
    """Return each file of the project by its path, with a new secret key.

    Raises UsageError for a layer that doesn't exist or isn't in this step.
    """
    if layer not in LAYERS:
        hint = f"The layers are: {', '.join(LAYERS)}."
        raise UsageError(f"{layer!r} is not a channel layer.", hint)
    if layer != LAYERS[0] and not step.has_layer:
        later = ", ".join(other.name for other in steps() if other.has_layer)
        message = f"The step {step.name!r} has no channel layer yet, so it can't use {layer!r}."
        raise UsageError(message, f"Leave out --layer, or use one of these steps: {later}.")
    files = step.project(layer)
    files[SETTINGS] = files[SETTINGS].replace(SECRET_KEY_PLACEHOLDER, json.dumps(_secret_key()))
    requirements = "".join(f"{line}\n" for line in step.requirements(layer))
    return files | {"README": _readme(step, layer), "requirements.txt": requirements}


def _secret_key() -> str:
    """With startproject's prefix, which Django's check for deployment recognizes."""
    from django.core.management.utils import get_random_secret_key

    return f"django-insecure-{get_random_secret_key()}"


def next_commands(folder: Path, step: Step, layer: str) -> list[str]:
    """Return what to do with the project in ``folder``, as lines for the terminal."""
    python, commands, lines = _python(), [], []
    if folder != Path():
        path = os.path.join(".", folder) if str(folder).startswith("-") else str(folder)
        commands.append(f"cd {_quote(path)}")
    install = f"{python} -m pip install -r requirements.txt"
    if _uses_redis(step, layer):
        lines.append(
            "It needs a Redis server on 127.0.0.1:6379, and channels-redis, which pip installs."
        )
        commands.append(install)
    commands += [f"{python} manage.py {command}" for command in ("migrate", "runserver")]
    lines += ["", "Run it:", f"  {' && '.join(commands)}"]
    lines += ["", "While chatdemo serve has port 8000, give it another: runserver 8001"]
    if _has_tests(step):
        lines += ["", "Test it, in that folder:", f"  {install} && {python} manage.py test"]
    return lines


def _python() -> str:
    """What to type for this Python: ``python`` if the shell finds it, as in an activated venv."""
    ours, found = Path(sys.executable), shutil.which("python")
    # A venv's python is a link to the Python that made it, so the folder must be the same too.
    if (
        found
        and os.path.samefile(found, ours)
        and os.path.samefile(Path(found).parent, ours.parent)
    ):
        return "python"
    return _quote(str(ours))


def _quote(word: str) -> str:
    return subprocess.list2cmdline([word]) if os.name == "nt" else shlex.quote(word)


def _readme(step: Step, layer: str) -> str:
    server = " and start a Redis server on 127.0.0.1:6379" if _uses_redis(step, layer) else ""
    check = "Check its settings: python manage.py check"
    if _has_tests(step):
        check = "Test it, with Chrome or Chromium installed: python manage.py test"
    return (
        "A chat with Django Channels, as it is at the end of step"
        f" {step.number} of {len(steps())}, {step.name}.\n"
        f"Install what it needs: python -m pip install -r requirements.txt{server}\n"
        "Run it: python manage.py migrate && python manage.py runserver\n"
        "Open http://127.0.0.1:8000/chat/ in a browser; Ctrl-C in the terminal stops it.\n"
        f"{check}\n"
    )


def _uses_redis(step: Step, layer: str) -> bool:
    return layer == "redis" and step.has_layer


def _has_tests(step: Step) -> bool:
    return "chat/tests.py" in step.project()


def _parse_path(directory: str) -> Path:
    """Raises UsageError if no folder can have this path, on this system or on another."""
    has_control = any(unicodedata.category(char) in ("Cc", "Cs") for char in directory)
    if has_control or not directory.strip():
        raise UsageError(f"{directory!r} is not the name of a folder.", _NAME_HINT)
    try:
        path = Path(directory).expanduser()
    except RuntimeError:
        raise UsageError(f"{directory!r}: that home folder doesn't exist.", _NAME_HINT) from None
    for folder in (path, *path.parents):
        if not os.path.lexists(folder):
            _check_name(folder.name)
    return path


def _check_name(name: str) -> None:
    found = _FORBIDDEN_CHARACTER.search(name)
    if found:
        why = f"Windows doesn't allow {found[0]} in it"
    elif _RESERVED_NAME.fullmatch(name):
        why = "it is reserved by Windows"
    elif name.endswith((" ", ".")):
        why = "Windows doesn't allow a space or a dot at its end"
    else:
        return
    raise UsageError(f"{name!r} can't be a folder's name everywhere: {why}.", _NAME_HINT)


def _check_is_empty(root: Path) -> None:
    """Raises ChatdemoError if ``root`` is a folder with anything in it."""
    if os.path.isdir(root) and (names := sorted(os.listdir(root))):
        shown = ", ".join(map(repr, names[:_MAX_SHOWN]))
        more = f" and {len(names) - _MAX_SHOWN} more" if len(names) > _MAX_SHOWN else ""
        free = _quote(str(_free_name(root)))
        hint = f"Give a folder that is empty or doesn't exist yet, such as {free}."
        raise ChatdemoError(f"The folder {str(root)!r} isn't empty: {shown}{more} in it.", hint)


def _free_name(root: Path) -> Path:
    """A path that doesn't exist: in ``root`` if that is given as a dot or two, else beside it."""
    first = root / "mysite" if root.name in ("", "..") else root
    others = (first.with_name(f"{first.name}-{number}") for number in count(2))
    return next(path for path in chain([first], others) if not os.path.lexists(path))


def _missing_folders(root: Path) -> list[Path]:
    """``root`` and its parents as far as they don't exist, the outermost first.

    Raises ChatdemoError if one of them exists and isn't a folder.
    """
    missing: list[Path] = []
    for folder in (root, *root.parents):
        if os.path.isdir(folder):
            break
        if os.path.lexists(folder):
            message = f"{str(folder)!r} exists, and isn't a folder."
            raise ChatdemoError(message, "Give another name, or move that file away.")
        missing.insert(0, folder)
    return missing


def _inner_folders(root: Path, files: Mapping[str, str]) -> list[Path]:
    inner = {parent for path in files for parent in PurePosixPath(path).parents if parent.name}
    return [root / folder for folder in sorted(inner)]


def _make_folders(folders: list[Path], created: list[Path]) -> None:
    for folder in folders:
        folder.mkdir()
        created.append(folder)


def _write_files(root: Path, files: Mapping[str, str], created: list[Path]) -> None:
    for path, text in files.items():
        mode = 0o777 if text.startswith("#!") else 0o666  # less the user's umask

        def opener(name: str, flags: int, mode: int = mode) -> int:
            return os.open(name, flags, mode)

        # "x": a file that another program has just created is not overwritten, a link not followed.
        with open(root / path, "x", encoding="utf-8", newline="\n", opener=opener) as file:
            created.append(root / path)
            file.write(text)


@contextmanager
def _removed_on_failure() -> Iterator[list[Path]]:
    """Removes what the block added to the list, the last first, if the block raises anything."""
    created: list[Path] = []
    try:
        yield created
    except BaseException:
        with _interrupt_deferred():
            for path in reversed(created):
                # A folder with a file of another program in it stays.
                with suppress(OSError):
                    path.rmdir() if path.is_dir() else path.unlink()
        raise


@contextmanager
def _interrupt_deferred() -> Iterator[None]:
    """Defers Ctrl-C to the end of the block, so that no file is created without being listed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received: list[int] = []
    try:
        with temporary_handler(lambda number, _: received.append(number), [signal.SIGINT]):
            yield
    finally:
        if received:
            signal.raise_signal(signal.SIGINT)
