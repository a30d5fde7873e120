"""`flask import`: event types and hours from what Calendly's or Cal.com's API answers."""

import io

import click
from flask.cli import AppGroup

import models
from widget.cli_common import known_host, not_imported
from widget.core import moving
from widget.core.document import SettingsError, dump_document, load_document, parse_document
from widget.host import store

group = AppGroup("import", help="Event types and hours of another booking service.")
file = click.argument("file", type=click.File("rb"))
to = click.option("--host", help="Whose they become; may be left out where there is one host.")


@group.command("calendly")
@file
@to
def calendly(file: io.BufferedReader, host: str | None) -> None:
    """Take over what is in FILE: the answers of Calendly's GET /event_types and
    /user_availability_schedules, one of them or both in a list."""
    _take_over("calendly", file, host)


@group.command("cal")
@file
@to
def cal(file: io.BufferedReader, host: str | None) -> None:
    """Take over what is in FILE: the answers of Cal.com's GET /v2/event-types and /v2/schedules,
    one of them or both in a list."""
    _take_over("cal", file, host)


def _take_over(rival: str, file: io.BufferedReader, handle: str | None) -> None:
    """All of it or nothing; say what came, and what could not."""
    try:
        moved = moving.read(rival, file.read())
        with models.locked(_host(handle)) as host:
            document = parse_document(moved.into(dump_document(load_document(host.settings))))
            store.store(host, document, zone_chosen=bool(moved.hours))
    except moving.NotTheirs as error:
        raise click.ClickException(f"{error}; nothing was imported") from None
    except SettingsError as error:
        raise not_imported(error) from None
    for each in moved.event_types:
        click.echo(f"{each['slug']}: {each['title']}, {each['duration']} minutes")
    if moved.hours:
        click.echo("hours: the host's own")
    for each in moved.schedules:
        click.echo(f"hours: {each['name']}")
    for line in moved.left:
        click.echo(f"not carried over: {line}")


def _host(handle: str | None) -> models.Host:
    """Raises ClickException."""
    if handle:
        return known_host(handle)
    hosts = list(models.hosts())
    if len(hosts) != 1:
        raise click.ClickException("say whose they become: --host HANDLE (see: flask hosts list)")
    return hosts[0]
