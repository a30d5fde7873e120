"""One POST to a host's receiver: whatever that does, it is over soon and reaches nobody else."""

import time
from contextlib import closing
from dataclasses import dataclass
from typing import Any, cast

import requests
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3 import HTTPConnectionPool, HTTPResponse, HTTPSConnectionPool, Timeout, exceptions

from widget.booking.webhooks import may_receive
from widget.core import addresses, fields
from widget.google.http import Connection, SecureConnection

SECONDS = 10  # for all of it
LONGEST = 65536  # bytes of an answer that are read
WORDS = 200  # characters of its first line that are kept


@dataclass(frozen=True)
class Said:
    """What came of it: a status and the first line of the answer, or None and why there is none;
    and how many seconds it took."""

    status: int | None
    words: str
    seconds: float


class NotAllowed(exceptions.HTTPError):
    """The address of a receiver that nothing is sent to."""


#: Why there is no answer: of the exceptions, the first that fits
WHY = (
    (NotAllowed, "Not sent: {}"),
    (exceptions.NameResolutionError, "Not sent: its name is not known"),
    (exceptions.NewConnectionError, "Not sent: no connection"),
    (exceptions.SSLError, "Not sent: its certificate is not accepted ({})"),
    (exceptions.TimeoutError, "No answer in time"),
    (Exception, "No answer that can be read"),
)


def post(
    url: str, body: bytes, headers: dict[str, str], *, loopback: bool, seconds: float = SECONDS
) -> Said:
    """Send it once; no redirect is followed. `loopback`: this machine itself may receive it."""
    began = time.monotonic()
    try:
        status, words = _answer(url, body, headers, loopback=loopback, seconds=seconds)
    except (exceptions.HTTPError, OSError, ValueError) as error:
        said = next(words for kind, words in WHY if isinstance(error, kind))
        status, words = None, said.format(error)
    return Said(status, fields.visible(words)[:WORDS], time.monotonic() - began)


def _answer(
    url: str, body: bytes, headers: dict[str, str], *, loopback: bool, seconds: float
) -> tuple[int, str]:
    """Raises HTTPError, OSError or ValueError."""
    address = addresses.parse(url)
    target = address.rest.partition("#")[0]
    if address.scheme == "http" and not loopback:
        raise NotAllowed("only https addresses are sent to")
    deadline = time.monotonic() + seconds
    with closing(_pool(address, loopback=loopback)) as pool:
        answer = pool.urlopen(
            "POST",
            target if target.startswith("/") else f"/{target}",
            body=body,
            headers={"Host": address.origin.partition("://")[2], **headers},
            retries=False,
            redirect=False,
            timeout=Timeout(total=seconds),
            preload_content=False,
            decode_content=False,
        )
        with closing(answer):
            return answer.status, _first_line(cast(HTTPResponse, answer), deadline)


def _pool(address: addresses.Address, *, loopback: bool) -> HTTPConnectionPool:
    host, more = address.host.strip("[]"), cast(Any, {"loopback": loopback})
    if address.scheme == "http":
        pool = HTTPConnectionPool(host, address.port, **more)
        pool.ConnectionCls = _Plain
        return pool
    given = requests.Session().merge_environment_settings(str(address), {}, None, None, None)
    own = given["verify"]  # a bundle of the operator's
    trusted = own if isinstance(own, str) else DEFAULT_CA_BUNDLE_PATH
    pool = HTTPSConnectionPool(host, address.port, ca_certs=trusted, **more)
    pool.ConnectionCls = _Secure
    return pool


class _Plain(Connection):
    """Connects to no address but one that was looked at: what DNS says a moment later is not
    asked for."""

    def __init__(self, *args: Any, loopback: bool, **more: Any) -> None:
        super().__init__(*args, **more)
        self._loopback = loopback

    def addresses(self) -> list[str]:
        """Raises NotAllowed if any of them is not allowed, without saying it: a host need not know
        this network's."""
        found = super().addresses()
        for ip in found:
            if not may_receive(ip, loopback=self._loopback):
                raise NotAllowed(f"{self.host} is not on the internet")
        return found


class _Secure(_Plain, SecureConnection):
    pass


def _first_line(answer: HTTPResponse, deadline: float) -> str:
    """As far as it came: what was taken is taken, however slowly the receiver speaks on."""
    read = b""
    try:
        while len(read) < LONGEST and b"\n" not in read and time.monotonic() < deadline:
            part = answer.read1(LONGEST - len(read))
            if not part:
                break
            read += part
    except (exceptions.HTTPError, OSError):
        pass
    return read.decode("utf-8", "replace").strip().partition("\n")[0].strip()
