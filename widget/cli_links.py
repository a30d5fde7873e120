"""Flask commands about one-off links."""

import re

import click
from flask.cli import AppGroup

import models
from widget.api.schema import LinkAnswer
from widget.booking import one_off
from widget.booking.guest_input import Invalid
from widget.cli_common import known_host, listing, show
from widget.core.clock import now
from widget.web import service

group = AppGroup("links", help="One-off links: for one guest, or so many.")


def _told(host: models.Host, link: one_off.OneOffLink) -> LinkAnswer:
    return LinkAnswer.of(service.config(), host.handle, link, now())


@group.command("create")
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
    except Invalid as error:
        for name, said in error.errors.items():
            click.echo(f"{name}: {said}", err=True)
        raise click.ClickException("no link was made") from None
    click.echo(_told(found, made).url)


@group.command("list")
@click.argument("host", required=False)
@listing
def list_links(host: str | None, form: str) -> None:
    """The one-off links of HOST, or of all, the newest first: state, uses, address."""
    hosts = [known_host(host)] if host else models.hosts()
    listed = [_told(each, link).model_dump() for each in hosts for link in one_off.listed(each)]
    show(form, listed, lambda row: "{state}\t{used} of {uses}\t{url}".format(**row))


@group.command("revoke")
@click.argument("code")
def revoke_link(code: str) -> None:
    """End the one-off link with this CODE (or address) at once; its bookings stand."""
    code = code.rpartition("once=")[2]
    link = one_off.by_code(code)
    if link is None:
        raise click.ClickException(f"there is no link {code!r} (see: flask links list HOST)")
    one_off.revoke(link.host, code, now())
    click.echo(f"revoked {code}")
