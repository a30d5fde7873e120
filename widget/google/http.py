"""HTTP to Google: a call is over by its deadline, and is never sent twice behind our back."""

import http.client
import io
import json
import re
import socket
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Timeout, exceptions
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util import parse_url
from urllib3.util.connection import create_connection

KEPT = 32  # connections to one server, more than a worker has threads
IDLE_SECONDS = 60  # Google closes what is idle for longer; not at the moment that we use it again
LEAST_SECONDS = 0.01  # of a timeout: none at all would mean not to wait for anything, or for ever


class NotSent(Exception):
    """Google never saw the whole request: no connection came about, or it broke before the end."""


class Lost(Exception):
    """The request was sent, and no whole answer came."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body's JSON. Raises ValueError when it is none, or too deep to be any of Google's."""
        try:
            return json.loads(self.body)
        except RecursionError:
            raise ValueError("too deep") from None


class Declined(Exception):
    """An answer whose status is not 2xx."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


class Wire:
    """Connections to Google's servers, kept open between calls; for all threads of a process."""

    def __init__(self) -> None:
        self._session = requests.Session()  # knows proxies and certificates by the environment
        self._adapter = _Adapter(pool_maxsize=KEPT)
        self._pools: dict[str, HTTPConnectionPool] = {}

    def call(
        self, method: str, url: str, seconds: float, body: str | None = None, headers: Any = None
    ) -> Answer:
        """The answer, whatever its status. Raises NotSent or Lost."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            _call.opened = _call.used = _call.sent = False
            try:
                return self._once(method, url, left, body, headers)
            except (exceptions.HTTPError, requests.RequestException, OSError) as error:
                said = type(error).__name__
            if _call.sent:
                raise Lost(said)
            if _call.opened or not _call.used:  # no kept connection, which Google may have closed
                raise NotSent(said)
        raise NotSent("no time left")

    def _once(
        self, method: str, url: str, seconds: float, body: str | None, headers: Any
    ) -> Answer:
        parts = parse_url(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        pool = self._pools.get(origin) or self._pool(origin)
        answer = pool.urlopen(
            method,
            url if pool.proxy and parts.scheme == "http" else parts.request_uri,
            body=body,
            headers=headers,
            retries=False,
            redirect=False,
            assert_same_host=False,
            timeout=Timeout(total=seconds),
        )
        return Answer(answer.status, answer.headers, _writable(answer.data))

    def _pool(self, origin: str) -> HTTPConnectionPool:
        """The connections to a server, or to the proxy before it."""
        request = requests.Request("GET", origin).prepare()
        given = self._session.merge_environment_settings(origin, {}, False, None, None)
        adapter, verify, cert = self._adapter, given["verify"], given["cert"]
        pool: HTTPConnectionPool = adapter.get_connection_with_tls_context(
            request, verify, given["proxies"], cert
        )
        adapter.cert_verify(pool, origin, verify, cert)  # type: ignore[no-untyped-call]
        self._pools[origin] = pool
        return pool


#: JSON's escapes (RFC 8259, 7), with two halves of a character as one
_ESCAPE = re.compile(rb"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|u....|.)", re.DOTALL)
_NO_TEXT = re.compile(rb"\\u(?:0000|[dD][89a-fA-F]..)")


def _writable(body: bytes) -> bytes:
    """JSON without what no database and no log takes: NUL and halves of characters, escaped."""

    def one(found: re.Match[bytes]) -> bytes:
        return rb"\ufffd" if _NO_TEXT.fullmatch(found[0]) else found[0]

    return _ESCAPE.sub(one, body) if _NO_TEXT.search(body) else body


class _Call(threading.local):
    """How far this thread's call has come: whether a connection was `opened` for it, was `used`
    at all, and has taken the whole request (`sent`)."""

    opened = used = sent = False


_call = _Call()


# --- the deadline: a socket's own timeout starts anew with every address and every byte ---------


class _Incoming(io.RawIOBase):
    """What comes in on a socket, for as long as its timeout says, and no longer."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket) -> None:
        self._raw, self._socket = raw, sock
        self._deadline = time.monotonic() + (sock.gettimeout() or 0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    """Status line, head and body fall under the timeout that the socket has now."""

    def __init__(self, sock: socket.socket, *args: Any, **more: Any) -> None:
        super().__init__(sock, *args, **more)
        self.fp = io.BufferedReader(_Incoming(self.fp.detach(), sock))


def look_up(host: str, port: int, seconds: float) -> list[str]:
    """The IP addresses of a name. Raises OSError: TimeoutError when DNS takes longer than this.

    Nothing ends a lookup (getaddrinfo), so it has a thread of its own, which may outlast it.
    """
    found = Future[list[str]]()

    def ask() -> None:
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.set_result([str(address[0]) for *_kind, address in answers])
        except (OSError, UnicodeError) as error:
            found.set_exception(socket.gaierror(str(error)))

    threading.Thread(target=ask, daemon=True).start()
    return found.result(seconds)


class Connection(HTTPConnection):
    response_class = _Response
    _used_at = 0.0

    @property
    def is_connected(self) -> bool:
        """Whether it can be used again: it is open, and not idle for so long that it may be closed
        at any moment."""
        return time.monotonic() - self._used_at < IDLE_SECONDS and super().is_connected

    def send(self, data: Any) -> None:
        _call.used, _call.sent = True, False
        super().send(data)  # opens a connection first where there is none
        _call.sent, self._used_at = True, time.monotonic()

    def addresses(self) -> list[str]:
        """The server's IP addresses. Raises NameResolutionError, or ConnectTimeoutError when they
        are not known in time."""
        try:
            return look_up(self._dns_host, self.port, float(self.timeout or 0))
        except TimeoutError:
            raise exceptions.ConnectTimeoutError(self, "its name is not known in time") from None
        except socket.gaierror as error:
            raise exceptions.NameResolutionError(self.host, self, error) from error

    def _new_conn(self) -> socket.socket:
        """To the first of the server's addresses that answers, each in half of what is left."""
        _call.opened = True
        deadline, fault = time.monotonic() + float(self.timeout or 0), ""
        found = self.addresses()
        for number, ip in enumerate(found, 1):
            left = deadline - time.monotonic()
            share = max(left if number == len(found) else left / 2, LEAST_SECONDS)
            try:
                sock = create_connection((ip, self.port), share, socket_options=self.socket_options)
            except OSError as error:
                fault = str(error)
                continue
            sock.settimeout(max(deadline - time.monotonic(), LEAST_SECONDS))
            return sock
        raise exceptions.NewConnectionError(self, fault)


class SecureConnection(Connection, HTTPSConnection):
    pass


class _Adapter(HTTPAdapter):
    """Opens connections as above, through a proxy too."""

    def get_connection_with_tls_context(self, *args: Any, **more: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **more)
        secure = isinstance(pool, HTTPSConnectionPool)
        pool.ConnectionCls = SecureConnection if secure else Connection
        return pool
