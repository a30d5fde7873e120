"""Flask commands about what is stored of people: guests, and the keys of hosts' tokens."""

from contextlib import suppress

import click
from flask.cli import AppGroup

import models
from widget.booking import deletion, export, webhooks
from widget.cli_common import as_json, out, write
from widget.core import contact
from widget.core.clock import now
from widget.web.service import google

guests = AppGroup("guests", help="Who books.")
keys = AppGroup("keys", help="The keys that encrypt Google tokens.")


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
@click.option("--yes", is_flag=True, help="Do not ask first.")
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
