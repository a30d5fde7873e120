"""Faults on demand, around the whole program: the product sees a bad day at Google."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NoReturn

from demo.google import contract

Environ = dict[str, Any]
LONGEST_HANGING_SECONDS = 120
OAUTH = {
    "/token": "oauth.token",
    "/revoke": "oauth.revoke",
    "/userinfo": "oauth.userinfo",
    "/jwks": "oauth.jwks",
    "/.well-known/openid-configuration": "oauth.metadata",
}


@dataclass
class Fault:
    """What happens to the next `times` calls (None: to all) of `method` (`*`: of any), once
    `skip` of them have gone well.

    status, reason, message: an error of Google's; with `after` the work is done first. location:
    where an answer with a status of 3xx leads. body: sent as it
    is with status (200 unless given), JSON or not. cut: the connection is closed without an
    answer, "before" or "after" the work. hang: nothing is heard any more, "before" or "after" the
    work, until the faults are cleared. hold: the same, but then it goes on as if nothing had
    been. delay_seconds: before anything. drip_seconds: between the bytes of the answer's body, or
    with drip "head" of all of it.
    """

    method: str
    status: int | None = None
    reason: str = "backendError"
    message: str = ""
    location: str = ""
    body: str | None = None
    cut: str | None = None
    hang: str | None = None
    hold: str | None = None
    after: bool = False
    delay_seconds: float = 0
    drip_seconds: float = 0
    drip: str = "body"
    times: int | None = 1
    skip: int = 0


class Faults:
    """WSGI middleware that keeps the faults asked for."""

    def __init__(self, program: Callable[..., Iterable[bytes]]) -> None:
        self.program = program
        self.latency_seconds = 0.0
        self.taken = 0  # how many calls went wrong so far
        self._faults: list[Fault] = []
        self._lock = threading.Lock()
        self._released = threading.Event()
        self._hanging = threading.Event()

    @property
    def waiting(self) -> bool:
        """Whether anything would go wrong with the next calls."""
        return bool(self._faults or self.latency_seconds)

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()
            self.latency_seconds = 0.0
        self.release()

    def release(self) -> None:
        """What hangs or is held back goes on."""
        with self._lock:
            self._released.set()
            self._released, self._hanging = threading.Event(), threading.Event()

    def wait_for_hanging(self, seconds: float) -> bool:
        """Whether a call hangs, or comes to hang within so many seconds."""
        return self._hanging.wait(seconds)

    def _hold(self) -> None:
        released = self._released
        self._hanging.set()
        released.wait(LONGEST_HANGING_SECONDS)

    def _hang(self, environ: Environ) -> None:
        self._hold()
        _hang_up(environ)

    def _take(self, method: str) -> Fault | None:
        with self._lock:
            for fault in self._faults:
                if fault.method in (method, "*"):
                    if fault.skip:
                        fault.skip -= 1
                        continue
                    self.taken += 1
                    if fault.times is not None:
                        fault.times -= 1
                        if fault.times <= 0:
                            self._faults.remove(fault)
                    return fault
        return None

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        method = _method(environ)
        if method is None:
            return self.program(environ, start_response)
        if self.latency_seconds:
            time.sleep(self.latency_seconds)
        fault = self._take(method)
        return self._faulty(fault, environ, start_response) if fault else self.program(
            environ, start_response
        )  # fmt: skip

    def _faulty(self, fault: Fault, environ: Environ, start_response: Any) -> Iterable[bytes]:
        if fault.delay_seconds:
            time.sleep(fault.delay_seconds)
        if fault.hold == "before":
            self._hold()
        if fault.hang == "before":
            self._hang(environ)
        if fault.cut == "before":
            _hang_up(environ)
        broken = fault.cut or fault.hang or fault.status or fault.body is not None
        if not broken or fault.after or "after" in (fault.cut, fault.hang):
            answer = _Recorded(self.program, environ)
            if fault.hold == "after":
                self._hold()
            if not broken and fault.drip == "head":
                _drip_whole(answer, environ, fault.drip_seconds)
            if not broken:
                return _drip(answer.replay(start_response), fault.drip_seconds)
        if fault.hang:
            self._hang(environ)
        if fault.cut:
            _hang_up(environ)
        return _drip(_error(fault, start_response), fault.drip_seconds)


class _Recorded:
    """The program's whole answer, held back."""

    def __init__(self, program: Callable[..., Iterable[bytes]], environ: Environ) -> None:
        self.status, self.headers = "", list[tuple[str, str]]()
        self.body = b"".join(program(environ, self._start))

    def _start(self, status: str, headers: list[tuple[str, str]], _info: Any = None) -> None:
        self.status, self.headers = status, headers

    def replay(self, start_response: Any) -> list[bytes]:
        start_response(self.status, self.headers)
        return [self.body]


def _method(environ: Environ) -> str | None:
    path = environ["PATH_INFO"]
    found = contract.find(environ["REQUEST_METHOD"], path)
    return found[0].id if found else OAUTH.get(path)


def _hang_up(environ: Environ) -> NoReturn:
    connection: socket.socket = environ["connection"]
    connection.shutdown(socket.SHUT_RDWR)
    raise ConnectionAbortedError


def _error(fault: Fault, start_response: Any) -> list[bytes]:
    status = fault.status or 200
    body = (
        fault.body
        if fault.body is not None
        else json.dumps(error_body(status, fault.reason, fault.message))
    )
    if fault.method == "oauth.token" and fault.body is None:
        body = json.dumps({"error": fault.reason})
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body.encode())))]
    if fault.location:
        headers.append(("Location", fault.location))
    start_response(f"{status} Fault", headers)
    return [body.encode()]


def error_body(status: int, reason: str, message: str = "") -> dict[str, Any]:
    """Google's shape of an error."""
    text = message or reason
    errors = [{"domain": "global", "reason": reason, "message": text}]
    return {"error": {"code": status, "message": text, "errors": errors}}


def _drip_whole(answer: _Recorded, environ: Environ, seconds: float) -> NoReturn:
    """Byte by byte from the status line on, past the server, which writes a head in one piece."""
    connection: socket.socket = environ["connection"]
    head = [f"HTTP/1.1 {answer.status}", *(f"{name}: {value}" for name, value in answer.headers)]
    for byte in "\r\n".join([*head, "", ""]).encode() + answer.body:
        connection.sendall(bytes([byte]))
        time.sleep(seconds)
    _hang_up(environ)


def _drip(parts: list[bytes], seconds: float) -> Iterable[bytes]:
    if not seconds:
        return parts

    def slowly() -> Iterable[bytes]:
        for byte in b"".join(parts):
            time.sleep(seconds)
            yield bytes([byte])

    return slowly()
