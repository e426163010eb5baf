"""Writing a step out: the learner's own project, which runs without us and knows nothing of us."""

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
from chatdemo.common.signals import handler_set
from chatdemo.course.course import LAYERS, Step, steps

SETTINGS = "mysite/settings.py"
#: What stands in the settings' file for the secret key, which each project gets one of its own for.
NO_SECRET = '"a-secret-key-of-this-project-alone"'
#: What no file on Windows can be called (Microsoft: Naming Files, Paths, and Namespaces). A project can be handed on.
_NOT_IN_A_NAME = re.compile(r'[<>:"/\\|?*]')
_RESERVED = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[1-9¹²³])[ .]*(\..*)?", re.IGNORECASE | re.DOTALL
)
_NAME_HINT = "Give a name of letters, digits, - and _, such as mysite."
_HINTS = {
    errno.ENOSPC: "Make room on that disk, or give a folder on another.",
    errno.ENAMETOOLONG: "Give a shorter name.",
    errno.EEXIST: "Another program has just made that, and it was left as it is. Give another folder.",
}
_OTHER_HINT = "Give a folder that you may write in, such as one in your home folder."
#: As many of a full folder's names as an error shows.
_SHOWN = 3


def write(directory: str, step: Step, layer: str = "memory") -> Path:
    """Write the project as it stands at the end of ``step``, with the channel layer ``layer``; returns its folder.

    The folder is made, with its parents, or is there and empty. ``~`` is the home folder. Nothing is overwritten, and
    whatever goes wrong half-way, nothing that was made stays behind.
    Raises UsageError for a layer that there isn't, or isn't in this step, and for a name that no folder can have;
    ChatdemoError for a folder that isn't empty or can't be written.
    """
    files = contents(step, layer)
    root = _path(directory)
    try:
        _check_free(root)
        missing = _missing(root)
        with _undone_if_it_fails() as made, _ctrl_c_afterwards():
            _make([*missing, *_folders(root, files)], made)
            _fill(root, files, made)
    except OSError as error:
        where = repr(str(error.filename or root))
        hint = _HINTS.get(error.errno, _OTHER_HINT)
        raise ChatdemoError(f"{where} can't be written: {error.strerror or error}.", hint) from None
    return root


def contents(step: Step, layer: str) -> dict[str, str]:
    """Each file of the project, by its path, with a new secret key. Raises UsageError as ``write`` does."""
    _check_layer(step, layer)
    files = step.project(layer)
    files[SETTINGS] = files[SETTINGS].replace(NO_SECRET, json.dumps(_secret_key()))
    requirements = "".join(f"{line}\n" for line in step.requirements(layer))
    return files | {"README": _readme(step, layer), "requirements.txt": requirements}


def next_commands(folder: Path, step: Step, layer: str) -> list[str]:
    """What to do with the project in ``folder``, as lines for the terminal: what must be there, and what to type."""
    python, run, lines = _python(), [], []
    if folder != Path():
        run.append(
            f"cd {_quote(os.path.join('.', folder) if str(folder).startswith('-') else str(folder))}"
        )
    install = f"{python} -m pip install -r requirements.txt"
    if _has_redis(step, layer):
        lines.append(
            "It needs a Redis server on 127.0.0.1:6379, and channels-redis, which pip installs."
        )
        run.append(install)
    run += [f"{python} manage.py {command}" for command in ("migrate", "runserver")]
    lines += ["", "Run it:", f"  {' && '.join(run)}"]
    lines += ["", "While chatdemo serve has port 8000, give it another: runserver 8001"]
    if _has_tests(step):
        lines += ["", "Test it, in that folder:", f"  {install} && {python} manage.py test"]
    return lines


def _python() -> str:
    """What to type for the Python that has Django: ``python`` if the shell finds that, as in an activated venv."""
    ours, found = Path(sys.executable), shutil.which("python")
    # A venv's python is a link to the Python that it was made with, so that the folder has to be the same too.
    if (
        found
        and os.path.samefile(found, ours)
        and os.path.samefile(Path(found).parent, ours.parent)
    ):
        return "python"
    return _quote(str(ours))


def _quote(word: str) -> str:
    return subprocess.list2cmdline([word]) if os.name == "nt" else shlex.quote(word)


def _check_layer(step: Step, layer: str) -> None:
    if layer not in LAYERS:
        raise UsageError(
            f"{layer!r} is not a channel layer.", f"The layers are: {', '.join(LAYERS)}."
        )
    if layer != LAYERS[0] and not step.has_layer:
        later = ", ".join(other.name for other in steps() if other.has_layer)
        message = (
            f"The step {step.name!r} has no channel layer yet, so that it can't have {layer!r}."
        )
        raise UsageError(message, f"Leave --layer out, or take one of these steps: {later}.")


def _secret_key() -> str:
    """As startproject makes it: Django's check for a deployment knows it by the beginning."""
    from django.core.management.utils import get_random_secret_key

    return f"django-insecure-{get_random_secret_key()}"


def _readme(step: Step, layer: str) -> str:
    server = " and start a Redis server on 127.0.0.1:6379" if _has_redis(step, layer) else ""
    check = "Check its settings: python manage.py check"
    if _has_tests(step):
        check = "Test it, with Chrome or Chromium on this machine: python manage.py test"
    return (
        f"A chat with Django Channels, as it stands at the end of step {step.number} of {len(steps())}, {step.name}.\n"
        f"Install what it needs: python -m pip install -r requirements.txt{server}\n"
        "Run it: python manage.py migrate && python manage.py runserver\n"
        "Open http://127.0.0.1:8000/chat/ in a browser; Ctrl-C in the terminal stops it.\n"
        f"{check}\n"
    )


def _has_redis(step: Step, layer: str) -> bool:
    return layer == "redis" and step.has_layer


def _has_tests(step: Step) -> bool:
    return "chat/tests.py" in step.project()


def _path(directory: str) -> Path:
    """``directory`` as a path. Raises UsageError if it is none, on this system or on another."""
    if not directory.strip() or any(
        unicodedata.category(character) in ("Cc", "Cs") for character in directory
    ):
        raise UsageError(f"{directory!r} is not the name of a folder.", _NAME_HINT)
    try:
        path = Path(directory).expanduser()
    except RuntimeError:
        raise UsageError(
            f"{directory!r} names a home folder that there isn't.", _NAME_HINT
        ) from None
    for folder in (path, *path.parents):
        if not os.path.lexists(folder):
            _check_name(folder.name)
    return path


def _check_name(name: str) -> None:
    if found := _NOT_IN_A_NAME.search(name):
        raise UsageError(
            f"{name!r} is not a folder's name everywhere: Windows allows no {found[0]} in it.",
            _NAME_HINT,
        )
    if _RESERVED.fullmatch(name):
        raise UsageError(
            f"{name!r} is not a folder's name everywhere: Windows keeps it for a device.",
            _NAME_HINT,
        )
    if name.endswith((" ", ".")):
        message = f"{name!r} is not a folder's name everywhere: Windows allows no space or dot at its end."
        raise UsageError(message, _NAME_HINT)


def _check_free(root: Path) -> None:
    """Raises ChatdemoError if ``root`` is there, and isn't an empty folder."""
    if not os.path.isdir(root):
        return
    if names := sorted(os.listdir(root)):
        shown = ", ".join(map(repr, names[:_SHOWN]))
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        hint = f"Give a folder that is empty or isn't there yet, such as {_quote(str(_free_name(root)))}."
        raise ChatdemoError(f"The folder {str(root)!r} isn't empty: {shown}{more} in it.", hint)


def _free_name(root: Path) -> Path:
    """A folder that isn't there yet: in ``root``, if that goes by no name of its own, or else beside it."""
    first = root / "mysite" if root.name in ("", "..") else root
    others = (first.with_name(f"{first.name}-{number}") for number in count(2))
    return next(path for path in chain([first], others) if not os.path.lexists(path))


def _missing(root: Path) -> list[Path]:
    """``root`` and its parents as far as they aren't there yet, the outermost first.

    Raises ChatdemoError if what is there isn't a folder.
    """
    missing = []
    for folder in (root, *root.parents):
        if os.path.isdir(folder):
            break
        if os.path.lexists(folder):
            hint = "Give another name, or move that out of the way."
            raise ChatdemoError(f"{str(folder)!r} is there already, and isn't a folder.", hint)
        missing.insert(0, folder)
    return missing


def _folders(root: Path, files: Mapping[str, str]) -> list[Path]:
    inner = {parent for path in files for parent in PurePosixPath(path).parents if parent.name}
    return [root / folder for folder in sorted(inner)]


def _make(folders: list[Path], made: list[Path]) -> None:
    for folder in folders:
        folder.mkdir()
        made.append(folder)


def _fill(root: Path, files: Mapping[str, str], made: list[Path]) -> None:
    for path, text in files.items():
        mode = 0o777 if text.startswith("#!") else 0o666  # less the user's umask
        # "x": what came there meanwhile is neither overwritten nor, if it is a link, followed.
        with open(
            root / path,
            "x",
            encoding="utf-8",
            newline="\n",
            opener=lambda *file, mode=mode: os.open(*file, mode),
        ) as file:
            made.append(root / path)
            file.write(text)


@contextmanager
def _undone_if_it_fails() -> Iterator[list[Path]]:
    """Removes what the block put on the list that it gets, the last first, if the block raises anything."""
    made: list[Path] = []
    try:
        yield made
    except BaseException:
        with _ctrl_c_afterwards():
            for path in reversed(made):
                with suppress(
                    OSError
                ):  # somebody else's file is in our folder: it stays, and so does the folder
                    path.rmdir() if path.is_dir() else path.unlink()
        raise


@contextmanager
def _ctrl_c_afterwards() -> Iterator[None]:
    """Ctrl-C within the block counts at its end: never between making a file and noting that it was made."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    try:
        with handler_set(lambda number, _: came.append(number), [signal.SIGINT]):
            yield
    finally:
        if came:
            signal.raise_signal(signal.SIGINT)
