"""Flask commands. Each prints to standard output what was asked for (of `doctor` that is what
fails, too), and to standard error why it was not done."""

import io
import json
import sys
from collections.abc import Iterable
from copy import copy
from typing import Any
from zoneinfo import ZoneInfo

import click
from flask import Flask
from flask.cli import AppGroup

import models
from widget import cli_bookings, cli_import, cli_stored, doctor
from widget.api import webhooks as sending
from widget.booking import deletion, guest_input, reconcile, rows, settling, webhooks
from widget.booking.errors import NotBooked
from widget.booking.offer import offer_for
from widget.booking.target import Target
from widget.cli_common import known_host, listing, not_imported, out, show, write, yes
from widget.core.clock import now, to_rfc3339
from widget.core.document import SettingsError, document_json, load_document, parse_document
from widget.core.names import renamed_slugs
from widget.host import store, why
from widget.server import command_is_looked_for, serve
from widget.web.service import google

own = AppGroup()  # commands of no group
settings_group = AppGroup("settings", help="A host's settings document.")
hosts_group = AppGroup("hosts", help="Who can be booked.")


def register(app: Flask) -> None:
    for command in _commands():
        app.cli.add_command(command)


def _commands() -> tuple[click.Command, ...]:
    stored = (cli_stored.guests, cli_stored.tokens_group, cli_stored.keys, cli_stored.backup)
    groups = (settings_group, hosts_group, cli_bookings.group, cli_bookings.links, cli_import.group)
    return (*groups, *stored, *own.commands.values(), serve)


def register_without(app: Flask, faults: str) -> None:
    """All commands and their --help for an environment that is not complete (`faults`, a line
    each), whose doctor lists the faults. Raises SystemExit for all but the flask program while it
    looks for a command."""
    if not command_is_looked_for():  # a server, or flask run, shell, routes
        raise SystemExit(faults)
    for command in _commands():
        app.cli.add_command(_stopped(command, faults))


def _stopped(command: click.Command, faults: str) -> click.Command:
    """A copy that only tells what is missing."""
    copied = copy(command)
    if isinstance(copied, click.Group):
        copied.commands = {name: _stopped(each, faults) for name, each in copied.commands.items()}
        return copied

    def tell(**options: Any) -> None:
        if command is not check:
            raise SystemExit(faults)
        _report(options["form"], ((False, line) for line in faults.splitlines()))

    copied.callback = tell
    return copied


# --- settings -------------------------------------------------------------------------------


@settings_group.command("export")
@click.argument("host")
@out
def export_settings(host: str, file: str | None) -> None:
    """Write the settings of HOST as JSON to FILE, or to standard output."""
    found = known_host(host)
    write(document_json(webhooks.whole(google(), found)), file)


@settings_group.command("import")
@click.argument("host")
@click.argument("file", type=click.File("rb"))
def import_settings(host: str, file: io.BufferedReader) -> None:
    """Replace the settings of HOST by the JSON in FILE: all of it, or nothing if it has faults.

    Bookings go along with an event type that has a new slug and else stays as it is, or stands in
    the place of the old one.
    """
    found = known_host(host)
    try:
        document = parse_document(file.read())
        if document.webhook:
            webhooks.check(google().config, document.webhook.url)
        with models.locked(found) as found:
            renamed = renamed_slugs(load_document(found.settings), document)
            store.store(found, document, renamed, zone_chosen=True)
            webhooks.put(google(), found, document.webhook, now())
    except SettingsError as error:
        raise not_imported(error) from None
    click.echo(f"imported the settings of {document.handle}")


# --- hosts -----------------------------------------------------------------------


@hosts_group.command("list")
@listing
def list_hosts(form: str) -> None:
    """Every host: handle, e-mail, state of the calendar, event types."""
    listed: list[dict[str, Any]] = [
        {
            "handle": host.handle,
            "email": host.email,
            "connected": not host.disconnected_at,
            "reason": host.disconnected_reason if host.disconnected_at else None,
            "event_types": [each.slug for each in load_document(host.settings).event_types],
        }
        for host in models.hosts()
    ]
    show(form, listed, _host_line)


def _host_line(row: dict[str, Any]) -> str:
    state = "connected" if row["connected"] else f"disconnected ({row['reason']})"
    return "\t".join((row["handle"], row["email"], state, ", ".join(row["event_types"])))


@hosts_group.command("delete")
@click.argument("host")
@yes
def delete_host(host: str, *, yes: bool) -> None:
    """Remove HOST with everything stored, and revoke our access to the Google account."""
    found = known_host(host)
    if not yes:
        number = len(rows.bookings(found))
        click.confirm(
            f"Delete {host} ({found.email}) with {number} booking(s) for good?", abort=True
        )
    done = deletion.host(google(), found, now())
    click.echo(f"removed {host}: account, settings, tokens and {done.bookings} booking(s)")
    if done.upcoming:
        click.echo(f"{done.upcoming} event(s) still to come stay in the host's Google Calendar")
    if not done.revoked:
        raise click.ClickException(
            "Google did not confirm that access is revoked: the host can remove it at"
            " https://myaccount.google.com/permissions"
        )
    click.echo("access revoked at Google")


# --- why, and what became of it -----------------------------------------------------------------


@own.command("explain")
@click.argument("host")
@click.argument("event")
@click.argument("time")
def explain(host: str, event: str, time: str) -> None:
    """Say why TIME (RFC 3339) is or is not offered for EVENT of HOST."""
    found = known_host(host)
    document = load_document(found.settings)
    kind = document.event_type(event)
    if kind is None:
        raise click.ClickException(f"{host} has no event type {event!r}")
    if not kind.active:
        raise click.ClickException(f"nothing is offered: {event} is switched off")
    try:
        at = guest_input.instant(time)
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    try:
        offer = offer_for(Target(found, document, kind), google().calendar_of(found), now())
    except NotBooked as error:
        raise click.ClickException(f"nothing is offered: {error.code} ({error})") from None
    zone = ZoneInfo(document.time_zone)
    reasons = why.explained(google(), offer, at)
    click.echo(
        f"{to_rfc3339(at)} ({why.moment(at, zone)}): {'not offered' if reasons else 'offered'}"
    )
    for reason in reasons:
        click.echo(f"- {reason}")


@own.command("reconcile")
def reconcile_() -> None:
    """Settle what is open at Google, take in what hosts changed there, and send to webhooks.

    Every booking whose outcome is unknown is asked about at once, however long its pause; only one
    that is due within a minute is left alone, since somebody may be asking about it. Says how many
    bookings are confirmed, cancelled or failed now, are still pending, or followed their event.
    Safe to run at any time, from cron, on several machines. It exits with 1 when anything went
    wrong that the log tells of.
    """
    left = settling.hurry_all(now())
    outcome = reconcile.run(google(), now) + sending.deliver(google(), now)
    said = [f"{number} {OUTCOMES[name]}" for name, number in sorted(outcome.items())]
    said = said or ["nothing to settle"]
    if left:
        said.append(f"{left} left alone (due within a minute)")
    click.echo(", ".join(said))
    if outcome["wrong"]:
        raise click.ClickException(f"{outcome['wrong']} went wrong: the log says what")


#: What a round did to a booking, in words.
OUTCOMES = {
    "confirmed": "confirmed",
    "cancelled": "cancelled",
    "failed": "failed",
    "pending": "pending still",
    "followed": "followed what was changed in Google",
    "wiped": "wiped of what guests said, after BOOKING_RETENTION_DAYS",
    "sent": "sent to webhooks",
    "not taken": "not taken by webhooks",
    "wrong": "went wrong (see the log)",
}


@own.command("doctor")
@listing
def check(form: str) -> None:
    """Check configuration, database, redirect address and Google's answer for each host."""
    _report(form, doctor.checks(google(), now()))


def _report(form: str, checks: Iterable[doctor.Check]) -> None:
    """Print a line for each check; as JSON, an object a line. Exit with 1 if one fails."""
    failed = False
    for good, line in checks:
        failed |= not good
        told = json.dumps({"ok": good, "check": line}, ensure_ascii=False)
        click.echo(told if form == "json" else f"{'ok  ' if good else 'FAIL'}  {line}")
    if failed:
        sys.exit(1)
