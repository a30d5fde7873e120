"""Flask commands about what is stored: of guests, API tokens, the keys of Google tokens, and a copy
of it all."""

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import click
import peewee
from flask.cli import AppGroup, with_appcontext

import models
from widget.booking import deletion, export, tokens, webhooks
from widget.cli_common import as_json, known_host, listing, out, show, write, yes
from widget.core import contact
from widget.core.clock import now, to_rfc3339
from widget.web.service import google

guests = AppGroup("guests", help="Who books.")
keys = AppGroup("keys", help="The keys that encrypt Google tokens.")
tokens_group = AppGroup("tokens", help="API tokens of hosts' own programs.")


def _as_stored(email: str) -> str:
    with suppress(contact.NoEmail):
        return contact.email(email)
    return email


@guests.command("export")
@click.argument("email")
@out
def export_guest(email: str, file: str | None) -> None:
    """Write all that is stored of the guest EMAIL as JSON to FILE, or to standard output."""
    email = _as_stored(email)
    found = {
        "email": email,
        "bookings": [export.all_of(each) for each in deletion.bookings_of_guest(email)],
        "invited_to": [export.invited_to(each) for each in deletion.bookings_with(email)],
    }
    write(as_json(found) + "\n", file)


@guests.command("delete")
@click.argument("email")
@yes
def delete_guest(email: str, *, yes: bool) -> None:
    """Remove the bookings of the guest EMAIL; those still to come are cancelled in Google."""
    email = _as_stored(email)
    if not yes:
        number = len(deletion.bookings_of_guest(email))
        click.confirm(f"Delete {number} booking(s) of {email} for good?", abort=True)
    done = deletion.guest(google(), email, now())
    click.echo(
        f"removed {done['removed']} booking(s) of {email},"
        f" {done['cancelled']} of them still to come and cancelled in Google"
    )
    if done["extra"]:
        click.echo(f"removed from the further guests of {done['extra']} booking(s)")
    left = {
        "could not be cancelled in Google yet": done["kept"],
        "kept, since Google may still have an event of what is over": done["leftover"],
    }
    if any(left.values()):
        said = "; ".join(f"{number} booking(s) {why}" for why, number in left.items() if number)
        raise click.ClickException(f"{said}: try again later")


@keys.command("rotate")
def rotate() -> None:
    """Encrypt all stored Google tokens and webhooks' secrets with the first key of TOKEN_KEYS.

    Put a new key first, restart the server, run this: then the older ones can go. Safe while the
    server runs, and to run again.
    """
    hosts, changed, unread = models.hosts(), 0, list[str]()
    for number, host in enumerate(hosts, 1):
        try:
            changed += google().rotate(host) + webhooks.rotate(google(), host)
        except ValueError:
            unread.append(host.handle)
        if number % 100 == 0 or number == len(hosts):
            click.echo(f"{number} of {len(hosts)} host(s) done")
    click.echo(f"encrypted {changed} token(s) anew with the first key")
    if unread:
        raise click.ClickException(
            f"no key of TOKEN_KEYS opens the tokens of {', '.join(unread)}: put theirs back, or let"
            " them sign in again"
        )
    click.echo("every token is encrypted with the first key: the others in TOKEN_KEYS can go")


@tokens_group.command("create")
@click.argument("host")
@click.option("--name", default="command line", show_default=True, help="What it is for.")
def create_token(host: str, name: str) -> None:
    """Print a new API token of HOST: it is not shown again."""
    if not 0 < len(name) <= tokens.NAME_LENGTH:
        raise click.ClickException(f"--name takes 1 to {tokens.NAME_LENGTH} characters")
    try:
        click.echo(tokens.make(known_host(host), name, now()))
    except tokens.TooManyTokens:
        raise click.ClickException(f"{host} has {tokens.TOKENS} tokens already") from None


@tokens_group.command("list")
@click.argument("host")
@listing
def list_tokens(host: str, form: str) -> None:
    """The API tokens of HOST by their ids: what for, when made and last used."""
    listed = [
        {
            "id": each.id,
            "name": each.name,
            "created": to_rfc3339(each.created_at),
            "used": to_rfc3339(each.used_at) if each.used_at else None,
        }
        for each in tokens.listed(known_host(host))
    ]
    show(form, listed, lambda row: "\t".join(str(value or "-") for value in row.values()))


@tokens_group.command("revoke")
@click.argument("host")
@click.argument("id")
def revoke_token(host: str, id: str) -> None:
    """End the API token of HOST with this ID at once."""
    if not tokens.end(known_host(host), id):
        raise click.ClickException(f"{host} has no token {id!r} (see: flask tokens list {host})")
    click.echo(f"ended {id}")


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
