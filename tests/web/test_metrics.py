"""/metrics: what an operator's Prometheus reads, over all workers, apart from the guests'."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

import models
from app import create_app
from demo.google import StandIn
from tests.conftest import Browser, on_sqlite
from tests.people import ANA, MARIA
from tests.server import Production, free_ports, patiently, production
from widget import config
from widget.core.clock import now, to_rfc3339

Figures = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def figures(url: str) -> Figures:
    """What Prometheus would read: by name and labels."""
    text = patiently(url).text
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def free(site: str) -> list[dict[str, str]]:
    """Ana's free times of the next weeks."""
    days = {"from": to_rfc3339(now()), "to": to_rfc3339(now() + 30 * 86400)}
    answer = requests.get(f"{site}/api/v1/ana/intro/slots", params=days, timeout=120)
    found: list[dict[str, str]] = answer.json()["slots"]
    return found


def value(found: Figures, name: str, **labels: str) -> float:
    """The sum of all series of a name that have these labels."""
    wanted = set(labels.items())
    series = [
        number for (each, has), number in found.items() if each == name and wanted <= set(has)
    ]
    assert series, f"{name} {labels}"
    return sum(series)


@pytest.fixture
def host(environ: dict[str, str], google: StandIn) -> dict[str, str]:
    """Ana has signed in; the environment to serve her guests with."""
    app = create_app(config.load(environ))
    Browser(app.test_client(), google).sign_in(ANA)
    models.database.close()
    return environ


def test_all_workers_are_counted_together_and_what_is_stored_is_told(
    host: dict[str, str], google: StandIn, tmp_path: Path
) -> None:
    with production(host, tmp_path, true=True) as server:  # who counts is said while importing
        for _time in range(60):  # a connection each, so that both workers get some
            assert requests.get(f"{server.url}/book/nobody", timeout=120).status_code == 404
        for _time in range(14):  # each worker misses once, and again as a quarter of an hour ends
            assert requests.get(f"{server.url}/book/ana", timeout=120).status_code == 200
        slots = free(server.url)
        for slot, code in ((slots[0], 201), (slots[0], 409), (slots[-1], 201)):
            body = {"start": slot["start"], **MARIA}
            answer = requests.post(
                f"{server.url}/api/v1/ana/intro/bookings", json=body, timeout=120
            )
            assert answer.status_code == code
        found = figures(server.metrics)
        counted = "meetslot_request_seconds_count"
        assert value(found, counted, route="/book/<handle>", status="404", method="GET") == 60
        assert value(found, counted, route="/api/v1/<handle>/<slug>/bookings", status="201") == 2
        assert value(found, counted, route="/api/v1/<handle>/<slug>/bookings", status="409") == 1
        calls = "meetslot_google_call_seconds_count"
        assert value(found, calls, method="calendar.events.insert", outcome="ok") == 2
        assert value(found, "meetslot_bookings", status="confirmed") == 2
        assert value(found, "meetslot_bookings", status="pending") == 0
        assert value(found, "meetslot_oldest_pending_seconds") == 0
        assert value(found, "meetslot_outbox_length") == 0
        assert value(found, "meetslot_cache_lookups_total", cache="busy", result="miss") >= 1
        assert value(found, "meetslot_cache_lookups_total", cache="answers", result="hit") >= 10


def test_what_an_ended_worker_counted_stays_and_another_one_answers(
    host: dict[str, str], tmp_path: Path
) -> None:
    with production(host, tmp_path, true=True) as server:  # who counts is said while importing
        for _time in range(20):
            requests.get(f"{server.url}/book/nobody", timeout=120)
        both = server.workers()
        assert len(both) == 2
        os.kill(both[0], signal.SIGKILL)
        found = figures(server.metrics)
        assert value(found, "meetslot_request_seconds_count", route="/book/<handle>") == 20


@on_sqlite
def test_guests_do_not_find_it_and_without_the_setting_nobody_does(
    environ: dict[str, str], tmp_path: Path
) -> None:
    with production(environ, tmp_path, METRICS="", WEB_CONCURRENCY="1") as server:
        assert requests.get(f"{server.url}/metrics", timeout=120).status_code == 404
        with pytest.raises(requests.ConnectionError):
            requests.get(server.metrics, timeout=5)


@on_sqlite
def test_the_address_has_to_be_free_and_another_one_than_the_guests(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    with production(environ, tmp_path, WEB_CONCURRENCY="1") as server:
        assert requests.get(f"{server.url}/metrics", timeout=120).status_code == 404
        taken = server.metrics.removeprefix("http://").removesuffix("/metrics")
        refused(Production(environ, tmp_path, METRICS=taken), "METRICS cannot be used")
        (same,) = free_ports(1)
        settings = {"PORT": str(same), "METRICS": f"[::1]:{same}"}
        refused(Production(environ, tmp_path, **settings), "METRICS and PORT")


def refused(server: Production, said: str) -> None:
    assert server.process.wait(120) == 1
    assert said in server.log.read_text()
