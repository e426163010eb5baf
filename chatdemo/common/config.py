"""The settings: each from a command's option, the environment, ``chatdemo.toml`` or its default."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from chatdemo.common.errors import UsageError
from chatdemo.common.toml import load_toml

FILE_NAME = "chatdemo.toml"
ENV_PREFIX = "CHATDEMO_"
#: Variables with the prefix that aren't settings: the file to read, and a switch for the tests.
ENV_RESERVED = {"CHATDEMO_CONFIG", "CHATDEMO_TEST_ALL"}
#: The default of max_kept with the setting redis, where messages are in memory.
MAX_KEPT_IN_REDIS = 2**26
#: What a switch may be in the environment.
ON, OFF = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


def setting(default: Any, help: str, *limits: int, choices: tuple[str, ...] = ()) -> Any:
    """A field of ``Config``. ``help`` is a sentence; ``limits`` are for numbers."""
    return field(default=default, metadata={"help": help, "limits": limits, "choices": choices})


@dataclass(frozen=True)
class Config:
    """Every setting: its name, type, default, help and limits. Lists are tuples of strings."""

    host: str = setting("127.0.0.1", "Address to listen on; 0.0.0.0 lets other computers connect.")
    port: int = setting(8000, "Port to listen on; 0 picks a free one.", 0, 65535)
    open: bool = setting(False, "Open a browser on this computer when the server is ready.")
    db: str = setting(
        "", "SQLite file; empty: one in your application folder; :memory: stores nothing on disk."
    )
    redis: str = setting(
        "", "URL of a Redis server, for a chat of several servers; empty: this server alone."
    )
    secret_key_file: str = setting(
        "", "File with the secret key that all servers of a chat share; empty: beside the database."
    )
    allowed_hosts: tuple[str, ...] = setting(
        (), "Additional host names to accept, such as a tunnel's."
    )
    proxies: tuple[str, ...] = setting(
        (), "Addresses or networks of reverse proxies, whose X-Forwarded headers are believed."
    )
    history: bool = setting(True, "Store messages, for people who reconnect or join later.")
    keep_days: int = setting(
        30, "Days after which a stored message is deleted; 0: never.", 0, 36_500
    )
    max_kept: int = setting(
        2**29,
        "Size of the database, in bytes, above which the oldest messages are deleted; with the"
        " setting redis, 67108864 by default.",
        2**20,
        2**40,
    )
    max_message: int = setting(4000, "Maximum length of a message, in characters.", 1, 100_000)
    max_rate: int = setting(
        10,
        "Frames (messages, signals) per second that one participant may send; 0: no limit.",
        0,
        1_000_000,
    )
    max_burst: int = setting(
        50, "Frames that one participant may send at once, if max_rate isn't 0.", 1, 1_000_000
    )
    max_connections: int = setting(5000, "WebSockets that may be open in total.", 1, 1_000_000)
    max_per_address: int = setting(
        500,
        "WebSockets that may be open from one IP address, except 127.0.0.1 and ::1.",
        1,
        1_000_000,
    )
    max_rooms: int = setting(
        1000, "Rooms that may have participants at the same time.", 1, 1_000_000
    )
    max_backlog: int = setting(
        2**20, "Unread bytes after which a participant is disconnected.", 2**16, 2**30
    )
    step: str = setting("", "Step of the tutorial that rooms run; empty: the finished chat.")
    inspect: str = setting(
        "local",
        "Who can open /inspect/: off (nobody), local (this computer's browsers) or all.",
        choices=("off", "local", "all"),
    )
    inspect_events: int = setting(
        5000, "Events that the inspector stores; the oldest are dropped.", 100, 100_000
    )
    debug: bool = setting(False, "Show tracebacks, and a log line for each request and WebSocket.")


SETTINGS = {row.name: row for row in fields(Config)}
_active: Config | None = None


def use(config: Config) -> Config:
    """Make ``config`` this process's settings, and return it."""
    global _active
    _active = config
    return config


def current() -> Config:
    """Return this process's settings: those that a command has put into use, or else ``load()``'s.

    Raises UsageError as ``load`` does.
    """
    return _active or use(load())


def load(
    flags: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] = os.environ,
    file: str | os.PathLike | None = None,
) -> Config:
    """Return the settings of these sources. A flag whose value is None wasn't given.

    ``file`` names the TOML file, which must exist then. Without it ``CHATDEMO_CONFIG`` does, and
    without that, ``chatdemo.toml`` in the current folder is read if there is one. Raises UsageError
    for an unknown setting, a value of the wrong type or out of range, or a file that can't be read.
    """
    given = [*_from_file(file or environ.get("CHATDEMO_CONFIG")), *_from_environ(environ)]
    for name, value in (flags or {}).items():
        if value is not None:
            given.append((name, value, "--" + name.replace("_", "-")))
    values = {name: convert(name, *source) for name, *source in given}
    if values.get("redis"):
        values.setdefault("max_kept", MAX_KEPT_IN_REDIS)
    return replace(Config(), **values)


def convert(name: str, value: Any, source: str) -> Any:
    """Return ``value`` in the type of the setting ``name``. Strings are parsed.

    Raises UsageError, which names ``source``, if it is of another type or out of range.
    """
    row = SETTINGS[name]
    type_name, parse = _TYPES[type(row.default)]
    try:
        result = parse(value)
    except (TypeError, ValueError):
        # A URL may have a password.
        shown = "the value" if name == "redis" else repr(value)
        message = f"{source}: {shown} must be {type_name}."
        raise UsageError(message, f"An example: {example(name)}.") from None
    choices, limits = row.metadata["choices"], row.metadata["limits"]
    if choices and result not in choices:
        message = f"{source}: {value!r} is not one of the choices."
        raise UsageError(message, f"Choose one of {', '.join(choices)}.")
    if limits and not limits[0] <= result <= limits[1]:
        message = f"{source}: {result} is out of range."
        raise UsageError(message, f"Give a whole number from {limits[0]} to {limits[1]}.")
    return result


def example(name: str) -> str:
    """Return a value of the setting ``name`` in TOML: its default, or one entry for a list."""
    default = SETTINGS[name].default
    return '["chat.example.org"]' if isinstance(default, tuple) else json.dumps(default)


def _string(value: Any) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise TypeError(value)
    return value


def _number(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise TypeError(value)
    return int(value)


def _switch(value: Any) -> bool:
    if isinstance(value, str) and value.strip().lower() in ON + OFF:
        return value.strip().lower() in ON
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
    return tuple(map(_string, value))


#: What each type is called, and how a value becomes one. Raises TypeError or ValueError.
_TYPES: Mapping[type, tuple[str, Callable[[Any], Any]]] = {
    str: ("a string", _string),
    int: ("a whole number", _number),
    bool: ("true or false", _switch),
    tuple: ("a list of strings", _list),
}


def _from_environ(environ: Mapping[str, str]) -> Iterator[tuple[str, Any, str]]:
    """Yields the name, the value and the source of each setting, to be shown in an error."""
    for variable, value in environ.items():
        if variable.startswith(ENV_PREFIX) and variable not in ENV_RESERVED:
            name = variable.removeprefix(ENV_PREFIX).lower()
            if name not in SETTINGS:
                raise _unknown(variable, name, ENV_PREFIX)
            yield name, value, variable


def _from_file(file: str | os.PathLike | None) -> Iterator[tuple[str, Any, str]]:
    path = Path(file or FILE_NAME)
    if not file and not path.is_file():
        return
    try:
        values = load_toml(path)
    except OSError as error:
        message = f"{path} can't be read: {error.strerror or error}."
        hint = "Set --config or CHATDEMO_CONFIG to a file that exists and that you may read."
        raise UsageError(message, hint) from None
    except ValueError as error:
        hint = "Write each setting once, on its own line, in UTF-8. For example: port = 8000"
        raise UsageError(f"{path} isn't valid TOML: {error}.", hint) from None
    for name, value in values.items():
        if name not in SETTINGS:
            raise _unknown(f"{name!r} in {path}", name)
        yield name, value, f"{name} in {path}"


def _unknown(shown: str, name: str, prefix: str = "") -> UsageError:
    """The error for an unknown setting. With ``prefix`` it is a variable of the environment."""
    from difflib import get_close_matches

    def spelled(name: str) -> str:
        return prefix + name.upper() if prefix else name

    close = get_close_matches(name.lower(), SETTINGS, n=1)
    guess = "".join(f"Did you mean {spelled(known)}? " for known in close)
    before = f" these, with {prefix} before each" if prefix else ""
    choices = [spelled(known).removeprefix(prefix) for known in SETTINGS]
    return UsageError(f"{shown} is not a setting.", f"{guess}The settings are{before}:", choices)
