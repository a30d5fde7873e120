"""Flask commands about the API tokens of hosts' own programs."""

import click
from flask.cli import AppGroup

from widget.booking import tokens
from widget.cli_common import known_host, listing, show
from widget.core.clock import now, to_rfc3339

group = AppGroup("tokens", help="API tokens of hosts' own programs.")


@group.command("create")
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


@group.command("list")
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


@group.command("revoke")
@click.argument("host")
@click.argument("id")
def revoke_token(host: str, id: str) -> None:
    """End the API token of HOST with this ID at once."""
    if not tokens.end(known_host(host), id):
        raise click.ClickException(f"{host} has no token {id!r} (see: flask tokens list {host})")
    click.echo(f"ended {id}")
