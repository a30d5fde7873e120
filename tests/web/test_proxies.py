"""The documented reverse proxies, from Debian's packages, with TLS, before the real server."""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
import requests

import models
from app import create_app
from demo.google import StandIn
from tests.conftest import CADDY, NGINX, ROOT, Browser, on_sqlite
from tests.people import ANA, API, MARIA
from tests.server import Production, free_ports, production
from widget import config
from widget.host.signin import DOCUMENT_BYTES

pytestmark = [on_sqlite, pytest.mark.proxies]
NAME = "book.example.com"
SLOW = 60
SECOND = 1.0
TRIES = 5  # one of them may fall into a moment when this machine does something else
DEPLOY = ROOT / "deploy"


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for NAME that we signed ourselves, and its key."""
    folder = tmp_path_factory.mktemp("certificate")
    cert, key = folder / "cert.pem", folder / "key.pem"
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    more = ["-nodes", "-days", "3", "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"]
    subprocess.run([*made, *more, "-out", cert, "-keyout", key], check=True, capture_output=True)
    return cert, key


def with_changes(file: Path, *changes: tuple[str, str]) -> str:
    """The documented file, with only the places changed that are of this machine."""
    text = file.read_text()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


def nginx(folder: Path, cert: Path, key: Path, port: int, upstream: int) -> list[str]:
    (plain,) = free_ports(1)
    site = with_changes(
        DEPLOY / "nginx.conf",
        ("listen 443", f"listen 127.0.0.1:{port}"),
        ("listen 80", f"listen 127.0.0.1:{plain}"),
        ("/etc/letsencrypt/live/book.example.com/fullchain.pem", str(cert)),
        ("/etc/letsencrypt/live/book.example.com/privkey.pem", str(key)),
        ("127.0.0.1:8000", f"127.0.0.1:{upstream}"),
        ("/var/log/nginx/error.log", f"{folder}/log"),
    )
    paths = "".join(
        f"{name}_temp_path {folder}/{name};"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"{user} daemon off; pid {folder}/pid; worker_processes 1; error_log {folder}/log;"
        f"events {{}} http {{ access_log {folder}/access; {paths}\n{site}\n}}"
    )
    return [str(NGINX), "-c", str(folder / "nginx.conf"), "-p", str(folder), "-e", f"{folder}/log"]


def caddy(folder: Path, cert: Path, key: Path, port: int, upstream: int) -> list[str]:
    (plain,) = free_ports(1)
    here = f"\tadmin off\n\tauto_https disable_redirects\n\thttp_port {plain}\n\tservers {{"
    text = with_changes(
        DEPLOY / "Caddyfile",
        ("\tservers {", here),
        ("book.example.com {", f"book.example.com:{port} {{\n\tbind 127.0.0.1\n\ttls {cert} {key}"),
        ("127.0.0.1:8000", f"127.0.0.1:{upstream}"),
    )
    (folder / "Caddyfile").write_text(text)
    return [str(CADDY), "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]


Proxy = Callable[[Path, Path, Path, int, int], list[str]]


class Site:
    """The server behind a proxy, as browsers see it."""

    def __init__(self, port: int, cert: Path, server: Production) -> None:
        self.port, self.cert, self.server = port, cert, server

    def connection(self) -> ssl.SSLSocket:
        context = ssl.create_default_context(cafile=str(self.cert))
        plain = socket.create_connection(("127.0.0.1", self.port), 30)
        return context.wrap_socket(plain, server_hostname=NAME)

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, str]:
        """The status, and the whole answer."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: {NAME}", "Connection: close"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        lines += [f"Content-Length: {len(body)}"] if body else []
        with self.connection() as connection:
            connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)
            said = b"".join(iter(lambda: connection.recv(65536), b"")).decode("utf-8", "replace")
        return int(said.split()[1]), said


@contextmanager
def running(command: list[str], folder: Path) -> Iterator[None]:
    with (folder / "proxy.log").open("w") as log:
        home = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "PATH": os.environ["PATH"]}
        proxy = subprocess.Popen(command, stdout=log, stderr=log, env=home, cwd=folder)
    try:
        yield
        assert proxy.poll() is None, (folder / "proxy.log").read_text()
    finally:
        proxy.terminate()
        proxy.wait(120)


@pytest.fixture(params=[nginx, caddy])
def site(
    request: pytest.FixtureRequest,
    environ: dict[str, str],
    google: StandIn,
    certificate: tuple[Path, Path],
    tmp_path: Path,
) -> Iterator[Site]:
    proxy: Proxy = request.param
    Browser(create_app(config.load(environ)).test_client(), google).sign_in(ANA)
    models.database.close()
    settings = {"PUBLIC_URL": f"https://{NAME}", "TRUSTED_PROXIES": "1", "WEB_CONCURRENCY": "1"}
    limit = {"READ_RATE_LIMIT": "500 per hour", "BOOKING_RATE_LIMIT": "3 per hour"}
    (port,) = free_ports(1)
    with production({**environ, **settings, **limit}, tmp_path) as server:
        command = proxy(tmp_path, *certificate, port, server.port)
        with running(command, tmp_path):
            found = Site(port, certificate[0], server)
            wait_for(found, tmp_path)
            yield found


def wait_for(site: Site, folder: Path) -> None:
    for _look in range(6000):
        try:
            assert site.ask("GET", "/healthz")[0] == 200
            return
        except ConnectionRefusedError:
            time.sleep(0.05)
    raise AssertionError((folder / "proxy.log").read_text())


def test_the_server_never_sees_a_slow_body(site: Site) -> None:
    with ExitStack() as stack:
        for _ in range(SLOW):
            slow = stack.enter_context(site.connection())
            head = f"POST /book/ana/intro HTTP/1.1\r\nHost: {NAME}\r\nContent-Length: 100000\r\n"
            form = "Content-Type: application/x-www-form-urlencoded\r\n\r\nname=a"
            slow.sendall((head + form).encode())
        for path, status in (("/healthz", 200), ("/book/ana/intro", 200), ("/", 200)):
            assert min(seconds(site, path, status) for _try in range(TRIES)) < SECOND
        for _time in range(5):
            assert site.ask("POST", "/book/ana/intro", b"name=a")[0] == 422
        # what it sees of a slow one is in its log: 503 for all but the twelve that it waits for
        assert posts(site.server) == [422] * 5
        assert requests.get(f"{site.server.url}/healthz", timeout=30).status_code == 200


def posts(server: Production) -> list[int]:
    """How the server itself has answered forms."""
    lines = [line for line in server.log.read_text().splitlines() if line.startswith("{")]
    return [each["status"] for each in map(json.loads, lines) if each.get("method") == "POST"]


def seconds(site: Site, path: str, status: int) -> float:
    began = time.monotonic()
    assert site.ask("GET", path)[0] == status
    return time.monotonic() - began


def test_a_guest_cannot_make_up_an_address_or_an_id(site: Site) -> None:
    made_up = {"X_Forwarded_For": "203.0.113.7", "X_Request_Id": "mine"}
    for number in range(3):
        address = {**made_up, "X_Forwarded_For": f"203.0.113.{number}"}
        status, answer = site.ask("GET", "/book/nobody", **address)
        assert status == 404
        assert "\nx-request-id: mine" not in answer.lower()
    assert "strict-transport-security" in answer.lower()
    wish = json.dumps({"start": "2100-01-01T09:00:00Z", **MARIA}).encode()  # not offered, counted
    program = {"Content_Type": "application/json"}
    answers = [
        site.ask("POST", f"{API}/bookings", wish, **program, X_Forwarded_For=f"203.0.113.{number}")
        for number in range(4)
    ]
    assert [status for status, _said in answers] == [409, 409, 409, 429]


def test_a_body_that_is_too_large_is_answered(site: Site) -> None:
    """By our own page, in words; a signed-in host may send so much."""
    for path, length in (("/book/ana/intro", 1_500_000), ("/settings/picture", DOCUMENT_BYTES)):
        status, said = site.ask("POST", path, b"name=" + b"a" * length)
        assert status == 413
        assert "What was sent is too long for us." in said


@contextmanager
def half_an_answer(port: int) -> Iterator[None]:
    """In the server's place: one that answers once, and ends in the middle."""
    with socket.create_server(("127.0.0.1", port)) as listener:

        def answer() -> None:
            with listener.accept()[0] as connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")

        answering = threading.Thread(target=answer)
        answering.start()
        yield
        answering.join()


def test_no_log_of_a_proxy_has_a_guests_key(site: Site, tmp_path: Path) -> None:
    """nginx as Debian sets it up writes out every address, both write out those that go wrong."""
    address = "/booking/my-secret-key?name=Xanthippe"
    assert site.ask("GET", address)[0] == 404
    site.server.end()
    assert site.ask("GET", address)[0] == 502
    with half_an_answer(site.server.port), suppress(ssl.SSLError, ConnectionError):
        site.ask("GET", address)
    for file in filter(Path.is_file, tmp_path.iterdir()):
        text = file.read_bytes()
        assert b"my-secret-key" not in text, file
        assert b"Xanthippe" not in text, file
        assert b"incomplete response" not in text, file  # later Caddys name the address with it
