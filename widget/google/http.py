"""HTTP to Google: a call is over by its deadline, and is never sent twice behind our back."""

from __future__ import annotations

import http.client
import io
import json
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPSConnectionPool, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, NameResolutionError, NewConnectionError
from urllib3.util.connection import create_connection

LEAST_SECONDS = 0.01  # of a timeout: none at all would mean not to wait for anything, or for ever


class NotSent(Exception):
    """No connection came about: Google never saw the request."""


class Lost(Exception):
    """The request was sent, in part at least, and no whole answer came."""


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
    """One connection to each of Google's servers, for the length of one journey."""

    def __init__(self) -> None:
        self._session = requests.Session()
        self._session.mount("http://", _Adapter())
        self._session.mount("https://", _Adapter())
        self._session.auth = _as_it_is  # or a .netrc file would replace the token

    def call(
        self,
        method: str,
        url: str,
        seconds: float,
        *,
        body: str | bytes | dict[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """The answer, whatever its status. Raises NotSent or Lost."""
        if seconds <= 0:
            raise NotSent("no time left")
        try:
            answer = self._session.request(
                method,
                url,
                data=body,
                headers=dict(headers or {}),
                timeout=Timeout(total=seconds),  # type: ignore[arg-type]
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise (NotSent if _never_connected(error) else Lost)(type(error).__name__) from None
        except (HTTPError, OSError) as error:
            raise Lost(type(error).__name__) from None
        return Answer(answer.status_code, answer.headers, answer.content)


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


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


class _Connection(HTTPConnection):
    response_class = _Response

    def _new_conn(self) -> socket.socket:
        """To the first of the server's addresses that answers, each in half of what is left."""
        deadline, fault = time.monotonic() + float(self.timeout or 0), ""
        try:
            found = socket.getaddrinfo(self._dns_host, self.port, type=socket.SOCK_STREAM)
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        for number, (*_kind, address) in enumerate(found, 1):
            left = deadline - time.monotonic()
            share = max(left if number == len(found) else left / 2, LEAST_SECONDS)
            try:
                sock = create_connection(
                    (str(address[0]), self.port), share, socket_options=self.socket_options
                )
            except OSError as error:
                fault = str(error)
                continue
            sock.settimeout(max(deadline - time.monotonic(), LEAST_SECONDS))
            return sock
        raise NewConnectionError(self, fault)


class _SecureConnection(_Connection, HTTPSConnection):
    pass


class _Adapter(HTTPAdapter):
    """Opens connections as above, through a proxy too."""

    def get_connection_with_tls_context(self, *args: Any, **more: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **more)
        secure = isinstance(pool, HTTPSConnectionPool)
        pool.ConnectionCls = _SecureConnection if secure else _Connection
        return pool


def _never_connected(error: requests.RequestException) -> bool:
    if isinstance(error, requests.ConnectTimeout):
        return True
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return isinstance(reason, NewConnectionError)
