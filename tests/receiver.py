"""A host's own program, which webhooks are sent to: a real server on this machine."""

from __future__ import annotations

import contextlib
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from flask import Flask
from standardwebhooks.webhooks import Webhook

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ALL = ["booking.confirmed", "booking.rescheduled", "booking.cancelled", "booking.failed",
       "host.disconnected"]  # fmt: skip


@dataclass
class Got:
    """One request, as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def verified(self, secret: str = SECRET) -> Any:
        """The body, by the published library. Raises WebhookVerificationError."""
        return Webhook(secret).verify(self.body.decode(), self.headers)


@dataclass
class Receiver:
    """Answers with what `answers` hold, one after the other, and then 204."""

    url: str
    got: list[Got] = field(default_factory=list)
    answers: list[Callable[[BaseHTTPRequestHandler], None]] = field(default_factory=list)

    def settings(self, **more: Any) -> dict[str, Any]:
        return {"url": self.url, "secret": SECRET, "events": ALL, **more}

    def will(self, status: int, body: bytes = b"", **headers: str) -> None:
        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                handler.send_header(name, value)
            handler.end_headers()
            handler.wfile.write(body)

        self.answers.append(answer)

    @property
    def types(self) -> list[str]:
        return [each.json["type"] for each in self.got]


@contextlib.contextmanager
def receiver(secure: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            headers = {name.lower(): value for name, value in self.headers.items()}
            found.got.append(Got(self.path, headers, self.rfile.read(length)))
            if not found.answers:
                found.will(204)
            with contextlib.suppress(OSError):
                found.answers.pop(0)(self)

        do_GET = do_POST

        def log_message(self, *_args: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, *_args: Any) -> None:
            pass  # whoever asked has gone

    server = Server(("127.0.0.1", 0), Handler)
    if secure:
        server.socket = secure.wrap_socket(server.socket, server_side=True)
    found = Receiver(f"http://127.0.0.1:{server.server_port}/hook?of=ana")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def tell(app: Flask, found: Receiver, **more: Any) -> None:
    """Have Ana's bookings told to it, by an import of her settings, with `more` changed in them."""
    run = app.test_cli_runner().invoke
    document = json.loads(run(args=["settings", "export", "ana"]).stdout)
    wanted = json.dumps({**document, "webhook": found.settings(), **more})
    done = run(args=["settings", "import", "ana", "-"], input=wanted)
    assert done.exit_code == 0, done.output


def until(true: Callable[[], Any], seconds: float = 120) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)
