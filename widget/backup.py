"""`flask backup`: a copy of the SQLite database while the server runs."""

import sqlite3
from contextlib import closing
from pathlib import Path

import click
import peewee
from flask.cli import with_appcontext

import models


@click.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@with_appcontext
def backup(file: Path) -> None:
    """Write a consistent copy of the SQLite database to FILE, while the server runs.

    It holds everything but the keys: keep SECRET_KEY and TOKEN_KEYS with it. PostgreSQL has
    pg_dump.
    """
    if not isinstance(models.database.obj, peewee.SqliteDatabase):
        raise click.ClickException("this database is PostgreSQL: use its own pg_dump")
    try:
        _copy(file)
    except (OSError, sqlite3.Error) as error:
        raise click.ClickException(f"{file} cannot be written: {error}") from None
    click.echo(f"wrote {file}")


def _copy(file: Path) -> None:
    """FILE is the old one or the whole new one at any moment, and readable for its owner alone."""
    unfinished = file.with_name(f"{file.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(0o600)
    with closing(sqlite3.connect(unfinished)) as copy:
        models.database.connection().backup(copy)
        copy.execute("PRAGMA journal_mode = delete")  # all of it in this one file
    unfinished.replace(file)
