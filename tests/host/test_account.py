"""The connection to Google, and taking leave: on the page and on the command line."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

import models
from app import create_app
from demo.google import StandIn
from tests import page
from tests.conftest import Browser, command, on_sqlite
from tests.people import ANA, booked, code_of, exported, fill, save, send, show
from widget import config
from widget.booking import channels

GITA = "gita@guest.example"


def leave(host: Browser, typed: str) -> Any:
    found = page.read(host.client.get("/settings/account/delete").text)
    sent = found.one("form", action="/settings/account/delete").fields()
    return host.client.post("/settings/account/delete", data={**sent, "handle": typed})


# --- connection -----------------------------------------------------------------------------------


@on_sqlite
def test_it_says_as_whom_for_what_and_since_when(
    app: Flask, ana: Browser, guest: FlaskClient, clock: time_machine.Traveller
) -> None:
    guest.get("/book/ana/intro")
    clock.shift(180)
    said = show(ana).one(id="connection").text
    assert "Connected as ana@sailing.example" in said
    assert "see when you are busy" in said
    assert "edit events on calendars you own" in said
    assert "list of your calendars" in said
    assert "last answered 3 minutes ago" in said


@on_sqlite
def test_it_says_whether_google_tells_of_changes(app: Flask, ana: Browser, google: StandIn) -> None:
    assert "does not tell us by itself" in show(ana).one(id="connection").text


@on_sqlite
def test_it_counts_the_calendars_of_which_google_tells(app: Flask, ana: Browser) -> None:
    with models.database.connection_context():
        host = models.host_by_handle("ana")
        assert host
        first, second = channels.watch(host, {"primary", "team@group.calendar.example"})
        for watched, until in ((first, 2_000_000_000), (second, 1)):
            named = {"id": f"c{watched.id}", "token": "token", "resource_id": "resource"}
            channels.Channel.create(watched=watched, made_at=0, expires_at=until, **named)
    said = show(ana).one(id="connection").text
    assert "For 1 calendar Google tells us at once" in said


def test_a_dead_token_is_the_first_thing_on_the_page_with_one_button(
    app: Flask, ana: Browser, google: StandIn, clock: time_machine.Traveller
) -> None:
    google.revoke(ANA)
    clock.shift(7200)
    app.test_client().get("/book/ana/intro")
    shown = show(ana)
    first = next(each for each in shown.one("main").walk() if each.tag in ("h1", "div"))
    assert first["id"] == "banner"
    banner = first.one(role="alert")
    assert "does not accept our key" in banner.text
    assert banner.one("a", _class="button")["href"] == "/login?hint=ana@sailing.example"
    save(ana, "profile", {"display_name": "Still saved"})
    assert exported(app)["display_name"] == "Still saved"
    ana.sign_in(ANA)
    assert not show(ana).one(id="banner").all(role="alert")


def test_disconnecting_revokes_at_google_and_closes_the_booking_page_kindly(
    app: Flask, ana: Browser, google: StandIn, guest: FlaskClient
) -> None:
    before = exported(app)
    answer = save(ana, "disconnect")
    assert not [grant for grant in google.state.grants if grant.alive]
    shown = page.read(answer.text)
    assert "You disconnected it" in shown.one(id="banner").text
    assert "Not connected" in shown.one(id="connection").text
    closed = guest.get("/book/ana/intro")
    assert closed.status_code == 503
    assert page.read(closed.text).one(data_error="calendar_disconnected")
    assert exported(app) == before
    ana.sign_in(ANA)
    assert guest.get("/book/ana/intro").status_code == 200


@on_sqlite
def test_disconnecting_while_google_is_silent_says_how_to_finish(
    app: Flask, ana: Browser, google: StandIn, guest: FlaskClient
) -> None:
    google.fault("oauth.revoke", cut="before", times=None)
    answer = save(ana, "disconnect")
    assert "myaccount.google.com/permissions" in answer.text
    assert guest.get("/book/ana/intro").status_code == 503


# --- deleting an account ---------------------------------------------------------------------


def test_an_account_says_what_it_takes_along_and_is_gone(
    app: Flask, ana: Browser, google: StandIn, guest: FlaskClient
) -> None:
    save(ana, "profile", {"handle": "silva"})
    save(ana, "profile", {"handle": "ana"})
    guest.get("/book/ana", headers={"Sec-Fetch-Dest": "iframe", "Referer": "https://a.example/"})
    booked(app)
    said = page.read(ana.client.get("/settings/account/delete").text).one("main").text
    assert "1 booking with what the guest wrote" in said
    assert "stays in your Google Calendar" in said
    done = leave(ana, "ANA ")
    assert "1 event that is still to come stays" in page.read(done.text).one("main").text
    assert "taken our permission back" in done.text
    assert command(app, "hosts", "list") == ""
    assert not [grant for grant in google.state.grants if grant.alive]
    assert len(google.events(ANA)) == 1
    assert guest.get("/book/ana/intro").status_code == 404
    assert guest.get("/book/silva/intro").status_code == 404
    assert ana.client.get("/settings").headers["Location"].startswith("/login")


@on_sqlite
def test_the_page_that_asks_deletes_nothing_whatever_comes_with_the_question(
    app: Flask, ana: Browser
) -> None:
    ana.client.get("/settings/account/delete", data={"handle": "ana"})
    ana.client.get("/settings/account/delete?handle=ana")
    assert command(app, "hosts", "list") != ""


@on_sqlite
@pytest.mark.parametrize("typed", ["", "ben", "an a", "delete"])
def test_an_account_stays_unless_its_handle_is_typed(app: Flask, ana: Browser, typed: str) -> None:
    answer = leave(ana, typed)
    assert answer.status_code == 422
    shown = page.read(answer.text)
    assert "Type ana" in shown.one(role="alert").text
    assert shown.one("input", name="handle")["value"] == typed
    assert command(app, "hosts", "list")


@on_sqlite
def test_an_account_goes_even_while_google_is_silent(
    app: Flask, ana: Browser, google: StandIn
) -> None:
    google.fault("oauth.revoke", status=503, times=None)
    assert "myaccount.google.com/permissions" in leave(ana, "ana").text
    assert command(app, "hosts", "list") == ""


# --- the command line ------------------------------------------------------------------------


def test_a_host_is_deleted_by_command(app: Flask, ana: Browser, google: StandIn) -> None:
    booked(app)
    said = command(app, "hosts", "delete", "ana", "--yes")
    assert "removed ana: account, settings, tokens and 1 booking(s)" in said
    assert "1 event(s) still to come stay" in said
    assert "access revoked at Google" in said
    assert command(app, "hosts", "list") == ""
    assert not [grant for grant in google.state.grants if grant.alive]
    again = app.test_cli_runner().invoke(args=["hosts", "delete", "ana", "--yes"])
    assert again.exit_code == 1
    assert "no host 'ana'" in again.stderr


@on_sqlite
@pytest.mark.parametrize("command_line", [["hosts", "delete", "ana"], ["guests", "delete", GITA]])
def test_nothing_is_deleted_by_command_without_asking(
    app: Flask, ana: Browser, command_line: list[str]
) -> None:
    booked(app)
    for answer in ("", "n\n", "\n"):
        result = app.test_cli_runner().invoke(args=command_line, input=answer)
        assert result.exit_code == 1
        assert "1 booking(s)" in result.output
    assert len(bookings(app)) == 1
    result = app.test_cli_runner().invoke(args=command_line, input="y\n")
    assert (result.exit_code, "removed" in result.output) == (0, True)


@on_sqlite
def test_a_host_whose_token_could_not_be_revoked_is_deleted_and_told(
    app: Flask, ana: Browser, google: StandIn
) -> None:
    google.fault("oauth.revoke", cut="before", times=None)
    result = app.test_cli_runner().invoke(args=["hosts", "delete", "ana", "--yes"])
    assert result.exit_code == 1
    assert "did not confirm" in result.stderr
    assert command(app, "hosts", "list") == ""


def bookings(app: Flask) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(
        command(app, "bookings", "list", "ana", "--format", "json")
    )
    return found


def test_a_guest_is_deleted_by_command_with_everything_said(
    app: Flask, ana: Browser, google: StandIn, clock: time_machine.Traveller, change: Any
) -> None:
    change("ana", event={"extra_guests": 2})
    booked(app)
    booked(app, "2026-12-03T10:00:00Z", email="GITA@guest.example")
    booked(
        app, "2026-12-03T11:00:00Z", name="Horst", email="horst@guest.example",
        guests=["Gita@guest.example", "third@guest.example"],
    )  # fmt: skip
    clock.move_to("2026-12-02T10:00:00+00:00")
    said = command(app, "guests", "delete", "gita@guest.example", "--yes")
    assert "removed 2 booking(s) of gita@guest.example, 1 of them still to come" in said
    assert "further guests of 1 booking(s)" in said
    assert [each["guest_name"] for each in bookings(app)] == ["Horst"]
    assert "ita@guest.example" not in show(ana).one(id="bookings-list").text
    standing = [event["start"]["dateTime"][:16] for event in google.events(ANA)]
    assert standing == ["2026-12-01T10:00", "2026-12-03T11:00"]
    assert "removed 0 booking(s)" in command(app, "guests", "delete", "gita@guest.example", "--yes")


@on_sqlite
def test_a_guest_whose_booking_google_does_not_let_go_is_told_to_come_again(
    app: Flask, ana: Browser, google: StandIn
) -> None:
    booked(app)
    google.fault("calendar.events.delete", status=429, reason="rateLimitExceeded", times=None)
    result = app.test_cli_runner().invoke(args=["guests", "delete", "gita@guest.example", "--yes"])
    assert result.exit_code == 1
    assert "1 booking(s) could not be cancelled" in result.stderr
    assert len(bookings(app)) == 1
    google.clear_faults()
    assert "1 of them still to come" in command(
        app, "guests", "delete", "gita@guest.example", "--yes"
    )
    assert bookings(app) == []


def test_a_guests_booking_that_may_still_have_an_event_is_kept_until_it_has_none(
    app: Flask, ana: Browser, google: StandIn, clock: time_machine.Traveller
) -> None:
    address = booked(app)["manageUrl"].removeprefix("http://localhost")
    (event,) = google.events(ANA)
    with google.state.lock:  # as if the insert had not arrived yet
        late = google.state.calendars[ANA].events.pop(event["id"])
    assert app.test_client().post(f"{address}/cancel").status_code == 303
    with google.state.lock:
        google.state.calendars[ANA].events[event["id"]] = late
    result = app.test_cli_runner().invoke(args=["guests", "delete", "gita@guest.example", "--yes"])
    assert result.exit_code == 1
    assert "1 booking(s) kept, since Google may still have an event" in result.stderr
    assert "removed 0 booking(s)" in result.stdout
    clock.shift(61)
    command(app, "reconcile")
    assert google.events(ANA) == []
    assert "removed 1 booking(s)" in command(app, "guests", "delete", "gita@guest.example", "--yes")
    assert bookings(app) == []


@pytest.mark.parametrize("section", ["profile", "event-types"])
@on_sqlite
def test_a_page_of_one_host_saves_nothing_into_the_account_of_another(
    app: Flask, ana: Browser, google: StandIn, section: str
) -> None:
    form = show(ana).all("form", method="post", action=f"/settings/{section}")[0]
    sent = {**form.fields(), "display_name": "Ana of the other tab", "add": "1"}
    ana.sign_in("ben@sailing.example")
    token = show(ana).one("main").all(name="csrf_token")[0]["value"]
    answer = ana.client.post(f"/settings/{section}", data={**sent, "csrf_token": token})
    assert answer.status_code == 409
    assert "of another account" in page.read(answer.text).one(role="alert").text
    assert exported(app, "ben")["display_name"] != "Ana of the other tab"
    assert len(exported(app, "ben")["event_types"]) == 1


@on_sqlite
def test_a_page_says_whose_it_is_for_its_script(ana: Browser) -> None:
    main = show(ana).one("main")
    assert main["data-host"] == main.all(name="host")[0]["value"]


@on_sqlite
def test_its_sentences_stand_apart(ana: Browser, guest: FlaskClient) -> None:
    guest.get("/book/ana/intro")
    assert "ana@sailing.example. Google last" in show(ana).one(id="connection").text


# --- sessions -------------------------------------------------------------------------------------


def test_signing_out_ends_the_session_in_every_browser_and_for_every_copy(
    app: Flask, ana: Browser, google: StandIn, environ: dict[str, str]
) -> None:
    other = Browser(app.test_client(), google)
    other.sign_in(ANA)
    copied = [ana.client.get_cookie("session"), other.client.get_cookie("session")]
    form = show(ana).one("form", action="/logout")
    everywhere = show(ana).one(id="connection").one("button", form=form["id"])
    assert everywhere.text == "Sign out everywhere"
    assert ana.client.post("/logout", data=form.fields()).status_code == 303
    another_machine = create_app(config.load(environ))
    for cookie in copied:
        thief = another_machine.test_client()
        assert cookie
        thief.set_cookie("session", cookie.value)
        assert thief.get("/settings").headers["Location"].startswith("/login")
        answer = thief.post("/settings/profile", data={"display_name": "Mallory"})
        assert answer.status_code in (302, 400)
    assert other.sign_in(ANA).status_code == 200
    thief.set_cookie("session", str(copied[0] and copied[0].value))
    assert thief.get("/settings").status_code == 302
    assert exported(app)["display_name"] == "Ana Silva"


def test_a_form_of_before_signing_out_goes_on_after_signing_in_again(
    ana: Browser, app: Flask
) -> None:
    shown = show(ana)
    ana.client.post("/logout", data=shown.all("form", action="/logout")[0].fields())
    ana.sign_in(ANA)
    again = show(ana).one("form", action="/settings/profile").fields()["host"]
    assert shown.one("form", action="/settings/profile").fields()["host"] == again


# --- deleted while somebody books -----------------------------------------------------------------


def closed() -> bool:
    """Return whether nothing of the host can be booked any more: all is closed, or all is gone."""
    with models.database.connection_context():
        host = models.Host.get_or_none()
    return not (host and any(each["active"] for each in json.loads(host.settings)["event_types"]))


@pytest.mark.parametrize("how", ["page", "command", "row"])
@pytest.mark.parametrize("at", ["calendar.freebusy.query", "calendar.events.insert"])
def test_a_host_deleted_while_somebody_books_leaves_nothing_behind(
    app: Flask, ana: Browser, google: StandIn, how: str, at: str
) -> None:
    """The deletion waits, or the booking is undone: no 500, no event that nobody knows of."""

    def delete() -> None:
        if how == "page":
            assert leave(ana, "ana").status_code == 200
        elif how == "command":
            command(app, "hosts", "delete", "ana", "--yes")
        else:
            with models.database.connection_context():
                models.Host.delete().execute()

    fields = fill(app.test_client())
    with models.database.connection_context():
        models.forget_busy(models.Host.get())
    google.fault(at, hold="before")
    with ThreadPoolExecutor(2) as threads:
        booking = threads.submit(on_its_own, lambda: send(app.test_client(), fields))
        assert google.faults.wait_for_hanging(120)
        deletion = threads.submit(on_its_own, delete)
        if how == "row":
            deletion.result(120)
        while not deletion.done() and not closed():
            time.sleep(0.01)
        google.faults.release()
        answer = booking.result(120)
        deletion.result(120)
    if answer.status_code == 503:  # our access ended before Google was asked
        assert code_of(answer) == "calendar_disconnected"
    else:
        assert answer.status_code in (303, 404, 409), answer.text
    with models.database.connection_context():
        assert not models.Booking.select().exists()
    assert (answer.status_code == 303) == bool(google.events(ANA))
    if how == "row":
        assert answer.status_code == 404


def on_its_own(act: Callable[[], Any]) -> Any:
    try:
        return act()
    finally:
        models.database.close()


def test_a_pending_booking_ends_with_its_host(
    app: Flask, ana: Browser, google: StandIn, clock: time_machine.Traveller
) -> None:
    google.fault("calendar.events.insert", cut="after")
    google.fault("calendar.events.get", status=503, times=None)
    assert send(app.test_client(), fill(app.test_client())).status_code == 303
    google.clear_faults()
    assert len(google.events(ANA)) == 1
    clock.shift(30)
    command(app, "hosts", "delete", "ana", "--yes")
    assert google.events(ANA) == []
