"""JSON lines on standard error, with nothing in them that is a token or about a person."""

from __future__ import annotations

import json
import logging
import sys
import time
import traceback
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from flask import Flask, Response, g, request

log = logging.getLogger("meetslot.requests")
ROOT = Path(__file__).parents[2]
OURS = (f"{ROOT}/widget", f"{ROOT}/models.py", f"{ROOT}/app.py")


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
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
            line["at"] = _frames(record.exc_info[2])
        return json.dumps(line, ensure_ascii=False)


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
    ours = logging.getLogger("meetslot")
    ours.handlers, ours.propagate = [handler], False
    ours.setLevel(level.upper())
    # they write out whole addresses: calendar ids are e-mail addresses
    for name in ("googleapiclient", "google", "google_auth_httplib2", "authlib", "urllib3"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def watch(app: Flask) -> None:
    """A line for each request: its route, never its path or query, which name people."""

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()

    @app.after_request
    def end(response: Response) -> Response:
        fields = {
            "method": request.method,
            "route": request.url_rule.rule if request.url_rule else None,
            "status": response.status_code,
            "ms": round((time.perf_counter() - g.get("began", time.perf_counter())) * 1000, 1),
        }
        log.info("request", extra={"fields": fields})
        return response
