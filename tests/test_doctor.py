"""flask doctor: one line for each check, and exit 1 if any fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from flask import Flask

import models
from app import create_app
from demo.google import StandIn
from tests.conftest import Browser
from tests.people import ANA
from widget import config


def doctor(app: Flask) -> tuple[int, list[str]]:
    result = app.test_cli_runner().invoke(args=["doctor"])
    assert not result.exception or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout.splitlines()


def failed(app: Flask) -> str:
    """The one line that fails."""
    code, lines = doctor(app)
    assert code == 1
    (line,) = [line for line in lines if not line.startswith("ok")]
    assert line.startswith("FAIL")
    assert len(line.partition(". Remedy: ")[2]) > 10
    return line


def test_a_healthy_server_is_told_line_by_line(app: Flask, ana: Browser) -> None:
    code, lines = doctor(app)
    assert code == 0
    assert all(line.startswith("ok") for line in lines)
    said = "\n".join(lines)
    for part in ("configuration", "database", "http://localhost/auth/google/callback", "ana"):
        assert part in said


def test_without_hosts_there_is_nothing_wrong(app: Flask) -> None:
    assert doctor(app)[0] == 0


def test_a_short_secret_key_fails(environ: dict[str, str], clock: Any) -> None:
    short = {**environ, "SECRET_KEY": "not so long a one"}
    assert "SECRET_KEY" in failed(create_app(config.load(short)))


def test_a_database_that_lost_its_tables_fails(app: Flask, ana: Browser) -> None:
    with models.database.connection_context():
        models.database.execute_sql("ALTER TABLE host RENAME TO lost")
    assert "database" in failed(app)


def test_sign_in_addresses_that_cannot_be_read_fail(app: Flask, google: StandIn) -> None:
    google.fault("oauth.metadata", status=503)
    assert "sign-in" in failed(app)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"status": 503, "reason": "backendError"}, "backendError"),
        ({"status": 403, "reason": "forbidden"}, "forbidden"),
        ({"body": "<html>"}, "malformed answer"),
        ({"cut": "before", "times": 9}, "calendar.freebusy.query"),
    ],
    ids=str,
)
def test_a_calendar_that_google_does_not_tell_of_fails(
    app: Flask, google: StandIn, ana: Browser, fault: dict[str, Any], said: str
) -> None:
    google.fault("calendar.freebusy.query", **fault)
    line = failed(app)
    assert "ana" in line
    assert said in line


def test_a_busy_calendar_that_cannot_be_read_fails(
    app: Flask, ana: Browser, change: Callable[..., None]
) -> None:
    change("ana", busy_calendars=["primary", "gone@group.calendar.example"])
    assert "notFound" in failed(app)


def test_a_calendar_to_write_into_that_is_gone_or_not_the_hosts_fails(
    app: Flask, ana: Browser, change: Callable[..., None]
) -> None:
    for id in ("gone@group.calendar.example", "team@group.calendar.example"):
        change("ana", target_calendar=id)
        assert "target_calendar" in failed(app)
    change("ana", target_calendar="ana-private@group.calendar.example")
    assert doctor(app)[0] == 0


def test_a_host_whose_grant_is_revoked_fails(
    app: Flask, google: StandIn, ana: Browser, clock: time_machine.Traveller
) -> None:
    google.revoke(ANA)
    clock.shift(7200)
    assert "invalid_grant" in failed(app)
    assert "sign in again" in failed(app)


def test_a_host_whose_grant_lacks_a_scope_fails(app: Flask, ana: Browser) -> None:
    with models.database.connection_context():
        models.Host.update(scopes="openid email").execute()
    assert "did not allow" in failed(app)
