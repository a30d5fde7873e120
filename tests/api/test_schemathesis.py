"""The OpenAPI document and the server, held against each other by somebody else's client.

`make fuzz` asks many times; without it a few hundred requests, the same every time.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from demo.google import StandIn
from tests.api.test_openapi import IDS
from tests.conftest import Browser, command
from tests.people import ELEVEN, HALF_PAST, NINE, TEN, book, bookings
from tests.test_fuzz import seen
from tests.world import forget_counts, put_back, rows

#: A schema cannot say which zones there are, or what of a name people can see.
ALLOWED: Any = [positive_data_acceptance]
MANY = int(os.environ.get("FUZZ", "0")) // 50  # of each operation
THERE = {"host": "ana", "event": "intro"}

#: Times that are free, often, or nothing would be booked.
TIMES = st.sampled_from((HALF_PAST, ELEVEN, "2026-12-20T00:00:00+05:45"))
schemathesis.openapi.format("date-time", TIMES | st.datetimes().map(lambda at: f"{at:%FT%TZ}"))


def examples(few: int, **more: Any) -> settings:
    return settings(
        max_examples=MANY or few,
        derandomize=not MANY,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        **more,
    )


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    return {**environ, "LOG_LEVEL": "critical"}


@pytest.fixture
def api(app: Flask, ana: Browser, guest: FlaskClient) -> Any:
    """The document as the server has it, with two bookings and a token to ask with."""
    book(guest, NINE)
    book(guest, TEN)
    found = schemathesis.openapi.from_wsgi("/api/openapi.json", app)
    token = command(app, "tokens", "create", "ana").strip()
    # the client reads no compressed answers
    found.config.update(headers={"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"})
    return found


@pytest.mark.parametrize("id", IDS)
def test_every_answer_is_as_the_document_says(app: Flask, api: Any, id: str) -> None:
    operation = api.find_operation_by_id(id)
    there = {**THERE, "id": bookings(app)[0]["id"]}
    path = {name: there[name] for name in there if f"{{{name}}}" in operation.path}

    @examples(30)
    @given(
        st.one_of(
            operation.as_strategy(GenerationMode.POSITIVE, path_parameters=path),
            operation.as_strategy(GenerationMode.NEGATIVE, path_parameters=path),
            operation.as_strategy(GenerationMode.POSITIVE),
        )
    )
    def check(case: schemathesis.Case) -> None:
        forget_counts(app)
        seen[str(case.call_and_validate(excluded_checks=ALLOWED).status_code)] += 1

    check()


def test_calls_that_follow_each_other_answer_as_the_document_says(
    app: Flask, api: Any, google: StandIn
) -> None:
    """Along the document's links: bookings are made, listed, read, cancelled."""
    stored, remembered = rows(), google.state.snapshot()

    class Machine(api.as_state_machine()):  # type: ignore[misc]
        def setup(self) -> None:
            """Every walk begins alike, or its steps could not be chosen alike."""
            forget_counts(app)
            put_back(stored)
            google.state.restore(remembered)

        def before_call(self, case: Any, **_more: Any) -> None:
            case.path_parameters |= {
                each: THERE[each] for each in case.path_parameters if each in THERE
            }

        def validate_response(self, response: Any, case: Any, **_more: Any) -> None:
            seen[str(response.status_code)] += 1
            case.validate_response(response, excluded_checks=ALLOWED)

    Machine.run(settings=examples(15, stateful_step_count=6))
