"""`flask serve`: the production server, and how it ends."""

from __future__ import annotations

import errno
import os
import signal
import socket
import tempfile
import threading

import click
from flask import current_app
from flask.cli import with_appcontext

from widget import config
from widget.config import THREADS
from widget.google.client import Google

ENDS = {signal.SIGTERM, signal.SIGINT}
STOP_SECONDS = 30  # for what is under way when the server is told to end; then it is killed


@click.command("serve")
@with_appcontext
def serve() -> None:
    """The production server, as the environment says (PORT, BIND, WEB_CONCURRENCY)."""
    from granian import Granian
    from granian.constants import Interfaces

    google: Google = current_app.extensions["meetslot"]
    settings = google.config
    _check_ports(settings)
    with tempfile.TemporaryDirectory(prefix="meetslot-") as folder:
        os.register_at_fork(after_in_child=_heed_signals)
        config.hand_on(prometheus_multiproc_dir=folder)
        if settings.ratelimit_storage_uri == "memory://" and settings.web_concurrency > 1:
            # the memory of each worker would count by itself, and let through as much again
            config.hand_on(ratelimit_storage_uri=f"file://{folder}/limits")
        server = Granian(
            "app:worker",
            factory=True,
            address=settings.bind,
            port=settings.port,
            interface=Interfaces.WSGI,
            workers=settings.web_concurrency,
            blocking_threads=THREADS,
            websockets=False,
            respawn_failed_workers=True,
            workers_kill_timeout=STOP_SECONDS,
            log_enabled=settings.log_level == "debug",
        )
        _heed_signals()
        server.serve()


def _heed_signals() -> None:
    """Let a thread wait for the signals that end this process, and hand them to its handler.

    Python runs a handler in the main thread, and not before that thread wakes up: a signal that
    comes just before it falls asleep would be lost. A process that has no handler yet has nothing
    to bring to an end.
    """
    for each in ENDS:
        signal.signal(each, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)  # every thread that is started inherits this
    threading.Thread(target=_hand_on, daemon=True).start()


def _hand_on() -> None:
    number = signal.sigwait(ENDS)
    handler = signal.getsignal(number)
    if not callable(handler):
        os._exit(128 + number)
    handler(number, None)


def _check_ports(settings: config.Config) -> None:
    """The server's workers share their port, and would do so with another server's too.

    Raises ClickException.
    """
    address, port = settings.bind, settings.port
    if (error := _not_free(address, port)) and error.errno == errno.EADDRINUSE:
        raise click.ClickException(
            f"port {port} is in use: choose another with PORT, e.g. PORT={port + 1}"
        )
    if error:
        raise click.ClickException(
            f"PORT={port} on BIND={address} cannot be used: {error.strerror}"
        )
    if settings.metrics is None:
        return
    if settings.metrics[1] == port:
        raise click.ClickException(f"METRICS and PORT are both {port}: choose two ports")
    if error := _not_free(*settings.metrics):
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
