"""Compressed answers (Content-Encoding: RFC 9110, 8.4)."""

import gzip
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import brotli
from flask import Response, request
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

KEPT, ONCE = 5, 1  # of brotli: 4 and more take three times as long as 1, for 15 % less
SMALL_BYTES = 500  # what is smaller is sent as it is
TEXTS = frozenset(("text/html", "text/css", "text/javascript", "application/json"))


class Finished(Response):
    """An answer that is sent as it was made: nothing on its way changes it any more."""

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response(self.status, self.headers.to_wsgi_list())
        return [] if environ["REQUEST_METHOD"] == "HEAD" else self.response  # type: ignore[return-value]


def compress(response: Response) -> Response:
    """The answer, compressed for who takes it so, unless that is done."""
    if isinstance(response, Finished):
        return response
    if "Accept-Encoding" not in response.headers.get("Vary", ""):  # which is read at once
        response.vary.add("Accept-Encoding")
    coding = chosen(request.headers.get("Accept-Encoding", ""))
    well = 200 <= response.status_code < 300
    plain = not response.is_streamed and not response.content_encoding
    if coding and well and plain and response.mimetype in TEXTS:
        body = response.get_data()
        if len(body) >= SMALL_BYTES:
            response.set_data(packed(body, coding, ONCE))
            response.content_encoding = coding
    return response


@lru_cache(256)
def chosen(accepted: str) -> str:
    """The smallest coding that a client takes by its Accept-Encoding; empty for none."""
    taken = parse_accept_header(accepted, Accept)
    return next((coding for coding in ("br", "gzip") if taken[coding] > 0), "")


def packed(body: bytes, coding: str, quality: int = KEPT) -> bytes:
    if coding == "br":
        return bytes(brotli.compress(body, brotli.MODE_TEXT, quality))
    return gzip.compress(body, 9, mtime=0) if coding else body


def unpacked(body: bytes, coding: str) -> bytes:
    if coding == "br":
        return bytes(brotli.decompress(body))
    return gzip.decompress(body) if coding else body
