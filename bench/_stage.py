"""What benches of the whole product stand on: the stand-in Google, servers and databases, each a
process of its own on this machine."""

from __future__ import annotations

import glob
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import IO, Any

import requests
from cryptography.fernet import Fernet

from demo.google import identity

ROOT = Path(__file__).parent.parent
PATIENCE_SECONDS = 30
POSTGRESQL = next(iter(sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True)), None)
FLASK = ["-m", "flask", "--app", "app"]
PYTHON = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
SIGNED_IN_AT_ONCE = 4


@dataclass(frozen=True)
class Stage:
    """A server before the stand-in Google; `environ` is the server's."""

    google: str
    widget: str
    environ: dict[str, str]
    server: subprocess.Popen[bytes]
    stand_in: subprocess.Popen[bytes]

    def flask(self, *args: str, stdin: str | None = None) -> str:
        """What a command of the product prints."""
        return subprocess.run(
            [sys.executable, *FLASK, *args],
            env=self.environ,
            cwd=ROOT,
            input=stdin,
            check=True,
            text=True,
            stdout=subprocess.PIPE,
        ).stdout

    def control(self, what: str, **given: Any) -> None:
        requests.post(f"{self.google}/control/{what}", json=given, timeout=5).raise_for_status()

    def bookings(self, handle: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(
            self.flask("bookings", "list", handle, "--format", "json")
        )
        return found


@contextmanager
def stage(
    database_url: str, crowd: int, seeded: Sequence[str] = (), **environ: str
) -> Iterator[Stage]:
    """A server with `crowd` hosts, host0 and so on, and those with these e-mail addresses, whose
    calendars are full of lifelike weeks; all are signed in. It logs into a file."""
    google, widget = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="meetslot-bench-")))
        given = {**_environ(google, widget, database_url.format(folder=folder)), **environ}
        port = google.rpartition(":")[2]
        people = ["--crowd", str(crowd), "--seed", *seeded]
        stand_in = stack.enter_context(
            running(["-m", "demo.google", "--port", port, *people], given, google)
        )
        log = stack.enter_context((folder / "log").open("wb"))
        server = stack.enter_context(running([*FLASK, "serve"], given, f"{widget}/healthz", log))
        with ThreadPoolExecutor(SIGNED_IN_AT_ONCE) as threads:
            emails = [*seeded, *(f"host{number}@crowd.example" for number in range(crowd))]
            list(threads.map(lambda email: sign_in(widget, email), emails))
        yield Stage(google, widget, given, server, stand_in)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environ(google: str, widget: str, database_url: str) -> dict[str, str]:
    return {
        **PYTHON,
        "GOOGLE_CLIENT_ID": identity.CLIENT_ID,
        "GOOGLE_CLIENT_SECRET": identity.CLIENT_SECRET,
        "GOOGLE_OIDC_METADATA_URL": f"{google}/.well-known/openid-configuration",
        "GOOGLE_CALENDAR_ENDPOINT": f"{google}/calendar/v3/",
        "PUBLIC_URL": widget,
        "PORT": widget.rpartition(":")[2],
        "DATABASE_URL": database_url,
        "SECRET_KEY": "a secret of the bench, long enough for all",
        "TOKEN_KEYS": Fernet.generate_key().decode(),
        "BOOKING_RATE_LIMIT": "",
        "READ_RATE_LIMIT": "",
        "LOG_LEVEL": "error",
        "WEB_CONCURRENCY": "2",
    }


@contextmanager
def running(
    args: list[str], environ: dict[str, str], url: str, log: IO[bytes] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A program, from when it answers at `url` until the block ends; it logs into `log`."""
    process = subprocess.Popen(
        [sys.executable, *args], env=environ, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=log
    )
    try:
        wait_for(url, process)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE_SECONDS)


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            requests.get(url, timeout=1).raise_for_status()
            return
        except requests.RequestException:
            if process.poll() is not None or time.monotonic() > until:
                raise
            time.sleep(0.01)


def sign_in(widget: str, email: str) -> None:
    with requests.Session() as browser:
        to_google = browser.get(f"{widget}/login", allow_redirects=False, timeout=30)
        consent = to_google.headers["Location"]
        scopes = [f"https://www.googleapis.com/auth/{scope}" for scope in identity.USES]
        form = {"person": email, "scope": scopes}
        back = requests.post(consent, data=form, allow_redirects=False, timeout=30)
        answer = browser.get(back.headers["Location"], allow_redirects=False, timeout=30)
        answer.raise_for_status()


# --- databases ------------------------------------------------------------------------------------

SQLITE = "sqlite:///{folder}/meetslot.db"


@contextmanager
def postgresql() -> Iterator[str]:
    """The address of an empty database of a PostgreSQL of our own, set up as Debian sets it up."""
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    as_user: list[str] = []
    if os.geteuid() == 0:  # the server refuses to run as root
        shutil.chown(folder, "postgres")
        as_user = ["runuser", "-u", "postgres", "--"]

    def run(program: str, *args: str) -> None:
        command = [*as_user, f"{POSTGRESQL}/{program}", "-D", f"{folder}/data", *args]
        subprocess.run(command, check=True, capture_output=True, cwd=folder)

    run("initdb", "-A", "trust", "-U", "meetslot", "--no-sync")
    run("pg_ctl", "-o", f"-k {folder} -c listen_addresses=''", "-l", f"{folder}/log", "-w", "start")
    try:
        yield f"postgresql://meetslot@/postgres?host={folder}"
    finally:
        run("pg_ctl", "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder)


@contextmanager
def databases() -> Iterator[dict[str, str]]:
    """The addresses of those that this machine has, by name; `{folder}` is the stage's."""
    if POSTGRESQL is None:
        print("left out: PostgreSQL; to add it: sudo apt-get install postgresql")
        yield {"SQLite": SQLITE}
        return
    with postgresql() as url:
        yield {"SQLite": SQLITE, "PostgreSQL": url}


# --- what became of it ----------------------------------------------------------------------------


def collisions(rows: list[dict[str, Any]]) -> int:
    """How many bookings of a host that stand begin before the one before them has ended."""
    stand = [row for row in rows if row["status"] in ("pending", "confirmed")]
    stand.sort(key=lambda row: str(row["start"]))
    return sum(second["start"] < first["end"] for first, second in pairwise(stand))


def family(process: subprocess.Popen[bytes]) -> list[int]:
    """The ids of a process and of its children, itself first."""
    task = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return [process.pid, *map(int, task.read_text().split())]


def cpu_seconds(process: subprocess.Popen[bytes]) -> float:
    """What a process and its children have spent."""
    ticks = 0
    for pid in family(process):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def memory_mib(pid: int) -> float:
    """What a process holds by itself and its share of what it shares (PSS)."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in rollup if line.startswith("Pss:")) / 1024
