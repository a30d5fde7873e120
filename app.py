"""The map of the house."""

from __future__ import annotations

import threading

import peewee
from flask import Flask
from flask_compress import Compress

import models
from widget import cli, config
from widget.api import notifications, v1
from widget.booking import reconcile
from widget.google.client import Google
from widget.guest import booking, script
from widget.host import pages, signin
from widget.web import logs, setup, static


def create_app(settings: config.Config | None = None) -> Flask:
    """The application for `settings`, else for the environment.

    A missing or malformed variable, or a database that is not there, ends the start with one
    line (SystemExit).
    """
    try:
        settings = settings or config.load()
        models.connect(settings.database_url)
    except config.ConfigError as error:
        raise SystemExit(str(error)) from None
    except (peewee.PeeweeException, OSError) as error:
        said = f"DATABASE_URL cannot be used ({type(error).__name__})"
        raise SystemExit(f"{said}: {config.help_for('database_url')}") from None
    app = Flask(__name__, static_folder=None)
    app.extensions["meetslot"] = Google(settings)
    logs.start(settings.log_level)
    logs.watch(app)
    setup.set_up(app, settings)
    Compress(app)
    for room in (booking, pages, v1, script, static, notifications):
        app.register_blueprint(room.blueprint)
    signin.set_up(app)
    cli.register(app)
    return app


def worker() -> Flask:
    """The application as a worker of the server runs it, with its reconcile rounds."""
    app = create_app()
    static.warm()
    script.warm()
    google = app.extensions["meetslot"]
    threading.Thread(target=reconcile.rounds, args=(google,), daemon=True).start()
    return app
