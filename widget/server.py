"""`flask serve`, the production server: what is looked at before it starts."""

import errno
import json
import os
import socket
import sys
import tempfile
from collections.abc import Callable
from functools import cache

import models  # first, as connections.py says what peewee is to import

# isort: split
import click
from flask.cli import AppGroup
from peewee import PeeweeException

from widget import config

STOP_SECONDS = 30  # for what is under way when the server is told to end; then it is killed


class Commands(AppGroup):
    """What the flask program finds: `serve`, which hands over to processes of its own, at once;
    all others with the application, which `furnish` completes when one of them is wanted."""

    def __init__(self, furnish: Callable[[], None]) -> None:
        super().__init__()
        self._furnish = cache(furnish)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name == serve.name:
            return serve
        self._furnish()
        return super().get_command(ctx, cmd_name)

    def list_commands(self, ctx: click.Context) -> list[str]:
        self._furnish()
        return super().list_commands(ctx)


def command_is_looked_for() -> bool:
    """Whether it is the flask program that asks for an application, to find a command in it."""
    context = click.get_current_context(silent=True)
    return context is not None and context.parent is None


def prepare(given: config.Config | None = None) -> config.Config:
    """The configuration `given`, else that of the environment, with its database brought up to
    date. Raises ConfigError."""
    found = given or config.load()
    try:
        models.connect(found.database_url, found.connections)
    except (PeeweeException, OSError) as error:
        said = f"DATABASE_URL cannot be used ({type(error).__name__})"
        raise config.ConfigError(f"{said}: {config.help_for('database_url')}") from None
    return found


@click.command("serve")
def serve() -> None:
    """The production server, as the environment says (PORT, BIND, WEB_CONCURRENCY)."""
    try:
        settings = prepare()
    except config.ConfigError as error:
        raise SystemExit(str(error)) from None
    models.database.close()
    models.database.obj.close_idle()
    _check_ports(settings)
    folder = tempfile.mkdtemp(prefix="meetslot-")
    # each of malloc's arenas keeps what some thread once needed
    config.hand_on(prometheus_multiproc_dir=folder, malloc_arena_max="1")
    config.hand_on(pythonpath=os.pathsep.join(sys.path))  # whatever this process finds
    if settings.ratelimit_storage_uri == "memory://" and settings.web_concurrency > 1:
        # the memory of each worker would count by itself, and let through as much again
        config.hand_on(ratelimit_storage_uri=f"file://{folder}/limits")
    given = {"address": settings.bind, "port": settings.port, "workers": settings.web_concurrency}
    given |= {"blocking_threads": config.THREADS, "workers_kill_timeout": STOP_SECONDS}
    given |= {"log_enabled": settings.log_level == "debug"}
    # the same process goes on without what only this needed, so that workers start from little
    os.execv(sys.executable, [sys.executable, "-m", "widget.workers", folder, json.dumps(given)])  # noqa: S606


def _check_ports(settings: config.Config) -> None:
    """The server's workers share their port, and would do so with another server's too.

    Raises ClickException.
    """
    port = settings.port
    if error := _not_free(settings.bind, port):
        raise click.ClickException(
            f"port {port} is in use: choose another with PORT, e.g. PORT={port + 1}"
            if error.errno == errno.EADDRINUSE
            else f"PORT={port} on BIND={settings.bind} cannot be used: {error.strerror}"
        )
    if settings.metrics and settings.metrics[1] == port:
        raise click.ClickException(f"METRICS and PORT are both {port}: choose two ports")
    if settings.metrics and (error := _not_free(*settings.metrics)):
        raise click.ClickException(f"METRICS cannot be used: {error.strerror}")


def _not_free(address: str, port: int) -> OSError | None:
    """Why nobody can listen there."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # what just ended is no other
        try:
            probe.bind((address, port))
        except OSError as error:
            return error
    return None
