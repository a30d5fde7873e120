"""The environment: every variable, its default, and the one line that ends a start."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
import requests
import time_machine
from cryptography.fernet import Fernet

import models
from app import create_app
from demo.google import StandIn
from tests import worker
from tests.conftest import ROOT, Browser
from tests.people import ANA, PICKER
from tests.server import Production, ended, production
from widget import config

KEY = Fernet.generate_key().decode()
NEEDED = {
    "SECRET_KEY": "a secret of the tests, long enough for all",
    "TOKEN_KEYS": KEY,
    "GOOGLE_CLIENT_ID": "id.apps.example",
    "GOOGLE_CLIENT_SECRET": "secret",
}

#: The interface's table.
DEFAULTS: dict[str, Any] = {
    "PORT": 8000,
    "BIND": "127.0.0.1",
    "PUBLIC_URL": "http://localhost:8000",
    "SECRET_KEY": NEEDED["SECRET_KEY"],
    "SECRET_KEY_FALLBACKS": (),
    "TOKEN_KEYS": (KEY,),
    "DATABASE_URL": "sqlite:///instance/meetslot.db",
    "GOOGLE_CLIENT_ID": "id.apps.example",
    "GOOGLE_CLIENT_SECRET": "secret",
    "GOOGLE_OIDC_METADATA_URL": "https://accounts.google.com/.well-known/openid-configuration",
    "GOOGLE_CALENDAR_ENDPOINT": "https://www.googleapis.com/calendar/v3/",
    "ALLOWED_HOSTS_SIGN_IN": (),
    "RATELIMIT_STORAGE_URI": "memory://",
    "BOOKING_RATE_LIMIT": "10 per minute; 60 per hour",
    "READ_RATE_LIMIT": "600 per minute",
    "BUSY_TTL": 60,
    "RECONCILE_EVERY": 60,
    "WEB_CONCURRENCY": 2,
    "TRUSTED_PROXIES": 0,
    "LOG_LEVEL": "info",
}


def test_every_variable_of_the_interface_is_there_with_its_default() -> None:
    loaded = config.load(NEEDED)
    assert {name: getattr(loaded, name.lower()) for name in DEFAULTS} == DEFAULTS


def test_an_empty_value_is_the_default_and_for_a_rate_no_limit() -> None:
    loaded = config.load({**dict.fromkeys(DEFAULTS, ""), **NEEDED})
    for name, value in DEFAULTS.items():
        expected = "" if name.endswith("_RATE_LIMIT") else value
        assert getattr(loaded, name.lower()) == expected, name


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(config.ConfigError) as error:
        config.load({"PORT": "http", "TOKEN_KEYS": "short"})
    named = [line.split(" is ")[0] for line in str(error.value).splitlines()]
    assert sorted(named) == sorted({*NEEDED, "PORT"})


@pytest.mark.parametrize("name", NEEDED)
@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_needed_variable_that_is_missing_is_named(name: str, value: str | None) -> None:
    environ = {**NEEDED, name: value}
    with pytest.raises(config.ConfigError, match=rf"^{name} is missing: .{{10}}"):
        config.load({key: text for key, text in environ.items() if text is not None})


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("PORT", ["0", "65536", "-1", "80.5", "http", "８０８０"]),
        ("PUBLIC_URL", ["book.example.com", "http://book.example.com", "ftp://x.org", "https://"]),
        ("PUBLIC_URL", ["https://x.org/path", "https://x.org?x", "https://u:p@x.org"]),
        (
            "PUBLIC_URL",
            ["https://x.org:99999", "https://[::1", "https://x y.org", "https://x;y.org"],
        ),
        ("TOKEN_KEYS", ["short", f"{KEY},short", ",", KEY[:-2], "é" * 44]),
        (
            "DATABASE_URL",
            ["meetslot.db", "mysql://x/y", "sqlite://", "sqlite:///", "postgresql://[x"],
        ),
        ("DATABASE_URL", ["postgresql://x:port/y"]),
        ("GOOGLE_OIDC_METADATA_URL", ["accounts.google.com", "file:///etc/passwd", "https://"]),
        (
            "GOOGLE_CALENDAR_ENDPOINT",
            ["https://x.org/", "https://x.org/calendar/v2", "x/calendar/v3/"],
        ),
        ("ALLOWED_HOSTS_SIGN_IN", ["example.com", "a@b@c", "ana@"]),
        ("RATELIMIT_STORAGE_URI", ["nonsense", "nonsense://x", "memory", "file:///nowhere/limits"]),
        ("BOOKING_RATE_LIMIT", ["many", "10", "10 per fortnight", "-1 per minute"]),
        ("READ_RATE_LIMIT", ["many", "x per minute"]),
        ("BUSY_TTL", ["-1", "1.5", "a minute", "999999999"]),
        ("RECONCILE_EVERY", ["-1", "never"]),
        ("WEB_CONCURRENCY", ["0", "-2", "auto"]),
        ("TRUSTED_PROXIES", ["-1", "11", "all"]),
        ("LOG_LEVEL", ["loud", "10"]),
    ],
)
def test_a_malformed_variable_is_named_with_how_to_make_a_good_one(
    name: str, values: list[str]
) -> None:
    for value in values:
        with pytest.raises(config.ConfigError) as error:
            config.load({**NEEDED, name: value})
        said = str(error.value)
        assert said.startswith(f"{name} is malformed: "), value
        assert len(said) > len(f"{name} is malformed: ") + 5
        assert "\n" not in said
        if name == "TOKEN_KEYS":
            assert KEY not in said


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("PUBLIC_URL", "https://book.example.com/", "https://book.example.com"),
        ("PUBLIC_URL", "http://127.0.0.1:9000", "http://127.0.0.1:9000"),
        ("SECRET_KEY_FALLBACKS", "one, two", ("one", "two")),
        ("ALLOWED_HOSTS_SIGN_IN", "Ana@Example.com, @sailing.example",
         ("ana@example.com", "@sailing.example")),
        ("DATABASE_URL", "postgres://u:p@h/db", "postgres://u:p@h/db"),
        ("LOG_LEVEL", "WARNING", "warning"),
        ("RECONCILE_EVERY", "0", 0),
        ("GOOGLE_CALENDAR_ENDPOINT", "http://127.0.0.1:9009/calendar/v3",
         "http://127.0.0.1:9009/calendar/v3/"),
    ],
)  # fmt: skip
def test_good_values_are_taken(name: str, value: str, read: Any) -> None:
    assert getattr(config.load({**NEEDED, name: value}), name.lower()) == read


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////proc/no/such/meetslot.db",
        "sqlite:////dev/null/meetslot.db",
        "postgresql://nobody@127.0.0.1:1/none",
        "postgresql://nobody@/none?host=/nowhere",
        "postgresql://nobody@127.0.0.1:1/none?bogus=1",
    ],
)
def test_a_database_that_cannot_be_used_ends_the_start_with_one_line(url: str) -> None:
    with pytest.raises(SystemExit) as end:
        create_app(config.load({**NEEDED, "DATABASE_URL": url}))
    assert str(end.value.code).startswith("DATABASE_URL ")
    assert "\n" not in str(end.value.code)


def test_a_file_that_is_no_database_ends_the_start_with_one_line(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"not a database, whatever its name says" * 100)
    with pytest.raises(SystemExit) as end:
        create_app(config.load({**NEEDED, "DATABASE_URL": f"sqlite:///{tmp_path}/x.db"}))
    assert str(end.value.code).startswith("DATABASE_URL ")


# --- the real program -----------------------------------------------------------------------------


CLEAN = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}


def flask(folder: Path, *args: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """flask --app app, in a process of its own with this environment only."""
    return ended(worker.flask, ["--app", "app", *args], {**CLEAN, **environ}, folder)


MISSING = [f"{name} is missing: " for name in NEEDED]


def told(text: str, begins: list[str]) -> None:
    """A line for each, and nothing else."""
    lines = text.splitlines()
    assert len(lines) == len(begins), text
    for line, begin in zip(lines, begins, strict=True):
        assert line.startswith(begin)
        assert len(line) > len(begin) + 10


@pytest.mark.parametrize("command", [["hosts", "list"], ["serve"], ["run"], ["routes"]])
def test_the_program_ends_with_a_line_for_each_fault_and_no_traceback(
    tmp_path: Path, command: list[str]
) -> None:
    result = flask(tmp_path, *command)
    assert (result.returncode, result.stdout) == (1, "")
    told(result.stderr, MISSING)
    result = flask(tmp_path, *command, **NEEDED, PORT="http", LOG_LEVEL="loud")
    assert (result.returncode, result.stdout) == (1, "")
    told(result.stderr, ["PORT is malformed: ", "LOG_LEVEL is malformed: "])
    assert not list(tmp_path.iterdir())


COMMANDS = [
    ["settings", "export"], ["settings", "import"], ["hosts", "list"], ["hosts", "delete"],
    ["guests", "delete"], ["bookings", "list"], ["explain"], ["reconcile"], ["doctor"], ["serve"],
    ["backup"], ["settings"], ["hosts"], ["guests"], ["bookings"],
]  # fmt: skip


#: Runs the flask program once for each list of arguments; a process of its own for each adds
#: nothing but the time of its imports.
EACH = """
import json, sys
from flask.cli import main
for number, arguments in enumerate(json.loads(sys.argv[1])):
    sys.argv[1:] = arguments
    try:
        main()
    except SystemExit as end:
        print(f"-- {number}: {end.code}", flush=True)
"""


def test_every_help_works_without_any_variable(tmp_path: Path) -> None:
    program = [str(Path(sys.executable).parent / "flask"), "--app", "app", "--help"]
    way: dict[str, Any] = {
        "cwd": tmp_path,
        "env": CLEAN,
        "capture_output": True,
        "text": True,
        "timeout": 120,
    }
    listed = subprocess.run(program, check=False, **way)
    assert (listed.returncode, listed.stderr) == (0, "")
    each = json.dumps([["--app", "app", *command, "--help"] for command in COMMANDS])
    shown = subprocess.run([sys.executable, "-c", EACH, each], check=True, **way)
    assert shown.stderr == ""
    *helps, rest = re.split(r"^-- (\d+: \S+)\n", shown.stdout, flags=re.MULTILINE)
    assert rest == ""
    for number, command in enumerate(COMMANDS):
        assert f"  {command[0]} " in listed.stdout
        text, end = helps[2 * number : 2 * number + 2]
        assert end == f"{number}: 0", command
        assert "Usage: " in text
        assert f" {' '.join(command)} " in text
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("environ", "begins"),
    [
        ({}, MISSING),
        ({**NEEDED, "PORT": "http"}, ["PORT is malformed: "]),
        ({**NEEDED, "DATABASE_URL": "sqlite:////proc/no/m.db"}, ["DATABASE_URL cannot be used ("]),
    ],
    ids=["nothing", "malformed", "no database"],
)
def test_doctor_works_without_any_variable(
    tmp_path: Path, environ: dict[str, str], begins: list[str]
) -> None:
    result = flask(tmp_path, "doctor", **environ)
    assert (result.returncode, result.stderr) == (1, "")
    told(result.stdout, [f"FAIL  {begin}" for begin in begins])
    assert flask(tmp_path, "--help", **environ).returncode == 0


def test_a_dotenv_file_is_read_and_the_environment_goes_before_it(tmp_path: Path) -> None:
    lines = [f"{name}='{value}'" for name, value in NEEDED.items()]
    (tmp_path / ".env").write_text("\n".join([*lines, "LOG_LEVEL=loud", "DATABASE_URL="]))
    result = flask(tmp_path, "hosts", "list")
    assert result.stderr.startswith("LOG_LEVEL is malformed")
    result = flask(tmp_path, "hosts", "list", LOG_LEVEL="error")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert (tmp_path / "instance" / "meetslot.db").exists()


def test_an_empty_limit_in_a_dotenv_file_is_no_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = [name for name in DEFAULTS if name not in NEEDED]
    lines = [*(f"{name}='{value}'" for name, value in NEEDED.items()), *(f"{e}=" for e in empty)]
    (tmp_path / ".env").write_text("\n".join([*lines, "WITHOUT_A_VALUE"]))
    monkeypatch.chdir(tmp_path)
    for name in DEFAULTS:
        monkeypatch.delenv(name, raising=False)
    read = config.load()
    found = {name: getattr(read, name.lower()) for name in empty}
    limits = {"BOOKING_RATE_LIMIT": "", "READ_RATE_LIMIT": ""}
    assert found == {name: DEFAULTS[name] for name in empty} | limits


def served(
    google: StandIn, folder: Path, *, true: bool = False, **settings: str
) -> AbstractContextManager[Production]:
    """The production server until the block ends."""
    return production({**NEEDED, **google.environ}, folder, true=true, METRICS="", **settings)


def test_the_server_serves_on_its_port_until_it_is_told_to_end(
    google: StandIn, tmp_path: Path
) -> None:
    with served(google, tmp_path, true=True, WEB_CONCURRENCY="1") as server:
        answer = requests.get(f"{server.url}/healthz", timeout=120)
        assert answer.json() == {"status": "ok"}
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert server.end() == 0


@pytest.mark.parametrize(
    "url", ["sqlite:////proc/nowhere/m.db", "postgresql://u:hidden@127.0.0.1:9/nothing"]
)
def test_a_database_that_is_not_there_ends_the_start_with_one_line(
    tmp_path: Path, url: str
) -> None:
    result = flask(tmp_path, "hosts", "list", **NEEDED, DATABASE_URL=url)
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith("DATABASE_URL cannot be used (")
    assert "sqlite:///instance/meetslot.db" in line
    assert "postgresql://user:password@machine/name" in line
    assert "hidden" not in line


def test_a_second_server_on_the_same_port_says_so_and_does_not_start(
    google: StandIn, tmp_path: Path
) -> None:
    with served(google, tmp_path, WEB_CONCURRENCY="1") as server:
        second = flask(tmp_path, "serve", **NEEDED, PORT=str(server.port))
        assert second.returncode == 1
        assert second.stderr.startswith(f"Error: port {server.port} is in use")
        assert f"PORT={server.port + 1}" in second.stderr
        assert "Traceback" not in second.stderr


def test_an_address_that_is_not_this_machines_is_told(tmp_path: Path) -> None:
    result = flask(tmp_path, "serve", **NEEDED, BIND="203.0.113.7")
    assert result.returncode == 1
    assert result.stderr.startswith("Error: PORT=8000 on BIND=203.0.113.7 cannot be used: ")


def test_all_workers_of_a_server_count_one_limit_together(google: StandIn, tmp_path: Path) -> None:
    settings = {"WEB_CONCURRENCY": "4", "READ_RATE_LIMIT": "20 per hour"}
    with served(google, tmp_path, **settings) as server:
        answers = [requests.get(f"{server.url}/api/v1/nobody", timeout=120) for _time in range(60)]
    assert [answer.status_code for answer in answers] == [404] * 20 + [429] * 40
    assert int(answers[-1].headers["Retry-After"]) > 3500


def test_health_is_told_only_while_the_database_answers(
    google: StandIn, tmp_path: Path, clock: time_machine.Traveller
) -> None:
    file = tmp_path / "m.db"
    app = create_app(config.load({**NEEDED, **google.environ, "DATABASE_URL": f"sqlite:///{file}"}))
    assert app.test_client().get("/healthz").status_code == 200
    models.database.close()
    for each in tmp_path.glob("m.db*"):
        each.write_bytes(b"lost" * 1000)
    answer = app.test_client().get("/healthz")
    assert answer.status_code == 503
    assert answer.get_json()["status"] != "ok"
    models.database.close()


@pytest.mark.parametrize(("seconds", "asked"), [("0", 2), ("60", 1)])
def test_busy_times_are_as_old_as_the_operator_allows(
    google: StandIn, tmp_path: Path, clock: time_machine.Traveller, seconds: str, asked: int
) -> None:
    environ = {**NEEDED, **google.environ, "DATABASE_URL": f"sqlite:///{tmp_path}/m.db"}
    app = create_app(
        config.load({**environ, "BUSY_TTL": seconds, "PUBLIC_URL": "http://localhost"})
    )
    Browser(app.test_client(), google).sign_in(ANA)
    google.state.calls.clear()
    for _time in range(2):
        assert app.test_client().get(PICKER).status_code == 200
    assert google.calls.count("calendar.freebusy.query") == asked
    models.database.close()


def test_nothing_else_reads_the_environment() -> None:
    for path in [ROOT / "app.py", ROOT / "models.py", *(ROOT / "widget").glob("*.py")]:
        if path.name != "config.py":
            assert not re.search(r"os\.(environ|getenv)", path.read_text()), path
