"""One table of settings, and how a value gets in: flag, ``CHATDEMO_*``, ``chatdemo.toml`` or
default, in that order.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from chatdemo.common.errors import UsageError
from chatdemo.common.toml import load_toml

FILE_NAME = "chatdemo.toml"
ENV_PREFIX = "CHATDEMO_"
#: Variables with the prefix that are no settings: which file to read, and a switch of the test
#: suite.
ENV_RESERVED = {"CHATDEMO_CONFIG", "CHATDEMO_TEST_ALL"}
YES, NO = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}


def setting(
    default: Any,
    help: str,
    low: int | None = None,
    high: int | None = None,
    choices: tuple[str, ...] = (),
) -> Any:
    """A row of the table: its default, one sentence of help, a number's least and greatest value, a
    text's choices.
    """
    return field(
        default=default, metadata={"help": help, "low": low, "high": high, "choices": choices}
    )


@dataclass(frozen=True)
class Config:
    """Every setting: its name, type, default and help. A list is a tuple of strings."""

    host: str = setting("127.0.0.1", "Address to listen on; 0.0.0.0 lets the class in.")
    port: int = setting(8000, "Port to listen on; 0 takes a free one.", low=0, high=65535)
    open: bool = setting(False, "Open the chat in this machine's browser once it is ready.")
    db: str = setting(
        "", "SQLite file; empty: one in your application folder; :memory: keeps nothing."
    )
    allowed_hosts: tuple[str, ...] = setting(
        (), "Further host names to answer to, such as a tunnel's."
    )
    history: bool = setting(True, "Keep what is said, for those who come back or come later.")
    keep_days: int = setting(30, "Days for which what is said is kept; 0: for ever.", 0, 36_500)
    max_kept: int = setting(
        536_870_912,
        "Bytes that the database may take; the oldest messages go first.",
        1_048_576,
        2**40,
    )
    max_message: int = setting(4000, "Longest message, in characters.", low=1, high=100_000)
    max_rate: int = setting(
        10,
        "Messages a second that one participant may send; 0: as many as they like.",
        0,
        1_000_000,
    )
    max_burst: int = setting(50, "Messages that one participant may send at once.", 1, 1_000_000)
    max_connections: int = setting(
        5000, "WebSockets that may be open in the chat's rooms.", 1, 1_000_000
    )
    max_per_address: int = setting(
        500,
        "Of those, the ones that may come from one address; this machine's own aren't counted.",
        1,
        1_000_000,
    )
    max_rooms: int = setting(1000, "Rooms in which somebody may be at once.", 1, 1_000_000)
    max_backlog: int = setting(
        1_048_576,
        "Bytes that may wait for a participant that doesn't read, before it is disconnected.",
        65_536,
        2**30,
    )
    step: str = setting("", "Step of the tutorial that rooms run; empty: the finished chat.")
    inspect: str = setting(
        "local",
        "Who may look at /inspect/: off (nobody), local (this machine's browsers) or all.",
        choices=("off", "local", "all"),
    )
    inspect_events: int = setting(
        5000, "Events that the inspector keeps; the oldest are dropped.", 100, 100_000
    )
    debug: bool = setting(False, "Show tracebacks, and a log line for each request and WebSocket.")


SETTINGS = {row.name: row for row in fields(Config)}
_active: Config | None = None


def use(config: Config) -> Config:
    """Make ``config`` the one that ``current`` answers with in this process."""
    global _active
    _active = config
    return config


def current() -> Config:
    """The settings in use; read from the environment and ``chatdemo.toml`` where no command has
    chosen them.

    Raises UsageError as ``load`` does.
    """
    return _active or use(load())


def load(
    flags: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] = os.environ,
    file: str | os.PathLike | None = None,
) -> Config:
    """The settings from ``flags`` (a value of None is not given), ``environ``, a TOML file and the
    defaults.

    ``file`` names the TOML file, which then must exist; without it ``CHATDEMO_CONFIG`` does, and
    without that ``chatdemo.toml`` in the current folder is read where there is one. Raises
    UsageError for an unknown key, a value of the wrong type or out of range, or a file that can't
    be read.
    """
    values = _from_file(file or environ.get("CHATDEMO_CONFIG"))
    values |= _from_environ(environ)
    for name, value in (flags or {}).items():
        if value is not None:
            values[name] = convert(name, value, "--" + name.replace("_", "-"))
    return replace(Config(), **values)


def convert(name: str, value: Any, source: str) -> Any:
    """``value`` as the type of setting ``name``; a string is parsed. ``source`` says in an error
    where it came from.

    Raises UsageError if it is of another type, or out of range.
    """
    row = SETTINGS[name]
    wanted, parse = _KINDS[type(row.default)]
    try:
        result = parse(value)
    except (TypeError, ValueError):
        raise UsageError(
            f"{source}: {value!r} is not {wanted}.", f"Give {wanted}, such as {example(name)}."
        ) from None
    choices = row.metadata["choices"]
    if choices and result not in choices:
        raise UsageError(
            f"{source}: {value!r} is none of the choices.", f"Give one of {', '.join(choices)}."
        )
    low, high = row.metadata["low"], row.metadata["high"]
    if low is not None and not low <= result <= high:
        raise UsageError(
            f"{source}: {result} is out of range.", f"Give a whole number from {low} to {high}."
        )
    return result


def example(name: str) -> str:
    """The default of setting ``name`` as one would write it in TOML."""
    default = SETTINGS[name].default
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, tuple):
        return '["chat.example.org"]'
    return f'"{default}"' if isinstance(default, str) else str(default)


def _text(value: Any) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise TypeError(value)
    return value


def _number(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise TypeError(value)
    return int(value)


def _switch(value: Any) -> bool:
    if isinstance(value, str) and value.strip().lower() in YES | NO:
        return value.strip().lower() in YES
    if not isinstance(value, bool):
        raise TypeError(value)
    return value


def _list(value: Any) -> tuple[str, ...]:
    if isinstance(value, str) and value.lstrip().startswith("["):
        value = json.loads(value)
    elif isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    if not isinstance(value, list | tuple):
        raise TypeError(value)
    return tuple(map(_text, value))


_KINDS = {
    str: ("a text in quotes", _text),
    int: ("a whole number", _number),
    bool: ("true or false", _switch),
    tuple: ("a list of texts", _list),
}


def _from_environ(environ: Mapping[str, str]) -> dict[str, Any]:
    values = {}
    for variable, value in environ.items():
        if variable.startswith(ENV_PREFIX) and variable not in ENV_RESERVED:
            name = variable[len(ENV_PREFIX) :].lower()
            _require_known(
                name, variable, {ENV_PREFIX + known.upper(): known for known in SETTINGS}
            )
            values[name] = convert(name, value, variable)
    return values


def _from_file(file: str | os.PathLike | None) -> dict[str, Any]:
    path = Path(file or FILE_NAME)
    if not file and not path.is_file():
        return {}
    values = _parse(path)
    for name, value in values.items():
        _require_known(name, f"{name!r} in {path}", {known: known for known in SETTINGS})
        values[name] = convert(name, value, f"{name} in {path}")
    return values


def _parse(path: Path) -> dict[str, Any]:
    try:
        return load_toml(path)
    except OSError as error:
        hint = "Give --config (or CHATDEMO_CONFIG) a file that exists and that you may read."
        raise UsageError(f"{path} can't be read: {error.strerror or error}.", hint) from None
    except ValueError as error:  # TOMLDecodeError and UnicodeDecodeError
        hint = "Write each setting once, on a line of its own, in UTF-8, as in: port = 8000"
        raise UsageError(f"{path} isn't valid TOML: {error}.", hint) from None


def _require_known(name: str, shown: str, known: Mapping[str, str]) -> None:
    if name in SETTINGS:
        return
    from difflib import get_close_matches

    close = get_close_matches(name, SETTINGS, n=1)
    guess = [f"Did you mean {key}? " for key, value in known.items() if value in close]
    raise UsageError(
        f"{shown} is not a setting.", f"{''.join(guess)}The settings are: {', '.join(known)}."
    )
