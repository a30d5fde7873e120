"""make demo: everything on this machine, without a Google account and without configuration."""

from __future__ import annotations

import errno
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path

import requests
from cryptography.fernet import Fernet
from werkzeug.serving import WSGIRequestHandler, make_server

from demo import dress, site
from demo.google import StandIn

ROOT = Path(__file__).parent.parent
PATIENCE_SECONDS = 30
HOSTS = {"ana": "ana@sailing.example", "ben": "ben@sailing.example"}
#: Set as they are by default, or a .env file of a real server would reach the demo.
DEFAULTS = {
    "ALLOWED_HOSTS_SIGN_IN": "",
    "BOOKING_RATE_LIMIT": "10 per minute; 60 per hour",
    "READ_RATE_LIMIT": "600 per minute",
    "RATELIMIT_STORAGE_URI": "memory://",
    "SECRET_KEY_FALLBACKS": "",
    "TRUSTED_PROXIES": "0",
}
OURS = re.compile(r"(GOOGLE|MEETSLOT|RATELIMIT)_|SECRET_KEY|TOKEN_KEYS|DATABASE_URL|FLASK_")


class Quiet(WSGIRequestHandler):
    def log(self, *args: object) -> None:
        pass


class Failed(Exception):
    """The demo cannot start; the message is one line for a person."""


def main() -> None:
    """Ports: PORT the website, the next one the product, the one after the stand-in Google."""
    first = _port()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        with ExitStack() as stack:
            serve(stack, first)
            signal.pause()
    except KeyboardInterrupt:
        print()
    except Failed as failure:
        sys.exit(str(failure))


def _port() -> int:
    text = os.environ.get("PORT", "8000")
    if not text.isdigit() or not 1 <= int(text) <= 65533:
        sys.exit(f"PORT has to be a number from 1 to 65533, not {text!r}")
    return int(text)


def serve(stack: ExitStack, first: int) -> None:
    """Start everything, from port `first` on; it ends with the stack. Raises Failed."""
    for port in range(first, first + 3):
        _check_free(port)
    widget = f"http://localhost:{first + 1}"
    google = stack.enter_context(StandIn(first + 2))
    for email in HOSTS.values():
        google.seed(email, time.time())
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="meetslot-demo-"))
    environ = _environ(google, widget, first + 1, Path(folder))
    stack.enter_context(_product(environ))
    stack.enter_context(_website(widget, first))
    _until_up(widget)
    _sign_in(google, widget)
    _import_settings(environ, Path(folder))
    dress.book_in_the_past(google, widget)
    _welcome(first, widget, google)


def _check_free(port: int) -> None:
    """On both loopback addresses: browsers may look for localhost at either one. Raises Failed."""
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            with socket.socket(family) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((address, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE or family == socket.AF_INET:
                said = f"port {port} is in use; choose others: PORT=9000 make demo"
                raise Failed(said) from None


def _environ(google: StandIn, widget: str, port: int, folder: Path) -> dict[str, str]:
    """What the product is configured by; nothing of this kind leaks in from outside."""
    kept = {name: value for name, value in os.environ.items() if not OURS.match(name)}
    return {
        **kept,
        **google.environ,
        "PORT": str(port),
        "BIND": "127.0.0.1",
        "PUBLIC_URL": widget,
        "DATABASE_URL": f"sqlite:///{folder}/meetslot.db",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "TOKEN_KEYS": Fernet.generate_key().decode(),
        "WEB_CONCURRENCY": "1",
        "BUSY_TTL": "2",  # so that busy time added by hand shows at once
        "RECONCILE_EVERY": "5",
        "LOG_LEVEL": "warning",
        **DEFAULTS,
        "PYTHONDONTWRITEBYTECODE": "",
    }


@contextmanager
def _product(environ: dict[str, str]) -> Iterator[None]:
    """The product itself, as `make run` starts it, until the block ends."""
    command = [sys.executable, "-m", "flask", "--app", "app", "serve"]
    server = subprocess.Popen(command, cwd=ROOT, env=environ, start_new_session=True)
    try:
        yield
    finally:
        server.terminate()
        try:
            server.wait(timeout=5)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)


@contextmanager
def _website(widget: str, port: int) -> Iterator[None]:
    server = make_server(
        "127.0.0.1", port, site.make_app(widget), threaded=True, request_handler=Quiet
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield
    server.shutdown()
    server.server_close()


def _until_up(widget: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            if requests.get(f"{widget}/healthz", timeout=1).ok:
                return
        except requests.RequestException:
            time.sleep(0.05)
    raise Failed("the product did not start; its own words are above")


def _sign_in(google: StandIn, widget: str) -> None:
    """Each host signs in as everybody does: through Google's consent page."""
    for email in HOSTS.values():
        browser = requests.Session()
        to_google = browser.get(f"{widget}/login", allow_redirects=False, timeout=10)
        back = google.authorize(to_google.headers["Location"], email)
        page = browser.get(back, timeout=10)
        if not page.url.endswith("/settings"):
            raise Failed(f"{email} could not sign in")
        if email == dress.ANA:
            dress.make_link(browser, widget, page.text)


def _import_settings(environ: dict[str, str], folder: Path) -> None:
    for handle in HOSTS:
        document = json.dumps(dress.document(handle, date.today()))  # this machine's
        (folder / f"{handle}.json").write_text(document, encoding="utf-8")
    imports = [
        subprocess.Popen(
            [
                *(sys.executable, "-m", "flask", "--app", "app", "settings", "import", handle),
                str(folder / f"{handle}.json"),
            ],
            cwd=ROOT, env=environ, stdout=subprocess.DEVNULL,
        )
        for handle in HOSTS
    ]  # fmt: skip
    if any(process.wait(timeout=PATIENCE_SECONDS) for process in imports):
        raise Failed("the hosts' settings could not be imported")


def _welcome(first: int, widget: str, google: StandIn) -> None:
    print(f"""
Meetslot is running; everything is invented, and nothing leaves this machine.

  A sailing school's website, with the widget in it   http://127.0.0.1:{first}/
  The host's settings (sign in as Ana Silva)          {widget}/settings
  The stand-in Google Calendar                        {google.url}/

Book a call on the website, then look into Ana's calendar. Meet links lead to a page of the demo.
Ctrl-C ends everything.
""", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
