"""What commands share: whom they are about, and how they answer."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

import models
from widget.core.document import SettingsError

out = click.argument("file", type=click.Path(dir_okay=False, writable=True), required=False)
yes = click.option("--yes", is_flag=True, help="Do not ask first.")
listing = click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")


def known_host(handle: str) -> models.Host:
    """Raises ClickException."""
    host = models.host_by_handle(handle)
    if host is None:
        raise click.ClickException(f"there is no host {handle!r} (see: flask hosts list)")
    return host


def write(text: str, file: str | None) -> None:
    """To the file (`out`); to standard output for none, or -."""
    if file in (None, "-"):
        click.echo(text, nl=False)
    else:
        Path(str(file)).write_text(text, encoding="utf-8")


def show(form: str, listed: list[dict[str, Any]], line: Callable[[dict[str, Any]], str]) -> None:
    """A listing, as JSON or a line each (`listing`)."""
    if form == "json":
        click.echo(as_json(listed))
        return
    for row in listed:
        click.echo(line(row))


def as_json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def not_imported(error: SettingsError) -> click.ClickException:
    """What to raise for a document's faults, which are printed."""
    for fault in error.faults:
        click.echo(f"{fault.path or 'document'}: {fault.message}", err=True)
    return click.ClickException("nothing was imported")
