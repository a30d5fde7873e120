"""The map of the house."""

import gc
import threading
from functools import partial

from flask import Flask

from widget import config, server


def create_app(given: config.Config | None = None) -> Flask:
    """The application for the configuration `given`, else for that of the environment.

    Missing or malformed variables, or a database that is not there, end the start with a line each
    (SystemExit); on the command line, `--help` and `doctor` work all the same.
    """
    app = Flask(__name__, static_folder=None)
    furnish = partial(_furnish, app, given)
    if given is None and server.command_is_looked_for():
        app.cli = server.Commands(furnish)
    else:
        furnish()
    return app


def _furnish(app: Flask, given: config.Config | None) -> None:
    """Put all that the house has into `app`."""
    # imported here, since it takes most of a start, and `flask serve` by itself needs none of it
    from widget import cli
    from widget.api import agents, mcp, me, notifications, oembed, openapi, v1
    from widget.booking.busy import Ahead
    from widget.google.client import Google
    from widget.guest import booking, picture, script, sightings, steps
    from widget.host import acts, preview, settings, signin, stale
    from widget.web import logs, ready, service, setup, static

    try:
        configured = server.prepare(given)
    except config.ConfigError as error:
        cli.register_without(app, str(error))
        return
    app.extensions["meetslot"] = Google(configured)
    app.extensions["meetslot.ahead"] = Ahead()
    app.extensions["meetslot.kept"] = service.Kept()
    app.extensions["meetslot.sightings"] = seen = sightings.Memory()
    behind_proxy = configured.trusted_proxies > 0
    logs.start(configured.log_level)
    logs.watch(app, behind_proxy=behind_proxy)
    app.wsgi_app = ready.Ready(app, seen.note, behind_proxy=behind_proxy)  # type: ignore[method-assign,assignment]
    setup.set_up(app, configured)
    programs = v1, me, openapi, mcp, oembed, agents, notifications, static
    hosts = signin, settings, acts, preview
    for room in (steps, booking, picture, script, *programs, *hosts):
        app.register_blueprint(room.blueprint)
    signin.set_up(app)
    stale.set_up(app)
    cli.register(app)


def worker() -> Flask:
    """The application as a worker of the server runs it, with its reconcile rounds."""
    gc.set_threshold(20_000, 50, 100)  # else a tenth of the start is looking for garbage
    app = create_app()
    from widget import metrics
    from widget.api import webhooks
    from widget.booking import reconcile
    from widget.guest import script
    from widget.web import answers, static

    google = app.extensions["meetslot"]
    if google.config.metrics:
        from widget import exporter

        metrics.start()
        exporter.answer(*google.config.metrics)
    gc.collect()
    gc.freeze()  # what the start has made stays, and need not be looked through again and again

    rounds = (reconcile.rounds, webhooks.rounds, app.extensions["meetslot.ahead"].keep_asking)
    # small files are made ready while the first guests are served already
    works = [static.warm, partial(script.warm, google.config), partial(answers.warm, app)]
    works += [lambda: google.service, *(partial(each, google) for each in rounds)]
    for work in (*works, app.extensions["meetslot.sightings"].keep_writing):
        threading.Thread(target=work, daemon=True).start()
    return app
