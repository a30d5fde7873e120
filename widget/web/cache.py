"""Finished answers, kept for as long as a fresh computation would give the same.

An answer depends on the state of the host, which has one number (booking/snapshot.py), on what is
asked and by whom (Meaning: everything of a request that an answer is made of), and on time, which
changes one only when a free start passes or a quarter of an hour ends: in every zone days begin
and clocks change at one. How old the busy times are is looked at for each request. Kept is what is
the same for everybody: nothing that a guest typed, no form (it has a nonce), no one-off link; that
is never cacheable either. A new part of a request that an answer is made of belongs into Meaning
and ALIKE, a new word of the query that holds nothing of a guest into SHARED.

What a request means is remembered too, so that one like it is answered from here before Flask has
looked at it (web/ready.py).
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from flask import Response, make_response, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import ETags
from werkzeug.http import parse_etags

from widget import metrics
from widget.booking import busy
from widget.booking.snapshot import BusyAge, Snapshot
from widget.core import clock
from widget.core.document import EventType
from widget.text import language
from widget.web import answers, codings, headers, service
from widget.web.codings import Finished

ENTRY_BYTES = 2500  # of an entry, beside its body and address
MEANING_BYTES = 1500
QUERY_LENGTH = 1000
QUARTER = 900
#: What may stand in a query and holds nothing that a guest typed; and what begins with utm_.
SHARED = frozenset(
    (
        "date", "day", "month", "tz", "theme", "accent", "lang", "hide_details", "clock", "view",
        "embedder", "duration", "grid", "from", "to",
    )
)  # fmt: skip
#: Beside Sec-Fetch-Dest and Referer, which tells the site around a frame.
ALIKE = (
    "PATH_INFO", "QUERY_STRING", "HTTP_ACCEPT_LANGUAGE", "HTTP_HX_REQUEST", "HTTP_HX_REQUEST_TYPE",
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
            other, body = next(iter(self.bodies.items()))
            self.bodies[coding] = codings.packed(codings.unpacked(body, other), coding)
        return self.bodies[coding]

    def told(self, environ: Mapping[str, Any]) -> tuple[str, list[tuple[str, str]], bytes]:
        """Status, headers and body for a request: a 304 to who has it."""
        known = environ.get("HTTP_IF_NONE_MATCH")
        if known and (known == self.etag or _etags(known).contains_weak(self.etag[3:-1])):
            return "304 NOT MODIFIED", self.headers, b""
        coding = codings.chosen(environ.get("HTTP_ACCEPT_ENCODING", ""))
        body = self.body(coding)
        own = [("Content-Encoding", coding)] if coding else []
        return "200 OK", [*self.headers, *own, ("Content-Length", str(len(body)))], body


class Meaning(NamedTuple):
    """What a request asks for, whatever the state of the host: what decides about its answer
    beside that state and time, and how it is counted."""

    handle: str
    rule: str
    path: str
    query: bytes
    language: str
    fragment: bool
    frame: str
    site: str | None
    slug: str  # "" where busy times do not matter

    def key(self, kept: Snapshot) -> tuple[Any, ...]:
        """Of its answer, while the host is in this state."""
        site = self.site if kept.document.allowed_sites else None
        return (kept.host_id, kept.version, *self[2:7], site)


def kept_answer(
    all_kept: service.Kept, meaning: Meaning, kept: Snapshot, age: BusyAge, ttl: int, now: int
) -> Entry | None:
    """The finished answer, while it is true. Busy times must be new, as one that is made now
    would ask Google otherwise."""
    new = not meaning.slug or busy.covers(age, kept.document, ttl, now)
    found = all_kept.answers.get(meaning.key(kept)) if new else None
    return found if found is not None and found.since <= now < found.until else None


def answer(
    kept: Snapshot,
    age: BusyAge,
    event: EventType | None,
    site: str | None,
    make: Callable[[], ResponseReturnValue],
) -> ResponseReturnValue:
    """What `make` gives for this request, or gave before to one like it; 304 to who has it.

    `site`: the one around the page.
    """
    if request.method not in ("GET", "HEAD") or not _is_shared(request.query_string):
        return make()
    now, ttl, all_kept = clock.now(), service.config().busy_ttl, service.kept()
    address = request.view_args or {}
    meaning = Meaning(
        address["handle"], str(request.url_rule), request.path, request.query_string,
        language.tag(), answers.is_fragment(), answers.frame(), site, address.get("slug", ""),
    )  # fmt: skip
    like = alike(request.environ)
    all_kept.meanings.put(like, meaning, MEANING_BYTES + sum(len(each or "") for each in like))
    found = kept_answer(all_kept, meaning, kept, age, ttl, now)
    metrics.looked("answers", hit=found is not None)
    if found is None:
        response = make_response(make())
        if response.status_code != 200 or response.headers.get("Cache-Control"):
            return response
        found = _entry(response, now, _until(kept, event, now))
        coding = codings.chosen(request.headers.get("Accept-Encoding", ""))
        found.body(coding)
        if coding:
            del found.bodies[""]
        if not meaning.slug or busy.covers(age, kept.document, ttl, now):
            size = ENTRY_BYTES + sum(map(len, found.bodies.values())) + len(meaning.query)
            all_kept.answers.put(meaning.key(kept), found, size)
    status, told, body = found.told(request.environ)
    return Finished(body, status, told)


def alike(environ: Mapping[str, Any]) -> tuple[str | None, ...]:
    """All of a request that its Meaning depends on: those that are alike in it mean the same."""
    into = environ.get("HTTP_SEC_FETCH_DEST")
    site = None if into in ("document", "empty") else environ.get("HTTP_REFERER")
    return (into, site, *map(environ.get, ALIKE))


@lru_cache(4096)
def _is_shared(query: bytes) -> bool:
    if len(query) > QUERY_LENGTH:
        return False
    given = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    return all(name in SHARED or name.startswith("utm_") for name, _value in given)


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


@lru_cache(256)
def _etags(known: str) -> ETags:
    return parse_etags(known)
