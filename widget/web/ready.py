"""Finished answers, sent before Flask looks at a request.

A request like one that was answered before, of a host in the same state, gets the same answer
(web/cache.py). All else goes on to Flask, and so does whatever has to be told otherwise: a limit
that is reached, a database or a counter that does not answer. What every request is due is done
here too: it is counted for the limits, noted as seen in a site, logged by its route, and has a name
of its own.
"""

import time
from collections.abc import Callable, Iterable
from typing import Any

import peewee
from flask import Flask

import models
from widget import metrics
from widget.booking import snapshot
from widget.booking.busy import Ahead
from widget.core import clock
from widget.web import cache, limits, logs, service
from widget.web.cache import Entry, Meaning

Note = Callable[[int, str, str, int], None]  # host, site, event type, when
Environ = dict[str, Any]


class Ready:
    """WSGI middleware: answers what it can by itself."""

    def __init__(self, app: Flask, note: Note, *, behind_proxy: bool) -> None:
        self._inner, self._parts = app.wsgi_app, app.extensions
        self._note, self._behind_proxy = note, behind_proxy
        self._config = app.extensions["meetslot"].config

    def __call__(self, environ: Environ, start: Any) -> Iterable[bytes]:
        began = time.monotonic()
        kept: service.Kept = self._parts["meetslot.kept"]
        counts: limits.Counts = self._parts["meetslot.counts"]
        meaning: Meaning | None = kept.meanings.get(cache.alike(environ))
        if meaning is None or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return self._inner(environ, start)
        faults: tuple[type[Exception], ...] = peewee.PeeweeException, *counts.faults
        try:
            found = self._find(kept, meaning, environ)
        except faults:  # Flask comes upon the same
            found = None
        if found is None:
            return self._inner(environ, start)
        models.rest()
        metrics.looked("answers", hit=True)
        status, headers, body = found.told(environ)
        id = logs.name(environ, behind_proxy=self._behind_proxy)
        method = environ["REQUEST_METHOD"]
        start(status, [*headers, ("X-Request-Id", id)])
        logs.answered(method, meaning.rule, int(status[:3]), began, id)
        return [] if method == "HEAD" else [body]

    def _find(self, kept: service.Kept, meaning: Meaning, environ: Environ) -> Entry | None:
        """The answer, unless Flask has to make it, or to refuse it. Raises PeeweeException,
        and what the limits' storage does."""
        now, config = clock.now(), self._config
        host = snapshot.current(kept.hosts, meaning.handle, now)
        if host is None:
            return None
        found = cache.kept_answer(kept, meaning, *host, config.busy_ttl, now)
        if found is None:
            return None
        counts: limits.Counts = self._parts["meetslot.counts"]
        client = limits.customer(environ.get("REMOTE_ADDR", ""))
        if counts.add(config.read_rate_limit, "read", client):
            return None
        state, age = host
        ahead: Ahead = self._parts["meetslot.ahead"]
        ahead.look(state.host_id, age, config.busy_ttl, now)
        if meaning.site and environ["REQUEST_METHOD"] == "GET":
            self._note(state.host_id, meaning.site, meaning.slug, now)
        return found
