"""Where webhooks may be sent, and what a slow or hostile receiver can do: nothing to others."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask
from flask.testing import FlaskClient

import models
from app import create_app
from demo.google import StandIn
from tests.conftest import Browser, command, on_sqlite
from tests.people import book, reconcile, save
from tests.receiver import ALL, SECRET, receiver, until
from widget import config
from widget.api import receiver as sending
from widget.booking import webhooks

INSIDE = [
    "127.0.0.1", "127.8.9.1", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.254", "192.168.1.1",
    "169.254.169.254", "100.64.0.1", "100.127.255.254", "100.100.100.200", "192.0.0.192",
    "198.18.0.1", "192.0.2.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
    "168.63.129.16", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
    "::10.0.0.1", "::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1",
    "2002:0a00:0001::1", "2002:7f00:1::", "2001::1", "2001:db8::1", "fc00::1", "fd00:ec2::254",
    "fe80::1", "fec0::1", "ff02::1", "ff0e::1", "100::1", "5f00::1",
]  # fmt: skip


def resolved(ip: str) -> list[Any]:
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    return [(family, socket.SOCK_STREAM, 6, "", (ip, 443))]


class Names:
    """Stands for DNS: each look at `hooks.example` finds the next of these, and the last for ever;
    and no connection leaves this machine."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *ips: str) -> None:
        self._answers, self.asked = list(ips), 0
        self.connected: list[str] = []
        original = socket.getaddrinfo

        def look_up(host: Any, *args: Any, **more: Any) -> Any:
            if host != "hooks.example":
                return original(host, *args, **more)
            self.asked += 1
            return resolved(self._answers.pop(0) if len(self._answers) > 1 else self._answers[0])

        def connect(_socket: socket.socket, address: Any) -> None:
            self.connected.append(address[0])
            raise ConnectionRefusedError

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        monkeypatch.setattr(socket.socket, "connect", connect)


def post(url: str, *, loopback: bool = False, seconds: float = 10) -> sending.Said:
    return sending.post(url, b"{}", {}, loopback=loopback, seconds=seconds)


@pytest.mark.parametrize("ip", INSIDE)
def test_nothing_is_sent_to_a_name_that_leads_inside(
    monkeypatch: pytest.MonkeyPatch, ip: str
) -> None:
    names = Names(monkeypatch, ip)
    said = post("https://hooks.example/x")
    assert (said.status, names.connected) == (None, [])
    assert said.words == "Not sent: hooks.example is not on the internet"  # and not where it is


@pytest.mark.parametrize("ip", INSIDE)
@pytest.mark.parametrize("scheme", ["https", "http"])
def test_nor_to_an_address_itself(monkeypatch: pytest.MonkeyPatch, ip: str, scheme: str) -> None:
    names = Names(monkeypatch, ip)
    literal = f"[{ip}]" if ip_address(ip).version == 6 else ip
    assert post(f"{scheme}://{literal}/x").words.startswith("Not sent")
    assert names.connected == []


@pytest.mark.parametrize(
    "ip", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34", "64:ff9b::5db8:d822"]
)
def test_the_address_that_was_looked_at_is_the_one_that_is_connected_to(
    monkeypatch: pytest.MonkeyPatch, ip: str
) -> None:
    """What DNS says a moment later counts for nothing, since nobody asks again."""
    names = Names(monkeypatch, ip, "127.0.0.1")
    assert post("https://hooks.example/x").words == "Not sent: no connection"
    assert (names.connected, names.asked) == ([ip], 1)


@pytest.mark.parametrize(("ip", "allowed"), [("127.0.0.1", True), ("10.0.0.1", False)])
def test_a_server_on_loopback_may_send_there_and_nowhere_else_inside(
    monkeypatch: pytest.MonkeyPatch, ip: str, allowed: bool
) -> None:
    names = Names(monkeypatch, ip)
    post("https://hooks.example/x", loopback=True)
    assert names.connected == ([ip] if allowed else [])


@on_sqlite
@pytest.mark.parametrize(
    "url",
    ["http://localhost:9/x", "http://127.0.0.1/x", "https://127.0.0.1/x", "https://[::1]/x",
     "https://10.0.0.1/x", "https://169.254.169.254/latest", "https://[::ffff:10.0.0.1]/x",
     "https://100.64.3.4/x", "https://localhost/x", "https://hooks.example/x"],
)  # fmt: skip
def test_such_an_address_is_refused_when_it_is_set(
    app: Flask, ana: Browser, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    models.database.close()
    public = create_app(config.load({**environ, "PUBLIC_URL": "https://book.example.com"}))
    document = command(public, "settings", "export", "ana")
    hook = f'{{"url": "{url}", "secret": "{SECRET}", "events": ["{ALL[0]}"]}}'
    Names(monkeypatch, "10.9.8.7")
    result = public.test_cli_runner().invoke(
        args=["settings", "import", "ana", "-"],
        input=document.replace('"webhook": null', f'"webhook": {hook}'),
    )
    assert result.exit_code == 1
    assert "webhook.url: must be an" in result.output
    assert "10.9.8.7" not in result.output
    assert command(public, "settings", "export", "ana") == document


@pytest.mark.parametrize(
    ("rest", "path"), [("", "/"), ("?of=ana", "/?of=ana"), ("#x", "/"), ("/a?b#c", "/a?b")]
)
def test_an_address_without_a_path_is_that_of_the_root(rest: str, path: str) -> None:
    with receiver() as crm:
        said = post(crm.url.partition("/hook")[0] + rest, loopback=True)
        assert said.status == 204, said
    assert crm.got[0].path == path


# --- what a receiver can do -----------------------------------------------------------------------


def test_of_ten_megabytes_no_more_is_read_than_64_kb() -> None:
    sent = 0

    def endless(handler: BaseHTTPRequestHandler) -> None:
        nonlocal sent
        handler.send_response(200)
        handler.send_header("Content-Length", str(10 * 2**20))
        handler.end_headers()
        for _part in range(10 * 16):
            sent += handler.wfile.write(b"x" * 65536)

    with receiver() as hostile:
        hostile.answers.append(endless)
        said = post(hostile.url, loopback=True)
        assert (said.status, said.words) == (200, "x" * 200)
    assert sent < 9 * 2**20


@pytest.mark.parametrize("drips", ["head", "body"])
def test_one_byte_at_a_time_takes_no_longer_than_any_other_answer(drips: str) -> None:
    over = threading.Event()

    def slow(handler: BaseHTTPRequestHandler) -> None:
        if drips == "body":
            handler.send_response(200)
            handler.end_headers()
        else:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
        while not over.wait(0.05):
            handler.wfile.write(b"x")

    with receiver() as hostile:
        hostile.answers.append(slow)
        began = time.perf_counter()
        said = post(hostile.url, loopback=True, seconds=0.5)
        took = time.perf_counter() - began
        over.set()
    assert said.status == (200 if drips == "body" else None)
    assert 0.4 < took < 5


@pytest.mark.parametrize(
    "answer", [b"", b"\x00\xff" * 99, b"HTTP/1.1 9999999 X\r\n\r\n", b"HTTP/1.1 200 OK\r\n" * 9999]
)
def test_what_is_no_answer_is_none(answer: bytes) -> None:
    with receiver() as odd:
        odd.answers.append(lambda handler: handler.wfile.write(answer) and None)
        said = post(odd.url, loopback=True)
    assert said.status is None
    assert said.words


def test_a_name_server_that_is_silent_takes_no_longer_than_any_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    over = threading.Event()

    def silent(*_args: Any, **_more: Any) -> Any:
        over.wait(10)
        return resolved("10.0.0.1")

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    began = time.perf_counter()
    said = post("https://hooks.example/x", seconds=0.2)
    took = time.perf_counter() - began
    over.set()
    assert (said.status, said.words) == (None, "No answer in time")
    assert took < 5


def test_what_it_says_is_kept_as_one_short_harmless_line() -> None:
    with receiver() as odd:
        odd.will(400, "\u202eevil\x1b[31m <b>\r\nmore".encode() + b"\xff")
        said = post(odd.url, loopback=True)
    assert said.words == "\ufffdevil\ufffd[31m <b>"


@on_sqlite
def test_a_receiver_that_never_answers_holds_up_no_other_host(
    app: Flask, ana: Browser, guest: FlaskClient, google: StandIn, change: Callable[..., None],
) -> None:  # fmt: skip
    Browser(app.test_client(), google).sign_in("ben@sailing.example")
    release = threading.Event()

    def hang(_handler: BaseHTTPRequestHandler) -> None:
        release.wait(30)

    with receiver() as stuck, receiver() as good:
        stuck.answers += [hang] * 3
        change("ana", webhook=stuck.settings())
        change("ben", webhook=good.settings())
        for start in ("2026-12-01T15:00:00Z", "2026-12-01T15:30:00Z", "2026-12-01T16:00:00Z"):
            book(guest, start)
            form = {"start": start, "name": "Mia", "email": "mia@example.com"}
            assert guest.post("/api/v1/ben/intro/bookings", json=form).status_code == 201
        models.database.close()
        with ThreadPoolExecutor(1) as threads:
            round = threads.submit(reconcile, app)
            until(lambda: len(good.got) == 3)
            assert len(stuck.got) == 1  # one at a time
            stuck.answers.clear()
            release.set()
            round.result(timeout=120)
        assert len(stuck.got) == 3


def test_receivers_that_are_slow_never_take_all_the_room(app: Flask, ana: Browser) -> None:
    """However many they are, and whenever they came."""
    with app.app_context():
        for number in range(12):
            host = models.Host.create(
                handle=f"h{number}", email="", subject=f"s{number}", settings="{}", created_at=0
            )
            webhooks.Webhook.create(host=host, url="", secret="", events=[], slow=number < 11)
            webhooks.put_test(host, number)
        found = webhooks.due(60, [], 8, 4)
        assert sorted(each.slow for each in found) == [False] + [True] * 4
        busy = [each.host_id for each in found]
        others = webhooks.due(60, busy, 3, 1)
        assert len(others) == 1
        assert others[0].host_id not in busy
        assert webhooks.due(60, busy, 3, 0) == []


@on_sqlite
def test_a_slow_receiver_is_not_a_quick_one_because_its_host_saves_it(
    ana: Browser, change: Callable[..., None]
) -> None:
    with receiver() as crm:
        change("ana", webhook=crm.settings())
        with models.database.connection_context():
            webhooks.Webhook.update(slow=True).execute()
        save(ana, "webhook", {"url": f"{crm.url}2"})
    with models.database.connection_context():
        hook = webhooks.Webhook.get()
        assert (hook.url, hook.slow) == (f"{crm.url}2", True)


# --- https ----------------------------------------------------------------------------------------


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate for a name that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = folder / f"{name}.pem", folder / f"{name}.key"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return files


@pytest.mark.parametrize(
    ("named", "trusted", "status"),
    [("hooks.example", True, 204), ("other.example", True, None), ("hooks.example", False, None)],
)
def test_over_https_the_receiver_is_who_its_name_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str, trusted: bool, status: int | None
) -> None:
    file, key = certificate(tmp_path, named)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, key)
    asked: list[str | None] = []
    context.sni_callback = lambda _socket, name, _context: asked.append(name)
    if trusted:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(file))
    original = socket.getaddrinfo

    def look_up(host: Any, *args: Any, **more: Any) -> Any:
        return original("127.0.0.1" if host == "hooks.example" else host, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with receiver(context) as crm:
        port = crm.url.split(":")[2]
        said = post(f"https://hooks.example:{port}", loopback=True)
        assert said.status == status, said
        assert asked == ["hooks.example"]
        if status:
            assert crm.got[0].headers["host"] == f"hooks.example:{port.partition('/')[0]}"
        else:
            assert said.words.startswith("Not sent: its certificate")
            assert crm.got == []
