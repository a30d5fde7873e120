"""Webhooks: what a host's own program is told, and when; verified by the published library."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
import time_machine
from cryptography.fernet import Fernet
from flask import Flask
from flask.testing import FlaskClient
from standardwebhooks.webhooks import WebhookVerificationError

import models
from app import create_app
from demo.google import StandIn
from tests.booking.test_rounds import claim
from tests.conftest import Browser, command, on_sqlite
from tests.people import (
    ANA,
    ELEVEN,
    MARIA,
    NINE,
    PICKER,
    TEN,
    ask,
    book,
    booked,
    bookings,
    cancel,
    exported,
    look,
    reconcile,
    reschedule,
)
from tests.receiver import SECRET, Receiver, receiver
from widget import config
from widget.booking import states

pytestmark = pytest.mark.usefixtures("ana")


@pytest.fixture
def crm(change: Callable[..., None]) -> Iterator[Receiver]:
    """Ana's own program, which wants to know all there is."""
    with receiver() as found:
        change("ana", webhook=found.settings())
        yield found


# --- what is told -------------------------------------------------------------------------------


def test_a_booking_is_told_as_the_api_has_it_signed_by_the_standard(
    app: Flask, guest: FlaskClient, crm: Receiver, change: Callable[..., None]
) -> None:
    question = {"id": "topic", "label": "What about?", "kind": "text", "required": False}
    change("ana", event={"questions": [question]})
    more = {"answers": {"topic": "Knots"}, "notes": "By the sea"}
    made = booked(app, NINE, **more)
    assert "1 sent to webhooks" in reconcile(app)
    [got] = crm.got
    said = got.verified()
    assert (said["type"], got.path) == ("booking.confirmed", "/hook?of=ana")
    assert said["timestamp"] == "2026-11-30T08:00:00Z"
    assert got.headers["content-type"] == "application/json"
    assert got.headers["webhook-id"].startswith("msg_")
    data = said["data"]
    assert {name: data[name] for name in made} == made
    assert (data["answers"], data["notes"], data["utm"]) == ({"topic": "Knots"}, "By the sea", {})
    assert (data["guest"]["name"], data["guest"]["email"]) == ("Gita Guest", "gita@guest.example")
    assert "/meet/" in data["meetLink"]
    assert (data["event"], data["cancelledBy"]) == ("intro", None)
    token = command(app, "tokens", "create", "ana").strip()
    mine = guest.get(
        f"/api/v1/me/bookings/{made['id']}", headers={"Authorization": f"Bearer {token}"}
    )
    assert data == mine.get_json()
    assert "sent" not in reconcile(app)
    with pytest.raises(WebhookVerificationError):
        got.verified("whsec_" + "A" * 32)


def test_all_that_happens_to_a_booking_is_told_in_order_as_it_was_then(
    app: Flask, guest: FlaskClient, crm: Receiver, clock: time_machine.Traveller
) -> None:
    address = book(guest)
    clock.shift(5)
    reschedule(guest, address, TEN)
    clock.shift(5)
    cancel(guest, address, "ill")
    reconcile(app)
    assert crm.types == ["booking.confirmed", "booking.rescheduled", "booking.cancelled"]
    told = [each.verified() for each in crm.got]
    assert [each["data"]["start"] for each in told] == [NINE, TEN, TEN]
    assert [each["data"]["status"] for each in told] == ["confirmed", "confirmed", "cancelled"]
    assert [each["data"]["cancelReason"] for each in told] == [None, None, "ill"]
    assert [each["timestamp"][-3:] for each in told] == ["00Z", "05Z", "10Z"]
    assert len({each.headers["webhook-id"] for each in crm.got}) == 3


def test_what_a_host_does_in_google_is_told_and_what_changes_nothing_is_not(
    app: Flask, guest: FlaskClient, google: StandIn, crm: Receiver, clock: time_machine.Traveller
) -> None:
    book(guest)
    [event] = google.events(ANA)
    for act, more in (("move", (30,)), ("rename", ("Another title",)), ("delete", ())):
        clock.shift(120)
        if act == "rename":
            with google.state.lock:
                google.state.calendars[ANA].events[event["id"]]["summary"] = more[0]
        else:
            google.alter(ANA, event["id"], act, *more)
        reconcile(app)
    assert crm.types == ["booking.confirmed", "booking.rescheduled", "booking.cancelled"]
    assert crm.got[1].json["data"]["start"] == "2026-12-01T09:30:00Z"
    assert crm.got[2].json["data"]["cancelledBy"] == "host"


def test_a_booking_that_google_refuses_is_told_as_failed(
    app: Flask, guest: FlaskClient, google: StandIn, crm: Receiver
) -> None:
    google.fault("calendar.events.insert", status=400, reason="badRequest")
    assert ask(guest).status_code >= 400
    reconcile(app)
    [failed] = crm.got
    assert (failed.json["type"], failed.json["data"]["status"]) == ("booking.failed", "failed")
    assert failed.json["data"]["meetLink"] is None


def test_a_pending_booking_is_told_once_it_is_known(
    app: Flask, guest: FlaskClient, google: StandIn, crm: Receiver, clock: time_machine.Traveller
) -> None:
    google.fault("calendar.events.insert", cut="after")
    assert ask(guest).status_code == 202
    assert crm.got == []
    clock.shift(90)
    reconcile(app)
    assert crm.types == ["booking.confirmed"]


def test_a_host_who_is_disconnected_is_told_once_each_time(
    app: Flask, ana: Browser, guest: FlaskClient, crm: Receiver, google: StandIn,
    clock: time_machine.Traveller,
) -> None:  # fmt: skip
    google.revoke(ANA)
    clock.shift(4000)
    look(guest, PICKER, 503)
    for _round in range(3):
        reconcile(app)
    [told] = crm.got
    assert told.json["type"] == "host.disconnected"
    assert told.json["data"]["handle"] == "ana"
    assert told.json["data"]["reason"]
    ana.sign_in(ANA)
    google.revoke(ANA)
    clock.shift(4000)
    look(guest, PICKER, 503)
    reconcile(app)
    reconcile(app)
    assert crm.types == ["host.disconnected"] * 2


def test_only_what_is_wanted_is_told(
    app: Flask, guest: FlaskClient, crm: Receiver, change: Callable[..., None]
) -> None:
    change("ana", webhook=crm.settings(events=["booking.cancelled"]))
    address = book(guest)
    cancel(guest, address)
    reconcile(app)
    assert crm.types == ["booking.cancelled"]
    change("ana", webhook=None)
    book(guest)
    reconcile(app)
    assert len(crm.got) == 1


# --- until it is taken ----------------------------------------------------------------------------


def test_what_is_not_taken_is_sent_again_after_growing_pauses_for_a_day(
    app: Flask, guest: FlaskClient, crm: Receiver, clock: time_machine.Traveller
) -> None:
    book(guest)
    while at := due_at():
        clock.move_to(at)
        crm.will(500, b"no room\nat all")
        reconcile(app)
    assert 8 <= len(crm.got) <= 16
    assert len({each.headers["webhook-id"] for each in crm.got}) == 1
    times = [int(each.headers["webhook-timestamp"]) for each in crm.got]
    pauses = [after - before for before, after in pairwise(times)]
    assert pauses[0] <= 10 < 3600 < pauses[-2]
    assert times[-1] - times[0] == 24 * 3600
    assert crm.got[-1].body == crm.got[0].body


def due_at() -> int | None:
    """When the next delivery is to be sent."""
    with models.database.connection_context():
        found: int | None = models.database.execute_sql(
            "SELECT MIN(due_at) FROM delivery"
        ).fetchone()[0]
        return found


def test_later_events_of_a_booking_wait_for_the_one_before_and_others_do_not(
    app: Flask, guest: FlaskClient, crm: Receiver, clock: time_machine.Traveller
) -> None:
    address = book(guest)
    cancel(guest, address)
    book(guest, ELEVEN)
    crm.will(503)
    reconcile(app)
    assert [(each.json["type"], each.json["data"]["start"]) for each in crm.got] == [
        ("booking.confirmed", NINE),
        ("booking.confirmed", ELEVEN),
    ]
    clock.shift(10)
    reconcile(app)
    assert [each.json["type"] for each in crm.got[2:]] == ["booking.confirmed", "booking.cancelled"]
    assert crm.got[2].headers["webhook-id"] == crm.got[0].headers["webhook-id"]


@on_sqlite
@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 404, 410, 429, 500])
def test_only_a_success_is_one_and_no_redirect_is_followed(
    app: Flask, guest: FlaskClient, crm: Receiver, status: int
) -> None:
    with receiver() as other:
        crm.will(status, Location=other.url)
        book(guest)
        assert "1 not taken by webhooks" in reconcile(app)
        assert other.got == []
    assert len(crm.got) == 1


def test_with_a_new_secret_both_are_valid_for_a_day(
    app: Flask, guest: FlaskClient, crm: Receiver, change: Callable[..., None],
    clock: time_machine.Traveller,
) -> None:  # fmt: skip
    newer = "whsec_" + "B" * 32
    change("ana", webhook=crm.settings(secret=newer))
    book(guest)
    reconcile(app)
    assert crm.got[0].verified(newer) == crm.got[0].verified(SECRET)
    clock.shift(86401)
    book(guest, "2026-12-02T09:00:00Z")
    reconcile(app)
    assert crm.got[1].verified(newer)
    with pytest.raises(WebhookVerificationError):
        crm.got[1].verified(SECRET)


@pytest.mark.parametrize(
    "database_url", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)
def test_what_is_written_down_to_be_told_waits_for_nobody(app: Flask, crm: Receiver) -> None:
    """Who holds the host may wait for the booking: they would wait for each other for ever."""

    def confirm() -> None:
        try:
            models.database.execute_sql("SET lock_timeout = '50ms'")
            assert states.confirm(found, {"etag": "2"}, 7)
        finally:
            models.database.manual_close()  # nobody else gets this connection

    with app.app_context(), ThreadPoolExecutor(1) as threads:
        found = claim(100, 200)
        with models.locked(found.host):
            threads.submit(confirm).result(timeout=120)
        assert "booking.confirmed" in stored("delivery")


# --- at rest, and removed -----------------------------------------------------------------------


def stored(table: str) -> str:
    with models.database.connection_context():
        return str(models.database.execute_sql(f"SELECT * FROM {table}").fetchall())


def test_the_secret_is_encrypted_at_rest_and_comes_back_in_an_export(
    app: Flask, crm: Receiver, change: Callable[..., None]
) -> None:
    change("ana", webhook=crm.settings(secret="whsec_" + "B" * 32))
    for table in ("host", "webhook"):
        assert "whsec_" not in stored(table)
    assert exported(app)["webhook"] == crm.settings(secret="whsec_" + "B" * 32)


def test_what_was_told_is_wiped_with_what_guests_said(
    app: Flask, guest: FlaskClient, crm: Receiver, environ: dict[str, str],
    clock: time_machine.Traveller,
) -> None:  # fmt: skip
    book(guest)
    crm.will(200, b"Thanks, maria@example.com")
    reconcile(app)
    models.database.close()
    wiping = create_app(config.load({**environ, "BOOKING_RETENTION_DAYS": "5"}))
    clock.shift(5 * 86400)
    reconcile(wiping)
    assert "maria@example.com" in stored("attempt")
    clock.shift(3 * 86400)
    reconcile(wiping)
    assert (stored("delivery"), stored("attempt")) == ("[]", "[]")


def test_a_secret_of_before_is_encrypted_by_a_rotation_and_the_old_key_can_go(
    app: Flask, crm: Receiver, environ: dict[str, str], change: Callable[..., None]
) -> None:
    newer = "whsec_" + "B" * 32
    change("ana", webhook=crm.settings(secret=newer))
    with models.database.connection_context():  # as the migration leaves one
        models.database.execute_sql(f"UPDATE webhook SET secret = '{newer}'")
    models.database.close()
    key = Fernet.generate_key().decode()
    both = create_app(config.load({**environ, "TOKEN_KEYS": f"{key},{environ['TOKEN_KEYS']}"}))
    assert exported(both)["webhook"]["secret"] == newer
    command(both, "keys", "rotate")
    assert "whsec_" not in stored("webhook")
    alone = create_app(config.load({**environ, "TOKEN_KEYS": key}))
    assert exported(alone)["webhook"]["secret"] == newer
    old = create_app(config.load(environ))
    assert exported(old)["webhook"] is None


def test_what_cannot_be_signed_is_not_sent_and_holds_up_nobody(
    app: Flask, guest: FlaskClient, crm: Receiver, environ: dict[str, str]
) -> None:
    book(guest)
    with models.database.connection_context():
        models.database.execute_sql("UPDATE webhook SET secret = 'gAAAAno'")
    reconcile(app)
    assert crm.got == []
    assert "Not sent: a fault of ours" in stored("attempt")


@pytest.mark.parametrize(
    "leave",
    [("guests", "delete", MARIA["email"], "--yes"), ("hosts", "delete", "ana", "--yes")],
)
def test_what_was_told_goes_with_the_guest_or_the_host(
    app: Flask, guest: FlaskClient, crm: Receiver, leave: tuple[str, ...]
) -> None:
    book(guest)
    crm.will(500, b"maria@example.com is unknown")
    reconcile(app)
    assert "maria@example.com" in stored("attempt")
    command(app, *leave)
    assert (stored("delivery"), stored("attempt")) == ("[]", "[]")
    before = len(crm.got)
    if leave[0] == "guests":
        reconcile(app)
    assert len(crm.got) == before
    assert bookings(app) == [] if leave[0] == "guests" else True


def test_what_a_receiver_said_goes_with_a_further_guest(
    app: Flask, guest: FlaskClient, crm: Receiver, change: Callable[..., None]
) -> None:
    change("ana", event={"extra_guests": 1})
    book(guest, guests="friend@example.com")
    book(guest, TEN, email="other@example.com")
    crm.will(500, b"friend@example.com is unknown")
    crm.will(500, b"other@example.com is unknown")
    reconcile(app)
    assert "friend@example.com" in stored("attempt")
    command(app, "guests", "delete", "Friend@example.com", "--yes")
    assert "friend@example.com" not in stored("attempt")
    assert "other@example.com is unknown" in stored("attempt")
