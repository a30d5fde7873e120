"""Flask commands about bookings, and the one-off links that make them."""

import json
import re
import time
from typing import Any

import click
from flask.cli import AppGroup

import models
from widget.api.schema import LinkAnswer
from widget.booking import export, guest_input, one_off, rows
from widget.cli_common import known_host, listing, show
from widget.core.clock import now
from widget.web import service

LOOK_SECONDS = 1
group = AppGroup("bookings", help="What was booked.")
links = AppGroup("links", help="One-off links: for one guest, or so many.")


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
    if form == "csv":
        click.echo(export.as_csv(found), nl=False)
    else:
        show(form, [export.row(booking) for booking in found], _line)


def _line(row: dict[str, Any]) -> str:
    return (
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


def _told(host: models.Host, link: one_off.OneOffLink) -> LinkAnswer:
    return LinkAnswer.of(service.config(), host.handle, link, now())


@links.command("create")
@click.argument("host")
@click.argument("event")
@click.option("--uses", type=int, default=1, show_default=True, help="How many bookings it makes.")
@click.option("--expires", help="An RFC 3339 time, or a YYYY-MM-DD, to its end in the host's zone.")
@click.option("--title", help="Instead of the event type's.")
@click.option("--duration", type=int, help="Minutes, instead of the event type's.")
@click.option(
    "--times",
    multiple=True,
    help="RFC 3339 starts, or ranges as START/END, instead of the open hours: with commas between,"
    " or the option several times.",
)
def create_link(host: str, event: str, times: tuple[str, ...], **wish: str | int | None) -> None:
    """Print the address of a new one-off link for EVENT of HOST."""
    found = known_host(host)
    named = [each for given in times for each in re.split(r"[,\s]+", given) if each]
    try:
        made = one_off.make(found, {**wish, "event": event, "times": named}, now())
    except guest_input.Invalid as error:
        for name, said in error.errors.items():
            click.echo(f"{name}: {said}", err=True)
        raise click.ClickException("no link was made") from None
    click.echo(_told(found, made).url)


@links.command("list")
@click.argument("host", required=False)
@listing
def list_links(host: str | None, form: str) -> None:
    """The one-off links of HOST, or of all, the newest first: state, uses, address."""
    hosts = [known_host(host)] if host else models.hosts()
    listed = [_told(each, link).model_dump() for each in hosts for link in one_off.listed(each)]
    show(form, listed, lambda row: "{state}\t{used} of {uses}\t{url}".format(**row))


@links.command("revoke")
@click.argument("code")
def revoke_link(code: str) -> None:
    """End the one-off link with this CODE (or address) at once; its bookings stand."""
    code = code.rpartition("once=")[2]
    link = one_off.by_code(code)
    if link is None:
        raise click.ClickException(f"there is no link {code!r} (see: flask links list HOST)")
    one_off.revoke(link.host, code, now())
    click.echo(f"revoked {code}")
