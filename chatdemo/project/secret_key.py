"""Django's secret key: random, created once, and stored beside the database for its owner only."""

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from chatdemo.common.errors import ChatdemoError

#: Bytes of randomness. The file has two hexadecimal characters for each.
KEY_BYTES = 32


def ensure_exists(database: Path) -> None:
    """Create the key file beside ``database`` if there is none.

    Raises ChatdemoError if the file can't be written or read, or has no key in it.
    """
    path = path_of(database)
    try:
        if not path.exists():
            _create(path)
        path.chmod(0o600)
        key = read(database)
    except (OSError, UnicodeDecodeError) as error:
        hint = "Make your account its owner, or delete it: chatdemo creates a new one."
        raise ChatdemoError(f"The secret key {path} can't be used: {error}.", hint) from None
    if len(key) < 2 * KEY_BYTES:
        hint = "Delete it, and start again: chatdemo creates a new one."
        raise ChatdemoError(f"The secret key {path} is damaged.", hint)


def read(database: Path | None) -> str:
    """Return the key beside ``database``, or a new one, which isn't stored, if there is none."""
    if database is None or not path_of(database).exists():
        return secrets.token_hex(KEY_BYTES)
    return path_of(database).read_text("ascii").strip()


def read_file(path: Path) -> str:
    """Return the key in a file of the setting ``secret_key_file``. Raises ChatdemoError."""
    try:
        key = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it isn't text of ASCII characters"
        message = f"The secret key file {path} can't be read: {reason}."
        raise ChatdemoError(message, "Correct the setting secret_key_file, or the file.") from None
    if len(key) < 2 * KEY_BYTES:
        message = f"The secret key file {path} has fewer than {2 * KEY_BYTES} characters."
        hint = f'Make one: python3 -c "import secrets; print(secrets.token_hex({KEY_BYTES}))"'
        raise ChatdemoError(message, f"{hint} > {path}")
    return key


def path_of(database: Path) -> Path:
    """Return the path of the key file of the database at ``database``."""
    return database.with_name(database.name + ".key")


def _create(path: Path) -> None:
    """Write a complete key file. If another process is faster, its file stays."""
    # Its mode is 0600.
    with tempfile.NamedTemporaryFile("w", dir=path.parent, encoding="ascii") as file:
        file.write(secrets.token_hex(KEY_BYTES) + "\n")
        file.flush()
        with suppress(FileExistsError):
            os.link(file.name, path)
