"""Django's secret key: random, made once, kept beside the database for its owner alone."""

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from chatdemo.common.errors import ChatdemoError

#: Bytes of randomness; the file has them as twice as many hexadecimal characters.
SIZE = 32


def ensure(database: Path | None) -> None:
    """Make the key file beside ``database`` if there is none. Nothing to do for a database in memory (None).

    Raises ChatdemoError if the file can't be written or read, or holds no key.
    """
    if database is None:
        return
    path = locate(database)
    try:
        _create(path)
        path.chmod(0o600)
        key = read(database)
    except (OSError, UnicodeDecodeError) as error:
        hint = "Give it back to your account, or delete it: a new one is made."
        raise ChatdemoError(f"The secret key {path} can't be used: {error}.", hint) from None
    if len(key) < 2 * SIZE:
        raise ChatdemoError(
            f"The secret key {path} is damaged.", "Delete it, and start again: a new one is made."
        )


def read(database: Path | None) -> str:
    """The key beside ``database``; one for this process alone where none is kept. Writes nothing."""
    if database is None or not locate(database).exists():
        return secrets.token_hex(SIZE)
    return locate(database).read_text("ascii").strip()


def locate(database: Path) -> Path:
    """The key file of the database at ``database``."""
    return database.with_name(database.name + ".key")


def _create(path: Path) -> None:
    """Write a key to ``path`` if nothing is there: whole or not at all, whoever else starts or whatever stops it."""
    if path.exists():
        return
    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, encoding="ascii"
    ) as file:  # its mode is 0600
        file.write(secrets.token_hex(SIZE) + "\n")
        file.flush()
        with suppress(FileExistsError):
            os.link(file.name, path)
