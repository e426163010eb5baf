"""Writes chatdemo/project/schema.sql: the database as the migrations make it, as one text.

Run it after a change of migrations: python tests/project/make_schema.py
"""

import os
import re
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

HEADER = (
    "-- Made by tests/project/make_schema.py from the migrations; a test holds the two equal.\n"
)


def migrate(path: Path) -> None:
    """Make the database at ``path`` with Django's migrations alone, in this process."""
    os.environ["CHATDEMO_DB"] = str(path)
    from chatdemo.common import config
    from chatdemo.project import server

    server.manage(config.use(config.load()), ("migrate", "--verbosity=0"))


def dump(path: Path) -> str:
    """The database at ``path`` as SQL that makes it again in one transaction."""
    with closing(sqlite3.connect(path)) as connection:
        text = "\n".join(connection.iterdump())
    text = text.replace("BEGIN TRANSACTION;", "BEGIN IMMEDIATE;", 1)
    # The time of a migration is when the database is made, not when this file was.
    return (
        HEADER
        + re.sub(
            r"(INSERT INTO \"django_migrations\" VALUES\(.*),'[^']*'\);",
            r"\1,CURRENT_TIMESTAMP);",
            text,
        )
        + "\n"
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder, "schema.sqlite3")
        migrate(database)
        Path(__file__).parents[2].joinpath("chatdemo/project/schema.sql").write_text(
            dump(database), "utf-8"
        )
