"""The product before the stand-in Google, on both databases, at a fixed time.

Everything goes through the front door: HTTP, the command line, the database.
"""

from __future__ import annotations

import gc
import glob
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import time_machine
from cryptography.fernet import Fernet
from flask import Flask
from flask.testing import FlaskClient

import models
from demo.google import StandIn
from tests.world import (
    Applications,
    Browser,
    Database,
    Moments,
    PostgreSQL,
    SQLite,
    keep_compiled,
)
from widget.google.errors import Patience

# A busy machine makes no test fail: how long an example takes says nothing here.
hypothesis.settings.register_profile(
    "meetslot", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("meetslot")

ROOT = Path(__file__).parent.parent
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
POSTGRESQL = next(iter(sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True)), None)
NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
CADDY = shutil.which("caddy")
REDIS = shutil.which("redis-server") or shutil.which("valkey-server")
NOTHING_LEFT_OUT = bool(os.environ.get("MEETSLOT_LEAVE_NOTHING_OUT"))

TOKEN_KEY = Fernet.generate_key().decode()
#: A Monday; winter in Lisbon (UTC+0) and New York (UTC-5).
NOW = "2026-11-30T08:00:00+00:00"


# --- what this machine can run ----------------------------------------------------------------

LEFT_OUT = {
    "browser": (CHROMIUM, "the browser tests (no Chromium)", "apt-get install chromium"),
    "systemd": (
        shutil.which("systemd-analyze"),
        "the test of the systemd unit",
        "apt-get install systemd",
    ),
    "proxies": (NGINX and CADDY, "the tests of nginx and Caddy", "apt-get install nginx caddy"),
    "postgresql": (POSTGRESQL, "the tests on PostgreSQL", "apt-get install postgresql"),
    "node": (shutil.which("node"), "the API's examples in JavaScript", "apt-get install nodejs"),
    "redis": (REDIS, "the test of several machines", "apt-get install redis-server"),
}


def pytest_xdist_auto_num_workers() -> int:
    """Two for each core: tests of bad days at Google, of servers or of a browser wait for half of
    their time, and each worker starts a browser."""
    return 2 * (os.cpu_count() or 1)


def pytest_configure() -> None:
    gc.disable()  # what is collected stays: looking for cycles in it took an eighth of a run
    for found, what, how in LEFT_OUT.values():
        if NOTHING_LEFT_OUT and not found:
            raise pytest.UsageError(f"left out: {what}; to add them: {how}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What this machine cannot run is left out; what starts servers and waits for them comes
    first, so that no core has nothing to do at the end."""
    items.sort(key=lambda item: not item.path.is_relative_to(ROOT / "tests/web"))
    for name, (found, _what, _how) in LEFT_OUT.items():
        if found:
            continue
        gone = [item for item in items if item.get_closest_marker(name)]
        items[:] = [item for item in items if item not in gone]
        config.hook.pytest_deselected(items=gone)


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    passed = [report.nodeid for report in terminalreporter.getreports("passed")]
    if cases := sum("test_fault_matrix.py" in id for id in passed):
        terminalreporter.write_line(f"fault matrix: {cases} cases passed")
    for found, what, how in LEFT_OUT.values():
        if not found:
            terminalreporter.write_line(f"left out: {what}; to add them: sudo {how}")


# --- databases ----------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """A PostgreSQL of our own on a socket in a temporary folder: its address without a name."""
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    as_user: list[str] = []
    if os.geteuid() == 0:  # the server refuses to run as root
        shutil.chown(folder, "postgres")
        as_user = ["runuser", "-u", "postgres", "--"]

    def run(program: str, *args: str) -> None:
        command = [*as_user, f"{POSTGRESQL}/{program}", "-D", f"{folder}/data", *args]
        subprocess.run(command, check=True, capture_output=True, cwd=folder)

    run("initdb", "-A", "trust", "-U", "meetslot", "--no-sync")
    options = f"-k {folder} -c listen_addresses='' -c fsync=off -c max_connections=150"
    run("pg_ctl", "-o", options, "-l", f"{folder}/log", "-w", "start")
    yield f"postgresql://meetslot@/{{}}?host={folder}"
    run("pg_ctl", "-m", "immediate", "-w", "stop")
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgresql(postgresql_server: str) -> Database:
    return PostgreSQL(postgresql_server)


@pytest.fixture(scope="session")
def sqlite() -> Iterator[Database]:
    memory = "/dev/shm"  # where there is one, no commit waits for a disk
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield SQLite(Path(folder))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_url(request: pytest.FixtureRequest) -> str:
    """A database of each kind, with all tables and no rows."""
    database: Database = request.getfixturevalue(request.param)
    database.empty()
    return database.url


#: For tests of what never reaches the database, or reaches both alike.
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


# --- the product and its Google -----------------------------------------------------------------


@pytest.fixture(scope="session")
def stand_in() -> Iterator[StandIn]:
    with StandIn() as stand_in:
        yield stand_in


@pytest.fixture
def google(stand_in: StandIn) -> Iterator[StandIn]:
    """The stand-in Google, as new; a test fails on any deviation from Google's schema."""
    stand_in.reset()
    yield stand_in
    assert stand_in.deviations == []


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Time stands still at NOW; clock.shift(seconds) lets it pass."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def environ(google: StandIn, database_url: str) -> dict[str, str]:
    return {
        **google.environ,
        "DATABASE_URL": database_url,
        "PUBLIC_URL": "http://localhost",
        "SECRET_KEY": "a secret of the tests, long enough for all",
        "TOKEN_KEYS": TOKEN_KEY,
        "BOOKING_RATE_LIMIT": "",
        "READ_RATE_LIMIT": "",
    }


@pytest.fixture(scope="session", autouse=True)
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where templates are kept compiled, for all applications and processes of a test run."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "templates"
    folder.mkdir(exist_ok=True)
    keep_compiled(folder)
    return folder


@pytest.fixture(scope="session")
def applications() -> Applications:
    return Applications()


@pytest.fixture
def app(
    environ: dict[str, str], clock: time_machine.Traveller, applications: Applications
) -> Iterator[Flask]:
    """The product as new; shared with other tests: nothing may be added to it."""
    app = applications(environ)
    app.extensions["meetslot"].patience = Patience(tries=1)  # repeating: test_fault_matrix.py
    yield app
    models.database.close()


@pytest.fixture
def guest(app: Flask) -> FlaskClient:
    """A guest's browser: cookies are counted, never needed."""
    return app.test_client()


@pytest.fixture(scope="session")
def moments() -> Moments:
    return Moments()


@pytest.fixture
def ana(app: Flask, google: StandIn, moments: Moments) -> Browser:
    """Ana, host in Lisbon, signed in for the first time: the defaults of a new host."""
    return moments.sign_in(app, google, "ana@sailing.example")


@pytest.fixture
def change(app: Flask) -> Any:
    """Change a host's settings as an operator would: export, edit, import."""

    def change(handle: str, event: dict[str, Any] | None = None, **fields: Any) -> None:
        document = json.loads(command(app, "settings", "export", handle))
        document.update(fields)
        document["event_types"][0].update(event or {})
        result = app.test_cli_runner().invoke(
            args=["settings", "import", handle, "-"], input=json.dumps(document)
        )
        assert result.exit_code == 0, result.output

    return change


def command(app: Flask, *args: str) -> str:
    """What a flask command prints; it has to end well."""
    result = app.test_cli_runner().invoke(args=list(args))
    assert result.exit_code == 0, result.output
    return result.stdout
