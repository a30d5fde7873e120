"""HTTP/1.1 for the stand-in: connections stay open between calls, as Google's do."""

from __future__ import annotations

import io
import socket
import sys
import traceback
from collections.abc import Callable, Generator, Iterable
from contextlib import suppress
from email.utils import formatdate
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any
from urllib.parse import unquote_to_bytes

Program = Callable[..., Iterable[bytes]]
LONGEST_LINE = 65536


def date() -> str:
    return formatdate(usegmt=True)


class Server(ThreadingTCPServer):
    """A thread for each connection; `connections` are all that were opened so far."""

    allow_reuse_address = True
    request_queue_size = 128
    daemon_threads = True

    def __init__(self, port: int, program: Program) -> None:
        self.program = program
        self.connections: list[socket.socket] = []
        super().__init__(("127.0.0.1", port), _Handler)
        self.server_port: int = self.server_address[1]

    def close_connections(self) -> None:
        for each in self.connections:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def server_close(self) -> None:
        super().server_close()
        self.close_connections()


class _Handler(StreamRequestHandler):
    """One request after the other, read in a fifth of the time of http.server, which has every
    header parsed as an e-mail's."""

    disable_nagle_algorithm = True
    server: Server

    def setup(self) -> None:
        super().setup()
        self.server.connections.append(self.connection)

    def handle(self) -> None:
        with suppress(OSError):  # the client has gone, or a fault closed the connection
            while self._answer():
                pass

    def _answer(self) -> bool:
        """Whether another request may follow."""
        words = self._line().split()
        if len(words) != 3 or not words[2].startswith("HTTP/1."):
            if words:
                self.connection.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
            return False
        method, target, version = words
        environ = self._environ(method, target, version)
        status, fields = "", list[tuple[str, str]]()

        def start_response(said: str, headers: list[tuple[str, str]], _error: Any = None) -> None:
            nonlocal status, fields
            status, fields = said, headers

        try:
            parts = self.server.program(environ, start_response)
        except OSError:
            raise
        except Exception:
            traceback.print_exc()
            status, parts = "500 Internal Server Error", [b""]
        self._send(method, status, fields, parts)
        stays = "keep-alive" if version == "HTTP/1.0" else ""
        return environ.get("HTTP_CONNECTION", stays).lower() in ("", "keep-alive")

    def _line(self) -> str:
        """Without its end; empty when the client has gone, too."""
        return self.rfile.readline(LONGEST_LINE).decode("latin-1").rstrip("\r\n")

    def _send(
        self, method: str, status: str, headers: list[tuple[str, str]], parts: Iterable[bytes]
    ) -> None:
        """In one piece, unless its parts come slowly."""
        slowly = isinstance(parts, Generator)
        body = b"" if slowly else b"".join(parts)
        lines = [f"HTTP/1.1 {status}", "Server: stand-in", f"Date: {date()}"]
        lines += [f"{name}: {value}" for name, value in headers]
        names = {name.lower() for name, _value in headers}
        if "content-length" not in names and status[:3] not in ("204", "304"):
            lines.append(f"Content-Length: {len(body)}")
        head = "\r\n".join([*lines, "", ""]).encode("latin-1")
        self.connection.sendall(head if method == "HEAD" else head + body)
        for part in parts if slowly and method != "HEAD" else ():
            self.connection.sendall(part)
        if callable(close := getattr(parts, "close", None)):
            close()

    def _environ(self, method: str, target: str, version: str) -> dict[str, Any]:
        """With the whole body: what nobody reads would be taken for the next request."""
        fields: dict[str, str] = {}
        while line := self._line():
            name, _colon, value = line.partition(":")
            key = f"HTTP_{name.upper().replace('-', '_')}"
            fields[key] = f"{fields[key]},{value.strip()}" if key in fields else value.strip()
        length = int(fields.get("HTTP_CONTENT_LENGTH") or 0)
        if fields.get("HTTP_EXPECT", "").lower() == "100-continue":
            self.connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = self.rfile.read(length)
        if len(body) < length:
            raise ConnectionError("the client went away in the middle: it has asked nothing")
        path, _mark, query = target.partition("?")
        return {
            **fields,
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "REQUEST_URI": target,
            "CONTENT_TYPE": fields.get("HTTP_CONTENT_TYPE", ""),
            "CONTENT_LENGTH": str(len(body)),
            "REMOTE_ADDR": self.client_address[0],
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": str(self.server.server_port),
            "SERVER_PROTOCOL": version,
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "connection": self.connection,
        }
