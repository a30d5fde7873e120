"""Bodies of requests, which a client may send as slowly as it likes.

A thread that reads one waits for its client, and the server has no deadline for that (granian
#728). So at most three quarters of a worker's threads read bodies; pages without a body go on.
"""

import io
import threading
from collections.abc import Callable, Iterable
from typing import Any, BinaryIO

import flask
from werkzeug.exceptions import ServiceUnavailable
from werkzeug.utils import cached_property
from werkzeug.wsgi import LimitedStream

from widget.config import THREADS

READING_AT_ONCE = THREADS * 3 // 4
DRAINED_BYTES = 16 * 2**20  # of what is too large: a client that is cut off sees no answer
CHUNK_BYTES = 64 * 1024
RETRY_SECONDS = 5


class Busy(ServiceUnavailable):
    """As many threads read bodies as may."""


class Body(io.RawIOBase):
    """A request's body. From its first byte to its last it holds one of the READING_AT_ONCE
    turns."""

    def __init__(self, inner: BinaryIO, turns: threading.Semaphore, length: int) -> None:
        super().__init__()
        self._inner, self._turns, self._left = inner, turns, length
        self._reading = self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Raises Busy when no turn is free."""
        if self._ended:
            return 0
        if not self._reading and not self._turns.acquire(blocking=False):
            raise Busy(retry_after=RETRY_SECONDS)
        self._reading = True
        data = self._inner.read(len(buffer))
        buffer[: len(data)] = data
        self._left -= len(data)
        if not data or self._left == 0:
            self._ended = True
            self.release()
        return len(data)

    def drain(self) -> None:
        """Read what is left of a body that nobody wanted, so that its client sees the answer."""
        while 0 < self._left <= DRAINED_BYTES and self.read(CHUNK_BYTES):
            pass

    def release(self) -> None:
        """Give the turn back, if it is held."""
        if self._reading:
            self._reading = False
            self._turns.release()


class WholeRequest(flask.Request):
    """One whose body may come in pieces, without a word of how long it will be."""

    @cached_property
    def stream(self) -> Any:
        """The body, whole: the library's own is cut off at its limit without a word."""
        limit = self.max_content_length
        if self.content_length is None and "wsgi.input_terminated" in self.environ and limit:
            return _Whole(self.environ["wsgi.input"], limit + 1, is_max=True)
        return super().stream


class _Whole(LimitedStream):
    def readall(self) -> bytes:
        """Raises RequestEntityTooLarge."""
        data = super().readall()
        if self.is_exhausted:
            self.on_exhausted()
        return data


class Bodies:
    """WSGI middleware: gives every request its Body."""

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self._app = app
        self._turns = threading.BoundedSemaphore(READING_AT_ONCE)

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        unknown = DRAINED_BYTES if "HTTP_TRANSFER_ENCODING" in environ else 0
        length = environ.get("CONTENT_LENGTH") or ""
        left = int(length) if length.isdigit() else unknown
        body = Body(environ["wsgi.input"], self._turns, left)
        environ["wsgi.input"] = body
        try:
            return self._app(environ, start)
        finally:
            body.release()
