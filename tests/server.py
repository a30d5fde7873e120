"""Real server processes over HTTP, for tests that race them or kill them."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import secrets
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import requests
from flask import Flask
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from tests import worker
from tests.conftest import ROOT

#: Starts processes that have imported the product already, which takes longest of a start.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.worker"])


Program = Callable[[list[str], dict[str, str], Path, Path, Path], None]


def ended(
    program: Program, arguments: list[str], environ: dict[str, str], folder: Path
) -> subprocess.CompletedProcess[str]:
    """What a program of tests/worker.py said, with this environment alone, and how it ended."""
    with tempfile.TemporaryDirectory() as said:
        out, err = Path(said, "out"), Path(said, "err")
        given = arguments, environ, folder, out, err
        process = FORKS.Process(target=program, args=given, daemon=True)
        process.start()
        process.join(120)
        assert process.exitcode is not None
        return subprocess.CompletedProcess(
            arguments, process.exitcode, out.read_text(), err.read_text()
        )


class Server:
    """One process of the product; `url` is where it answers."""

    def __init__(self, environ: dict[str, str], folder: Path) -> None:
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        log = folder / f"server-{id(self)}.log"
        told, tell = FORKS.Pipe(duplex=False)
        self.process = FORKS.Process(
            target=worker.serve,
            args=({**kept, **environ}, folder, log, Flask.jinja_options, tell),
            daemon=True,
        )
        self.process.start()
        tell.close()
        with told:
            try:
                port = told.recv()
            except EOFError:
                raise AssertionError(log.read_text()) from None
        self.url = f"http://127.0.0.1:{port}"

    def kill(self) -> None:
        """As the power goes: kill -9."""
        self.process.kill()
        self.process.join()


@contextlib.contextmanager
def servers(number: int, environ: dict[str, str], folder: Path) -> Iterator[list[Server]]:
    found: list[Server] = []
    try:
        for _ in range(number):
            found.append(Server(environ, folder))
        yield found
    finally:
        for each in found:
            each.kill()


# --- the production server, as `flask serve` starts it --------------------------------------------


class Forked:
    """The program `flask` in a process that has imported the product; asked as a Popen is."""

    def __init__(self, command: list[str], environ: dict[str, str], out: Path, err: Path) -> None:
        given = command, environ, out.parent, out, err
        self._process = FORKS.Process(target=worker.flask, args=given)
        self._process.start()
        assert self._process.pid
        self.pid, self.terminate = self._process.pid, self._process.terminate

    def poll(self) -> int | None:
        return self._process.exitcode

    returncode = property(poll)

    def wait(self, timeout: float) -> int:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("flask", timeout)
        return self._process.exitcode


class Production:
    """The server with all of its workers: `url` is where it answers guests. Its processes have
    imported the product already, unless it is a `true` one, which takes 0.6 s more for each."""

    def __init__(
        self, environ: dict[str, str], folder: Path, *, true: bool = False, **settings: str
    ) -> None:
        port, metrics = free_ports(2)
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        named = {"PORT": str(port), "METRICS": f"127.0.0.1:{metrics}", "RECONCILE_EVERY": "0"}
        self.port, self.url = port, f"http://127.0.0.1:{port}"
        self.metrics = f"http://127.0.0.1:{metrics}/metrics"
        self._environ = {**kept, "PYTHONPATH": str(ROOT), **environ, **named, **settings}
        self.log, self._true = folder / f"server-{port}.log", true
        self.start()

    def start(self) -> None:
        command = ["--app", "app", "serve"]
        self.process: Forked | subprocess.Popen[bytes]
        if not self._true:
            self.process = Forked(command, self._environ, self.log, self.log)
            return
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "flask", *command],
                env=self._environ,
                cwd=self.log.parent,
                stdout=log,
                stderr=log,
            )

    def up(self) -> None:
        """Wait until it answers."""
        try:
            assert patiently(f"{self.url}/healthz").status_code == 200
        except requests.ConnectionError:
            raise AssertionError(self.log.read_text()) from None

    def end(self) -> int:
        """As systemd ends it: SIGTERM, and what is under way may end."""
        self.process.terminate()
        return self.process.wait(120)

    def workers(self) -> list[int]:
        """The processes that answer."""
        pid = self.process.pid
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [int(each) for each in listed if b"resource_tracker" not in _command_line(each)]


def _command_line(pid: str) -> bytes:
    """Empty for a process that is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


@contextlib.contextmanager
def production(
    environ: dict[str, str], folder: Path, *, true: bool = False, **settings: str
) -> Iterator[Production]:
    server = Production(environ, folder, true=true, **settings)
    try:
        server.up()
        yield server
    finally:
        if server.process.poll() is None:
            server.end()


def patiently(url: str) -> requests.Response:
    """The answer, once somebody answers there at all."""
    session = requests.Session()
    retry = Retry(300, backoff_factor=0.05, backoff_max=0.5)
    session.mount("http://", HTTPAdapter(max_retries=retry))
    return session.get(url, timeout=120)


def free_ports(number: int) -> list[int]:
    """Ports that nobody has, and none that Linux gives to whoever asks for any: one of those may
    be another process's by the time the server takes it."""
    with contextlib.ExitStack() as stack:
        found: list[int] = []
        while len(found) < number:
            probe, port = stack.enter_context(socket.socket()), 10_000 + secrets.randbelow(20_000)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                found.append(port)
        return found
