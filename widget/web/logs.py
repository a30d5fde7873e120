"""JSON lines on standard error, with nothing in them that is a token or about a person."""

import json
import logging
import re
import secrets
import sys
import time
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from flask import Flask, Response, g, has_request_context, request

from widget import metrics

log = logging.getLogger("meetslot.requests")
ROOT = Path(__file__).parents[2]
OURS = tuple(f"{ROOT}/{name}" for name in ("widget", "app.py", "connections.py", "models.py"))
REQUEST_ID = re.compile(r"[A-Za-z0-9._:=-]{1,64}")
_encode = json.JSONEncoder(ensure_ascii=False).encode


class JSONLines(logging.Formatter):
    """One line a record. Of an exception only its type and where it came from: messages of
    libraries repeat what they were given, and that may be somebody's."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if has_request_context():
            line["request_id"] = request_id()
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
            line["at"] = _frames(record.exc_info[2])
        return _encode(line)


def _frames(trace: TracebackType | None) -> list[str]:
    """The last twelve frames of our own code, and the last three of all."""
    found = traceback.extract_tb(trace)
    ours = [frame for frame in found if frame.filename.startswith(OURS)][-12:]
    last = [frame for frame in found[-3:] if frame not in ours]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in (*ours, *last)]


def start(level: str) -> None:
    """Our own loggers at `level`; libraries only when they warn of something without addresses."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JSONLines())
    # who called a logger, and in which thread, is written nowhere: not looked for it is cheaper
    logging._srcfile = None  # type: ignore[attr-defined]
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    ours = logging.getLogger("meetslot")
    ours.handlers, ours.propagate = [handler], False
    ours.setLevel(level.upper())
    # they write out whole addresses: calendar ids are e-mail addresses
    for name in ("googleapiclient", "google", "google_auth_httplib2", "authlib", "urllib3"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def watch(app: Flask, *, behind_proxy: bool) -> None:
    """A line for each request: its route, never its path or query, which name people; and its id
    in the answer's X-Request-Id. `behind_proxy`: that header of the request is the proxy's word."""

    @app.before_request
    def begin() -> None:
        g.began = time.monotonic()
        g.request_id = name(request.environ, behind_proxy=behind_proxy)

    @app.after_request
    def end(response: Response) -> Response:
        response.headers["X-Request-Id"] = id = request_id()
        route = request.url_rule.rule if request.url_rule else None
        began = g.get("began", time.monotonic())
        answered(request.method, route, response.status_code, began, id)
        return response

    app.add_template_global(request_id)


def answered(method: str, route: str | None, status: int, began: float, id: str) -> None:
    """Count an answer, and write its line; `began` by time.monotonic()."""
    seconds = time.monotonic() - began
    metrics.request(method, route, status, seconds)
    fields = {"method": method, "route": route, "status": status, "ms": round(seconds * 1000, 1)}
    log.info("request", extra={"fields": {**fields, "request_id": id}})


def name(environ: Mapping[str, Any], *, behind_proxy: bool) -> str:
    """What a request is called from now on."""
    sent = environ.get("HTTP_X_REQUEST_ID", "") if behind_proxy else ""
    return sent if REQUEST_ID.fullmatch(sent) else secrets.token_hex(8)


def request_id() -> str:
    """What this request is called in the log, in its answer and on an error page."""
    if "request_id" not in g:
        g.request_id = secrets.token_hex(8)
    return str(g.request_id)
