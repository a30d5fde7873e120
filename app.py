"""The map of the house."""

from __future__ import annotations

import gc
import threading

import peewee
from flask import Flask

import models
from widget import cli, config, metrics
from widget.api import agents, mcp, me, notifications, oembed, openapi, v1, webhooks
from widget.booking import reconcile
from widget.booking.ahead import Ahead
from widget.google.client import Google
from widget.guest import booking, card, picture, script, sightings, steps
from widget.host import (
    account,
    bookings,
    links,
    preview,
    programs,
    settings,
    signin,
    stale,
    webhook,
)
from widget.host import picture as own_picture
from widget.web import cache, logs, ready, service, setup, static


def create_app(given: config.Config | None = None) -> Flask:
    """The application for the configuration `given`, else for that of the environment.

    Missing or malformed variables, or a database that is not there, end the start with a line each
    (SystemExit); on the command line, `--help` and `doctor` work all the same.
    """
    try:
        configured = given or config.load()
        models.connect(configured.database_url, configured.connections)
    except config.ConfigError as error:
        return cli.without(str(error))
    except (peewee.PeeweeException, OSError) as error:
        said = f"DATABASE_URL cannot be used ({type(error).__name__})"
        return cli.without(f"{said}: {config.help_for('database_url')}")
    app = Flask(__name__, static_folder=None)
    app.extensions["meetslot"] = Google(configured)
    app.extensions["meetslot.ahead"] = Ahead()
    app.extensions["meetslot.kept"] = service.Kept()
    app.extensions["meetslot.sightings"] = seen = sightings.Memory()
    behind_proxy = configured.trusted_proxies > 0
    logs.start(configured.log_level)
    logs.watch(app, behind_proxy=behind_proxy)
    app.wsgi_app = ready.Ready(app, seen.note, behind_proxy=behind_proxy)  # type: ignore[method-assign,assignment]
    setup.set_up(app, configured)
    cache.compress_others(app)
    for room in (
        steps,
        booking,
        picture,
        card,
        script,
        v1,
        me,
        openapi,
        mcp,
        oembed,
        agents,
        notifications,
        static,
    ):
        app.register_blueprint(room.blueprint)
    for room in (
        signin,
        settings,
        own_picture,
        bookings,
        links,
        programs,
        webhook,
        preview,
        account,
    ):
        app.register_blueprint(room.blueprint)
    signin.set_up(app)
    stale.set_up(app)
    cli.register(app)
    return app


def worker() -> Flask:
    """The application as a worker of the server runs it, with its reconcile rounds."""
    app = create_app()
    static.warm()
    google = app.extensions["meetslot"]
    script.warm(google.config)
    if google.config.metrics:
        from widget import exporter

        metrics.start()
        exporter.answer(*google.config.metrics)
    gc.collect()
    gc.freeze()  # what the start has made stays, and need not be looked through again and again
    gc.set_threshold(20_000, 50, 100)
    threading.Thread(target=reconcile.rounds, args=(google,), daemon=True).start()
    threading.Thread(target=webhooks.rounds, args=(google,), daemon=True).start()
    ahead = app.extensions["meetslot.ahead"]
    threading.Thread(target=ahead.keep_asking, args=(google,), daemon=True).start()
    seen = app.extensions["meetslot.sightings"]
    threading.Thread(target=seen.keep_writing, daemon=True).start()
    return app
