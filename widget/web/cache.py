"""Finished answers, kept for as long as a fresh computation would give the same.

An answer depends on the state of the host, which has one number (booking/snapshot.py), on what is
asked and by whom (`_key`: everything of a request that an answer is made of), and on time, which
changes one only when a free start passes or a quarter of an hour ends: in every zone days begin
and clocks change at one. How old the busy times are is looked at for each request, and so is who
may frame a page. Kept is what is the same for everybody: nothing that a guest typed, no form (it
has a nonce), no one-off link; that is never cacheable either. A new part of a request that an
answer is made of belongs into `_key`, a new word of the query that holds nothing of a guest into
SHARED.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

import brotli
from flask import Flask, Response, make_response, request
from flask.typing import ResponseReturnValue
from flask_compress import Compress
from werkzeug.datastructures import Accept, Headers
from werkzeug.http import parse_accept_header

from widget import metrics
from widget.booking import busy
from widget.booking.snapshot import BusyAge, Snapshot
from widget.core import clock
from widget.core.bounded import Bounded
from widget.core.document import EventType
from widget.text import language
from widget.web import answers, headers, service

ENTRY_BYTES = 2500  # of an entry, beside its body and address
QUERY_LENGTH = 1000
QUARTER = 900
#: What may stand in a query and holds nothing that a guest typed; and what begins with utm_.
SHARED = frozenset(
    (
        "date", "day", "month", "tz", "theme", "accent", "lang", "hide_details", "clock", "view",
        "embedder", "duration", "from", "to",
    )
)  # fmt: skip
VARY = ("Accept-Encoding", "Sec-Fetch-Dest")
OWN = ("Content-Length", "X-Request-Id")  # of each answer


@dataclass(frozen=True)
class Entry:
    """An answer with all its headers; `bodies` by coding, each made when it is first asked for."""

    since: int
    until: int
    etag: str
    headers: list[tuple[str, str]]
    bodies: dict[str, bytes]

    def body(self, coding: str) -> bytes:
        if coding not in self.bodies:
            self.bodies[coding] = packed(self._plain(), coding)
        return self.bodies[coding]

    def _plain(self) -> bytes:
        if "" in self.bodies:
            return self.bodies[""]
        coding, body = next(iter(self.bodies.items()))
        return brotli.decompress(body) if coding == "br" else gzip.decompress(body)

    @property
    def bytes(self) -> int:
        return ENTRY_BYTES + sum(map(len, self.bodies.values()))


class Ready(Response):
    """An answer that is sent as it was made: nothing on its way changes it any more."""

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response(self.status, self.headers.to_wsgi_list())
        return [] if environ["REQUEST_METHOD"] == "HEAD" else self.response  # type: ignore[return-value]


def answer(
    kept: Snapshot,
    age: BusyAge,
    event: EventType | None,
    site: str | None,
    make: Callable[[], ResponseReturnValue],
) -> ResponseReturnValue:
    """What `make` gives for this request, or gave before to one like it; 304 to who has it.

    `site`: the one around the page. Busy times must be new, as `make` would ask Google otherwise.
    """
    query = request.query_string
    if request.method not in ("GET", "HEAD") or not _is_shared(query):
        return make()
    now = clock.now()
    shelf: Bounded[Any, Entry] = service.kept().answers
    key = _key(kept, site, query)
    new = event is None or busy.covers(age, kept.document, service.config().busy_ttl, now)
    found = shelf.get(key) if new else None
    hit = found is not None and found.since <= now < found.until
    metrics.looked("answers", hit=hit)
    if found is None or not hit:
        response = make_response(make())
        if response.status_code != 200 or response.headers.get("Cache-Control"):
            return response
        found = _entry(response, now, _until(kept, event, now))
        coding = _coding(request.headers.get("Accept-Encoding", ""))
        found.body(coding)
        if coding:
            del found.bodies[""]
        if new:
            shelf.put(key, found, found.bytes + len(query))
    return _sent(found)


@lru_cache(4096)
def _is_shared(query: bytes) -> bool:
    if len(query) > QUERY_LENGTH:
        return False
    given = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    return all(name in SHARED or name.startswith("utm_") for name, _value in given)


def _key(kept: Snapshot, site: str | None, query: bytes) -> tuple[Any, ...]:
    return (
        kept.host_id,
        kept.version,
        request.path,
        query,
        language.tag(),
        answers.is_fragment(),
        answers.is_framed(),
        site if kept.document.allowed_sites else None,
    )


def _until(kept: Snapshot, event: EventType | None, now: int) -> int:
    """From when on passing time may change the answer."""
    quarter = (now // QUARTER + 1) * QUARTER
    free = kept.free(event, now) if event else ()
    return min(quarter, free[0] - event.minimum_notice * 60 + 1) if event and free else quarter


def _entry(response: Response, now: int, until: int) -> Entry:
    body = response.get_data()
    response.headers["Cache-Control"] = "no-cache"
    response.vary.update(VARY)
    headers.protect(response)
    sent = [each for each in response.headers if each[0] not in OWN]
    digest = hashlib.blake2b(repr(sent).encode() + body, digest_size=12).hexdigest()
    return Entry(now, until, f'W/"{digest}"', [*sent, ("ETag", f'W/"{digest}"')], {"": body})


def _sent(found: Entry) -> Response:
    told = Headers(found.headers)
    if request.if_none_match.contains_weak(found.etag[3:-1]):
        return Ready(b"", 304, told)
    coding = _coding(request.headers.get("Accept-Encoding", ""))
    body = found.body(coding)
    if coding:
        told["Content-Encoding"] = coding
    told["Content-Length"] = str(len(body))
    return Ready(body, 200, told)


@lru_cache(256)
def _coding(accepted: str) -> str:
    """The smallest that the client takes."""
    taken = parse_accept_header(accepted, Accept)
    return next((coding for coding in ("br", "gzip") if taken[coding] > 0), "")


def compress_others(app: Flask) -> None:
    """Have every answer that is not made here compressed on its way."""
    compress = Compress()
    app.config["COMPRESS_REGISTER"] = False
    compress.init_app(app)
    app.after_request(
        lambda answer: answer if isinstance(answer, Ready) else compress.after_request(answer)
    )


def packed(body: bytes, coding: str) -> bytes:
    if coding == "br":
        return bytes(brotli.compress(body, brotli.MODE_TEXT, 5))
    return gzip.compress(body, 6, mtime=0) if coding else body
