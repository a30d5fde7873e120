"""HTTP to Google: a call is over by its deadline, and is never sent twice behind our back."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import requests
from urllib3.exceptions import HTTPError, NewConnectionError

CHUNK_BYTES = 65536


class NotSent(Exception):
    """No connection came about: Google never saw the request."""


class Lost(Exception):
    """The request was sent, in part at least, and no whole answer came."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


class Wire:
    """One connection to each of Google's servers, for the length of one journey."""

    def __init__(self) -> None:
        self._session = requests.Session()
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
        deadline = time.monotonic() + seconds
        try:
            with self._session.request(
                method,
                url,
                data=body,
                headers=dict(headers or {}),
                timeout=seconds,
                stream=True,
                allow_redirects=False,
            ) as answer:
                return Answer(answer.status_code, answer.headers, _read(answer, deadline))
        except requests.RequestException as error:
            raise (NotSent if _never_connected(error) else Lost)(type(error).__name__) from None
        except (HTTPError, OSError) as error:
            raise Lost(type(error).__name__) from None


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _read(answer: requests.Response, deadline: float) -> bytes:
    """The body, however slowly it drips, but no longer than the deadline."""
    parts = []
    while part := answer.raw.read1(CHUNK_BYTES, decode_content=True):
        parts.append(part)
        if time.monotonic() > deadline:
            raise TimeoutError
    return b"".join(parts)


def _never_connected(error: requests.RequestException) -> bool:
    if isinstance(error, requests.ConnectTimeout):
        return True
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return isinstance(reason, NewConnectionError)
