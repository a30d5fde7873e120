"""Flask commands about bookings."""

import json
import time
from typing import Any

import click
from flask.cli import AppGroup

import models
from widget.booking import export, guest_input, rows
from widget.cli_common import as_json, known_host
from widget.core.clock import now

LOOK_SECONDS = 1
group = AppGroup("bookings", help="What was booked.")


class Day(click.ParamType[int]):
    name = "RFC 3339 time or YYYY-MM-DD (UTC)"

    def convert(self, value: Any, param: Any, ctx: Any) -> int:
        text = f"{value}T00:00:00Z" if len(str(value)) == 10 else str(value)
        try:
            return guest_input.instant(text)
        except ValueError as error:
            self.fail(str(error), param, ctx)


@group.command("list")
@click.argument("host")
@click.option("--from", "start", type=Day(), help="Only those that start from then on.")
@click.option("--to", "end", type=Day(), help="Only those that start before.")
@click.option("--format", "form", type=click.Choice(["table", "json", "csv"]), default="table")
def list_bookings(host: str, start: int | None, end: int | None, form: str) -> None:
    """The bookings of HOST in any state, by their start."""
    found = rows.bookings(known_host(host), start, end)
    listed = [export.row(booking) for booking in found]
    if form == "json":
        click.echo(as_json(listed))
    elif form == "csv":
        click.echo(export.as_csv(found), nl=False)
    else:
        for row in listed:
            click.echo(
                f"{row['start']}  {row['status']:9}  {row['event']}  {row['guest_name']}"
                f" <{row['guest_email']}>  {row['meet_link'] or '-'}"
            )


@group.command("watch")
@click.argument("host")
def watch_bookings(host: str) -> None:
    """Print a line of JSON for each change of HOST's bookings from now on, until it is ended.

    It is the booking as `bookings list --format json` has it, as it is since. What came before it
    was started is in that list.
    """
    found = known_host(host)
    known = _lately(found)
    try:
        while models.host_by_id(found.id):
            for id, row in (latest := _lately(found)).items():
                if known.get(id) != row:
                    click.echo(json.dumps(row, ensure_ascii=False))
            known = latest
            time.sleep(LOOK_SECONDS)
    except KeyboardInterrupt:
        return
    raise click.ClickException(f"{host} was deleted")


def _lately(host: models.Host) -> dict[str, dict[str, Any]]:
    """What changed not long ago, by id; machines whose clocks differ may have changed it."""
    since = now() - 2 * models.CLOCKS_APART_SECONDS
    return {booking.id: export.row(booking) for booking in rows.changed(host, since)}
