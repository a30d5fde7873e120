"""A guest cancels by the booking's own link; the host's time is free again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

import models
from app import create_app
from demo.google import StandIn
from tests import page
from tests.people import (
    ANA,
    MARIA,
    NINE,
    TEN,
    book,
    cancel,
    code_of,
    ics,
    look,
    offered,
    reconcile,
    row,
    status_of,
)
from widget import config
from widget.booking import act, rows
from widget.host import account

pytestmark = pytest.mark.usefixtures("ana")


def test_the_page_has_a_form_that_cancels_and_says_so(guest: FlaskClient, google: StandIn) -> None:
    address = book(guest)
    form = look(guest, address).one("form", id="cancel-form")
    assert form["method"] == "post"
    answer = guest.post(form["action"], data={**form.fields(), "reason": "Fell ill"})
    assert (answer.status_code, urlsplit(answer.headers["Location"]).path) == (303, address)
    shown = look(guest, address)
    assert status_of(shown) == "cancelled"
    assert "You cancelled it" in shown.text
    assert "Fell ill" in shown.text
    assert google.events(ANA) == []


def test_google_tells_the_guests(guest: FlaskClient, google: StandIn) -> None:
    cancel(guest, book(guest))
    assert [(each["kind"], each["to"]) for each in google.invitations[1:]] == [
        ("cancellation", MARIA["email"])
    ]


def test_the_time_is_free_at_once_for_others(guest: FlaskClient) -> None:
    address = book(guest)
    assert NINE not in offered(guest)
    cancel(guest, address)
    assert NINE in offered(guest)
    book(guest, NINE, email="other@guests.example")


def test_cancelling_twice_is_the_same_as_once(guest: FlaskClient, google: StandIn) -> None:
    address = book(guest)
    assert cancel(guest, address, "Fell ill").status_code == 303
    assert cancel(guest, address, "Another reason").status_code == 303
    assert "Fell ill" in look(guest, address).text
    assert google.calls.count("calendar.events.delete") == 1


def test_htmx_gets_the_cancelled_booking_as_a_fragment(guest: FlaskClient) -> None:
    address = book(guest)
    headers = {"HX-Request": "true", "HX-Request-Type": "partial"}
    answer = guest.post(f"{address}/cancel", data={}, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["HX-Replace-Url"] == address
    assert answer.text.strip().startswith('<main id="picker"')
    assert status_of(page.read(answer.text)) == "cancelled"


@pytest.mark.parametrize("path", ["", "/cancel", "/reschedule", "/reschedule?start=" + TEN, ".ics"])
def test_a_get_never_changes_anything(
    app: Flask, guest: FlaskClient, google: StandIn, path: str
) -> None:
    address = book(guest)
    before = (row(app), google.events(ANA))
    guest.get(address + path)
    assert (row(app), google.events(ANA)) == before


def test_the_calendar_file_says_so_with_a_higher_sequence(guest: FlaskClient) -> None:
    address = book(guest)
    before = ics(guest, address)
    cancel(guest, address)
    after = ics(guest, address)
    assert (before["STATUS"], before["SEQUENCE"]) == ("CONFIRMED", "0")
    assert (after["STATUS"], after["SEQUENCE"], after["UID"]) == ("CANCELLED", "1", before["UID"])


def test_a_link_of_an_older_key_still_cancels(environ: dict[str, str], google: StandIn) -> None:
    def server(key: str, *older: str) -> FlaskClient:
        long = "{} is the key of one year and long enough".format
        keys = {"SECRET_KEY": long(key), "SECRET_KEY_FALLBACKS": ",".join(map(long, older))}
        return create_app(config.load({**environ, **keys})).test_client()

    address = book(server("a"))
    assert cancel(server("c"), address).status_code == 404
    assert cancel(server("c", "b", "a"), address).status_code == 303
    assert google.events(ANA) == []


@pytest.mark.parametrize("token", ["nothing", "AAAA~AAAA", "%00", "x" * 3000])
def test_a_link_that_we_did_not_make_cancels_nothing(guest: FlaskClient, token: str) -> None:
    assert cancel(guest, f"/booking/{token}").status_code == 404


@pytest.mark.parametrize(
    ("reason", "said"), [("x" * 1001, "too long"), ("a\x07b", "cannot be used")]
)
def test_a_reason_that_cannot_be_is_refused_and_kept(
    guest: FlaskClient, google: StandIn, reason: str, said: str
) -> None:
    answer = cancel(guest, book(guest), reason)
    assert answer.status_code == 422
    shown = page.read(answer.text)
    assert said in shown.one(data_error="invalid_request").text
    assert shown.one("textarea").raw == reason
    assert len(google.events(ANA)) == 1


def test_markup_in_a_reason_stays_text(guest: FlaskClient) -> None:
    address = book(guest)
    cancel(guest, address, "<script>alert(1)</script>")
    assert "<script>alert" not in guest.get(address).text


# --- deadlines ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("clock_at", "status"), [("06:59:59", 303), ("07:00:00", 409), ("08:59:00", 409)]
)
def test_after_the_hosts_deadline_it_is_too_late(
    guest: FlaskClient, change: Callable[..., None], clock: time_machine.Traveller,
    clock_at: str, status: int,
) -> None:  # fmt: skip
    change("ana", event={"change_deadline": 120})
    address = book(guest)
    clock.move_to(f"2026-12-01T{clock_at}Z")
    answer = cancel(guest, address)
    assert answer.status_code == status
    if status == 409:
        assert code_of(answer) == "too_late"
        assert not look(guest, address).all("form")
        assert status_of(look(guest, address)) == "confirmed"


def test_without_a_deadline_it_can_be_cancelled_until_it_begins(
    guest: FlaskClient, clock: time_machine.Traveller
) -> None:
    first, second = book(guest, NINE), book(guest, TEN)
    clock.move_to("2026-12-01T09:59:00Z")
    assert code_of(cancel(guest, first)) == "too_late"
    assert cancel(guest, second).status_code == 303


def test_the_host_can_cancel_after_the_guests_deadline(
    app: Flask, guest: FlaskClient, change: Callable[..., None], google: StandIn
) -> None:
    change("ana", event={"change_deadline": 10000})
    address = book(guest)
    with app.test_request_context():
        found = rows.booking_by_id(row(app)["id"])
        assert found
        now = int(time.time())
        ended = act.cancel(app.extensions["meetslot"], found, "Sorry", act.HOST, now)
    assert (ended.status, ended.cancelled_by) == ("cancelled", "host")
    shown = look(guest, address)
    assert "Your host cancelled it" in shown.text
    assert "Sorry" in shown.text
    assert google.events(ANA) == []


# --- what Google may answer ---------------------------------------------------------------------


def test_an_event_that_is_gone_already_counts_as_cancelled(
    guest: FlaskClient, google: StandIn
) -> None:
    address = book(guest)
    (event,) = google.events(ANA)
    google.alter(ANA, event["id"], "delete")
    assert cancel(guest, address).status_code == 303
    assert status_of(look(guest, address)) == "cancelled"


def test_an_event_that_the_host_changed_is_deleted_all_the_same(
    guest: FlaskClient, google: StandIn
) -> None:
    address = book(guest)
    (event,) = google.events(ANA)
    google.alter(ANA, event["id"], "move")
    assert cancel(guest, address).status_code == 303
    assert google.events(ANA) == []
    assert google.calls[-3:] == [
        "calendar.events.delete", "calendar.events.get", "calendar.events.delete",
    ]  # fmt: skip


def test_an_event_that_the_guest_was_taken_off_stays_the_hosts_own(
    app: Flask, guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    address = book(guest)
    (event,) = google.events(ANA)
    google.alter(ANA, event["id"], "remove-guest")
    assert cancel(guest, address).status_code == 303
    assert status_of(look(guest, address)) == "cancelled"
    clock.shift(61)
    reconcile(app)
    assert len(google.events(ANA)) == 1


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"status": 429, "reason": "rateLimitExceeded"}, "calendar_unavailable"),
        ({"status": 403, "reason": "userRateLimitExceeded"}, "calendar_unavailable"),
        ({"status": 403, "reason": "forbidden"}, "calendar_unavailable"),
        ({"status": 400, "reason": "invalid"}, "calendar_refused"),
        ({"status": 403, "reason": "requiredAccessLevel"}, "calendar_disconnected"),
        ({"status": 403, "reason": "insufficientPermissions"}, "calendar_disconnected"),
    ],
    ids=str,
)
def test_when_google_refuses_nothing_is_changed_and_the_page_says_so(
    guest: FlaskClient, google: StandIn, fault: dict[str, Any], code: str
) -> None:
    address = book(guest)
    google.fault("calendar.events.delete", **fault)
    answer = cancel(guest, address, "Fell ill")
    assert answer.status_code == 503
    shown = page.read(answer.text)
    assert shown.one(data_error=True)["data-error"] == code
    assert "nothing was changed" in shown.text.lower()
    assert status_of(shown) == "confirmed"
    if code == "calendar_unavailable":
        assert shown.one("textarea").raw == "Fell ill"
        assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    "fault",
    [{"cut": "before"}, {"cut": "after"}, {"status": 500}, {"status": 500, "after": True}],
    ids=str,
)
def test_when_nobody_knows_it_is_pending_and_settles_by_itself(
    app: Flask, guest: FlaskClient, google: StandIn, clock: time_machine.Traveller,
    fault: dict[str, Any],
) -> None:  # fmt: skip
    address = book(guest)
    google.fault("calendar.events.delete", **fault)
    assert cancel(guest, address).status_code == 303
    shown = look(guest, address)
    assert status_of(shown) == "pending"
    assert "noted that you cancel" in shown.text
    assert shown.one(hx_get=address)
    assert NINE not in offered(guest)
    clock.shift(5)
    assert status_of(look(guest, address)) == "cancelled"
    assert google.events(ANA) == []
    assert NINE in offered(guest)


def test_a_pending_booking_can_be_cancelled_and_no_event_stays(
    app: Flask, guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    google.fault("calendar.events.insert", cut="after")
    address = book(guest)
    assert cancel(guest, address).status_code == 303
    clock.shift(100)
    reconcile(app)
    clock.shift(100)
    reconcile(app)
    assert status_of(look(guest, address)) == "cancelled"
    assert google.events(ANA) == []


def test_a_refusal_leaves_a_booking_whose_change_could_not_be_taken_in(
    app: Flask, guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    """It is known to stand, though its event is not as we have it: the guest has declined."""
    google.fault("calendar.events.insert", cut="after")
    address = book(guest)
    google.alter(ANA, google.events(ANA)[0]["id"], "decline-guest")
    google.fault("calendar.events.patch", status=503)
    clock.shift(60)
    assert status_of(look(guest, address)) == "confirmed"
    google.fault("calendar.events.delete", status=400, reason="invalid")
    answer = cancel(guest, address)
    assert answer.status_code == 503
    assert status_of(page.read(answer.text)) == "confirmed"


def test_a_refusal_does_not_confirm_a_booking_that_was_never_known_to_stand(
    app: Flask, guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    google.fault("calendar.events.insert", cut="before")
    address = book(guest, "2026-12-04T09:00:00Z")
    google.fault("calendar.events.delete", status=503)
    cancel(guest, address)
    google.fault("calendar.events.delete", status=400, reason="invalid", times=None)
    clock.shift(60)
    reconcile(app)
    assert status_of(look(guest, address)) == "pending"
    clock.shift(86400)
    reconcile(app)
    assert status_of(look(guest, address)) == "cancelled"


def test_after_a_day_without_an_answer_the_cancellation_holds_and_the_host_is_told(
    app: Flask, guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    address = book(guest, "2026-12-04T09:00:00Z")
    google.fault("calendar.events.delete", status=500, times=None)
    cancel(guest, address)
    clock.shift(86400 + 60)
    reconcile(app)
    assert status_of(look(guest, address)) == "cancelled"
    with app.app_context():
        host = models.host_by_handle("ana")
        assert host
        told = account.troubles(host, int(time.time()))
        assert [each.trouble for each in told] == ["cancel"]
    google.clear_faults()
    clock.shift(600)
    reconcile(app)
    assert google.events(ANA) == []


def test_the_same_wish_without_a_form_of_ours_books_anew_after_a_cancellation(
    guest: FlaskClient, google: StandIn
) -> None:
    wish = {"name": "Gita", "email": "gita@guest.example", "start": "2026-12-03T09:00:00Z"}
    first = guest.post("/book/ana/intro", data=wish).headers["Location"]
    assert guest.post("/book/ana/intro", data=wish).headers["Location"] == first
    guest.post(f"{first}/cancel")
    second = guest.post("/book/ana/intro", data=wish).headers["Location"]
    assert second != first
    assert len(google.events("ana@sailing.example")) == 1
