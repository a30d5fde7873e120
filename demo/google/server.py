"""HTTP/1.1 for the stand-in: connections stay open between calls, as Google's do."""

from __future__ import annotations

import io
import socket
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote_to_bytes

Program = Callable[..., Iterable[bytes]]


class Server(ThreadingHTTPServer):
    """A thread for each connection; `connections` are all that were opened so far."""

    request_queue_size = 128
    daemon_threads = True

    def __init__(self, port: int, program: Program) -> None:
        self.program = program
        self.connections: list[socket.socket] = []
        super().__init__(("127.0.0.1", port), _Handler)

    def close_connections(self) -> None:
        for each in self.connections:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def server_close(self) -> None:
        super().server_close()
        self.close_connections()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def setup(self) -> None:
        super().setup()
        self.server.connections.append(self.connection)

    def _answer(self) -> None:
        status, fields = "", list[tuple[str, str]]()

        def start_response(said: str, headers: list[tuple[str, str]], _error: Any = None) -> None:
            nonlocal status, fields
            status, fields = said, headers

        try:
            parts = self.server.program(self._environ(), start_response)
            self._send(status, fields, parts)
        except OSError:  # the client has gone, or a fault closed the connection
            self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _answer

    def _send(self, status: str, headers: list[tuple[str, str]], parts: Iterable[bytes]) -> None:
        code, _space, reason = status.partition(" ")
        names = {name.lower() for name, _value in headers}
        if "content-length" not in names:
            parts = [b"".join(parts)]
            if code not in ("204", "304"):
                headers = [*headers, ("Content-Length", str(len(parts[0])))]
        self.send_response(int(code), reason)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        for part in parts if self.command != "HEAD" else ():
            self.wfile.write(part)
        if callable(close := getattr(parts, "close", None)):
            close()

    def _environ(self) -> dict[str, Any]:
        """With the whole body: what nobody reads would be taken for the next request."""
        path, _mark, query = self.path.partition("?")
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if len(body) < length:
            raise ConnectionError("the client went away in the middle: it has asked nothing")
        fields: dict[str, str] = {}
        for name, value in self.headers.items():
            key = f"HTTP_{name.upper().replace('-', '_')}"
            fields[key] = f"{fields[key]},{value}" if key in fields else value
        return {
            **fields,
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "REQUEST_URI": self.path,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "REMOTE_ADDR": self.client_address[0],
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": str(self.server.server_port),
            "SERVER_PROTOCOL": self.request_version,
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "connection": self.connection,
        }

    def log_message(self, format: str, *args: Any) -> None:
        pass
