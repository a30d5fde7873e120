"""Google says that something changed: channels are kept alive, and lies do no harm."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from demo.google import StandIn
from tests.conftest import Browser
from tests.people import ANA, NINE, TEN, book, bookings, look, offered, reconcile
from widget import config
from widget.booking import channels as booking_channels
from widget.google.errors import Patience

DAY = 86400
TEAM, PRIVATE = "team@group.calendar.example", "ana-private@group.calendar.example"


@pytest.fixture
def secure(ana: Browser, environ: dict[str, str]) -> Flask:
    """The same server behind an https address, which Google can reach."""
    app = create_app(config.load({**environ, "PUBLIC_URL": "https://localhost"}))
    app.extensions["meetslot"].patience = Patience(tries=1)
    return app


@pytest.fixture
def visitor(secure: Flask) -> FlaskClient:
    return secure.test_client()


@pytest.fixture
def booked(secure: Flask, visitor: FlaskClient) -> str:
    """A booking, in a calendar that is listened to."""
    address = book(visitor)
    reconcile(secure)
    return address


def channels(google: StandIn, calendar: str = ANA) -> list[dict[str, Any]]:
    return [each for each in google.state.channels.values() if each["calendar"] == calendar]


def message(channel: dict[str, Any], **changed: str) -> dict[str, str]:
    """The headers of what Google sends."""
    return {
        "X-Goog-Channel-ID": channel["id"],
        "X-Goog-Channel-Token": channel["token"],
        "X-Goog-Resource-ID": channel["resourceId"],
        "X-Goog-Resource-State": "exists",
        "X-Goog-Message-Number": "7",
        **{name.replace("_", "-"): value for name, value in changed.items()},
    }


def hear(visitor: FlaskClient, headers: dict[str, str]) -> int:
    return visitor.post("/google/notifications", headers=headers).status_code


# --- channels -----------------------------------------------------------------------------------


def test_a_channel_is_opened_once_with_a_secret_of_its_own(
    secure: Flask, google: StandIn, booked: str
) -> None:
    (channel,) = channels(google)
    assert channel["address"] == "https://localhost/google/notifications"
    assert len(channel["token"]) >= 32
    reconcile(secure)
    assert google.calls.count("calendar.events.watch") == 1


def test_without_https_no_channel_is_asked_for(
    app: Flask, ana: Browser, guest: FlaskClient, google: StandIn
) -> None:
    book(guest)
    reconcile(app)
    assert channels(google) == []


def test_a_channel_is_renewed_before_its_end_and_only_then_the_old_one_stopped(
    secure: Flask, google: StandIn, booked: str, clock: time_machine.Traveller
) -> None:
    (old,) = channels(google)
    clock.shift(20 * DAY)
    reconcile(secure)
    assert channels(google) == [old]
    clock.shift(3 * DAY)
    reconcile(secure)
    (fresh,) = channels(google)
    assert fresh["id"] != old["id"]
    assert google.calls[-2:] == ["calendar.events.watch", "calendar.channels.stop"]


def test_when_the_old_one_cannot_be_stopped_it_is_tried_again(
    secure: Flask, google: StandIn, booked: str, clock: time_machine.Traveller
) -> None:
    clock.shift(25 * DAY)
    google.fault("calendar.channels.stop", status=500)
    reconcile(secure)
    assert len(channels(google)) == 2
    reconcile(secure)
    assert len(channels(google)) == 1


def test_a_busy_calendar_of_somebody_else_cannot_be_watched_and_nothing_breaks(
    secure: Flask, google: StandIn, booked: str, change: Callable[..., None]
) -> None:
    change("ana", busy_calendars=["primary", TEAM, PRIVATE])
    google.fault("calendar.events.watch", status=403, reason="forbidden")
    reconcile(secure)
    reconcile(secure)
    assert len(channels(google)) + len(channels(google, PRIVATE)) + len(channels(google, TEAM)) == 2
    assert offered(secure.test_client())


def test_a_calendar_that_nobody_needs_any_more_is_not_listened_to(
    secure: Flask, google: StandIn, booked: str, change: Callable[..., None]
) -> None:
    change("ana", busy_calendars=["primary", PRIVATE])
    reconcile(secure)
    assert len(channels(google, PRIVATE)) == 1
    change("ana", busy_calendars=["primary"])
    reconcile(secure)
    assert channels(google, PRIVATE) == []


def test_a_channel_whose_making_was_not_heard_of_is_believed_and_another_made(
    secure: Flask, visitor: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    book(visitor)
    google.fault("calendar.events.watch", cut="after")
    reconcile(secure)
    (unheard,) = channels(google)
    assert hear(visitor, message(unheard)) == 204
    clock.shift(601)
    reconcile(secure)
    assert len(channels(google)) == 2


# --- messages -----------------------------------------------------------------------------------


def test_a_message_makes_new_busy_times_count_at_once(
    visitor: FlaskClient, google: StandIn, booked: str
) -> None:
    assert TEN in offered(visitor)
    google.add_busy(ANA, TEN, "2026-12-01T11:00:00Z")
    assert TEN in offered(visitor), "nothing said so yet"
    (channel,) = channels(google)
    assert hear(visitor, message(channel)) == 204
    assert TEN not in offered(visitor)


def test_after_a_message_the_booking_follows_in_the_next_round(
    secure: Flask, visitor: FlaskClient, google: StandIn, booked: str
) -> None:
    (event,) = google.events(ANA)
    google.alter(ANA, event["id"], "move", 60)
    (channel,) = channels(google)
    hear(visitor, message(channel))
    reconcile(secure)
    assert look(visitor, booked).one(data_booking_status=True)["data-start"] == TEN


def test_messages_that_come_twice_or_out_of_order_are_harmless(
    secure: Flask, visitor: FlaskClient, google: StandIn, booked: str
) -> None:
    before = bookings(secure)
    (channel,) = channels(google)
    for number in ("9", "3", "9", "9"):
        assert hear(visitor, message(channel, X_Goog_Message_Number=number)) == 204
    reconcile(secure)
    assert bookings(secure) == before


@pytest.mark.parametrize(
    "forged",
    [
        {"X_Goog_Channel_Token": ""},
        {"X_Goog_Channel_Token": "guessed"},
        {"X_Goog_Channel_Token": "ä"},
        {"X_Goog_Channel_ID": ""},
        {"X_Goog_Channel_ID": "another"},
        {"X_Goog_Channel_ID": "x" * 5000},
    ],
    ids=str,
)
def test_a_forged_message_does_nothing(
    visitor: FlaskClient, google: StandIn, booked: str, forged: dict[str, str]
) -> None:
    assert TEN in offered(visitor)
    google.add_busy(ANA, TEN, "2026-12-01T11:00:00Z")
    (channel,) = channels(google)
    google.state.calls.clear()
    assert hear(visitor, message(channel, **forged)) == 404
    assert TEN in offered(visitor)
    assert google.calls == []


def test_the_greeting_of_a_new_channel_asks_for_nothing(
    visitor: FlaskClient, google: StandIn, booked: str
) -> None:
    offered(visitor)
    (channel,) = channels(google)
    google.state.calls.clear()
    assert hear(visitor, message(channel, X_Goog_Resource_State="sync")) == 204
    offered(visitor)
    assert google.calls == []


def test_a_message_that_comes_while_its_calendar_is_read_is_not_lost(
    secure: Flask, visitor: FlaskClient, google: StandIn, booked: str
) -> None:
    (channel,) = channels(google)
    hear(visitor, message(channel))
    google.fault("calendar.events.list", status=500)
    reconcile(secure)
    with secure.app_context():
        assert booking_channels.WatchedCalendar.get().due


def test_no_get_and_no_sign_in_is_needed(visitor: FlaskClient) -> None:
    assert visitor.get("/google/notifications").status_code == 405
    assert NINE in offered(visitor)


# --- what channels save -------------------------------------------------------------------------


def lists(google: StandIn) -> int:
    return google.calls.count("calendar.events.list")


def test_a_calendar_with_a_channel_is_read_when_told_and_else_four_times_an_hour(
    secure: Flask, visitor: FlaskClient, google: StandIn, booked: str,
    clock: time_machine.Traveller,
) -> None:  # fmt: skip
    reconcile(secure)  # what changed before the channel stood
    google.state.calls.clear()
    for _minute in range(60):
        clock.shift(60)
        reconcile(secure)
    assert lists(google) == len(google.calls) == 4
    (channel,) = channels(google)
    hear(visitor, message(channel))
    reconcile(secure)
    assert lists(google) == 5
    reconcile(secure)
    assert lists(google) == 5


def test_a_change_of_which_no_message_came_is_taken_in_when_the_calendar_is_due(
    secure: Flask, visitor: FlaskClient, google: StandIn, booked: str,
    clock: time_machine.Traveller,
) -> None:  # fmt: skip
    reconcile(secure)
    google.alter(ANA, google.events(ANA)[0]["id"], "move", 60)
    clock.shift(901)
    reconcile(secure)
    assert look(visitor, booked).one(data_booking_status=True)["data-start"] == TEN


@pytest.mark.parametrize("ended", ["expired", "clock set back", "not heard of"])
def test_without_a_live_channel_a_calendar_is_read_in_every_round(
    secure: Flask, visitor: FlaskClient, google: StandIn, booked: str,
    clock: time_machine.Traveller, ended: str,
) -> None:  # fmt: skip
    reconcile(secure)
    with secure.app_context():
        if ended == "expired":
            booking_channels.Channel.update(expires_at=0).execute()
        elif ended == "not heard of":
            booking_channels.Channel.update(resource_id=None).execute()
        else:
            clock.shift(-3600)
    google.fault("calendar.events.watch", status=503, times=None)
    google.alter(ANA, google.events(ANA)[0]["id"], "move", 60)
    reconcile(secure)
    assert look(visitor, booked).one(data_booking_status=True)["data-start"] == TEN


def test_what_changed_before_the_channel_stood_is_read(
    secure: Flask, visitor: FlaskClient, google: StandIn
) -> None:
    address = book(visitor)
    google.fault("calendar.events.watch", hold="after")
    secure.extensions["meetslot"].patience = Patience(call_seconds=30, tries=1)
    with ThreadPoolExecutor(1) as threads:
        round = threads.submit(reconcile, secure)
        assert google.faults.wait_for_hanging(120)
        google.alter(ANA, google.events(ANA)[0]["id"], "move", 60)
        google.clear_faults()
        round.result(timeout=120)
    reconcile(secure)
    assert look(visitor, address).one(data_booking_status=True)["data-start"] == TEN
