"""The section "Webhook" of the settings page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from demo.google import StandIn
from tests import page
from tests.conftest import Browser, on_sqlite
from tests.page import Element
from tests.people import book, exported, form, reconcile, save, show
from tests.receiver import SECRET, Receiver, receiver
from tests.world import Moments


@pytest.fixture
def crm() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


def set_up(ana: Browser, crm: Receiver, **changes: Any) -> str:
    """A webhook for all events: its secret, as the page shows it once."""
    answer = save(ana, "webhook", {"url": crm.url, **changes})
    assert answer.status_code == 200, answer.text
    return page.read(answer.text).one(id="webhook-made")["value"]


def press(ana: Browser, act: str, shown: Element | None = None) -> TestResponse:
    found = form(shown or show(ana), f"webhook/{act}")
    return ana.client.post(found["action"], data=found.sent(), follow_redirects=True)


def deliveries(ana: Browser) -> list[Element]:
    return show(ana).all("li", data_delivery=True)


def test_the_secret_of_a_new_webhook_is_shown_once_and_verifies(
    app: Flask, ana: Browser, guest: FlaskClient, crm: Receiver
) -> None:
    secret = set_up(ana, crm)
    assert secret.startswith("whsec_")
    assert secret not in ana.client.get("/settings").text
    assert exported(app)["webhook"] == {
        "url": crm.url,
        "secret": secret,
        "events": [box["value"] for box in show(ana).all("input", name="events")],
    }
    book(guest)
    reconcile(app)
    assert crm.got[0].verified(secret)["type"] == "booking.confirmed"
    assert ana.client.get("/settings/webhook").headers["Location"] == "/settings#webhook"


def test_what_is_saved_is_exported_and_other_sections_leave_it(
    app: Flask, ana: Browser, crm: Receiver
) -> None:
    secret = set_up(ana, crm)
    answer = save(ana, "webhook", {"events": ["booking.cancelled"], "url": f"{crm.url}2"})
    assert answer.status_code == 200
    wanted = {"url": f"{crm.url}2", "secret": secret, "events": ["booking.cancelled"]}
    assert exported(app)["webhook"] == wanted
    for section in ("profile", "hours", "calendars", "theme", "sites"):
        save(ana, section)
    save(ana, "theme", {"mode": "dark"})
    assert exported(app)["webhook"] == wanted
    press(ana, "end")
    assert exported(app)["webhook"] is None


@on_sqlite
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"url": ""}, "url"),
        ({"url": "no address"}, "url"),
        ({"url": "ftp://hooks.example/"}, "url"),
        ({"url": "http://hooks.example/"}, "url"),
        ({"url": "https://user:password@hooks.example/"}, "url"),
        ({"url": "https://10.0.0.1/"}, "url"),
        ({"url": "https://169.254.169.254/latest/meta-data"}, "url"),
        ({"url": "https://[::ffff:a00:1]/"}, "url"),
        ({"url": "https://100.64.1.1/"}, "url"),
        ({"url": "https://hooks.example/" + "x" * 3000}, "url"),
        ({"events": []}, "events"),
        ({"events": ["booking.made"]}, "events"),
        ({"events": ["booking.failed", "booking.failed"]}, "events"),
    ],
    ids=str,
)
def test_what_cannot_be_is_said_at_its_field_and_kept(
    app: Flask, ana: Browser, crm: Receiver, changes: dict[str, Any], field: str
) -> None:
    answer = save(ana, "webhook", {"url": crm.url, **changes})
    assert answer.status_code == 422
    shown = page.read(answer.text)
    assert shown.one(id=f"webhook-{field}-fault").text
    typed = shown.one(id="webhook-url")["value"]
    assert typed == changes.get("url", crm.url)
    assert exported(app)["webhook"] is None


@on_sqlite
def test_another_window_is_told_of(app: Flask, ana: Browser, crm: Receiver) -> None:
    set_up(ana, crm)
    old = show(ana)
    save(ana, "webhook", {"url": f"{crm.url}2"})
    answer = save(ana, "webhook", {"url": f"{crm.url}3"}, shown=old)
    assert answer.status_code == 409
    shown = page.read(answer.text)
    assert shown.one(role="alert", data_error="conflict")
    assert exported(app)["webhook"]["url"] == f"{crm.url}2"
    again = save(ana, "webhook", shown=shown)
    assert again.status_code == 200
    assert exported(app)["webhook"]["url"] == f"{crm.url}3"


def test_a_new_secret_is_valid_beside_the_old_one_for_a_day(
    app: Flask, ana: Browser, guest: FlaskClient, crm: Receiver, clock: time_machine.Traveller
) -> None:
    old = set_up(ana, crm)
    new = page.read(press(ana, "secret").text).one(id="webhook-made")["value"]
    assert new != old
    assert "valid for another 24 hours" in show(ana).one(id="webhook").text
    book(guest)
    reconcile(app)
    assert crm.got[0].verified(old) == crm.got[0].verified(new)
    clock.shift(86401)
    assert "valid for another" not in show(ana).one(id="webhook").text


def test_a_second_press_shows_the_same_secret_and_keeps_the_one_before(
    app: Flask, ana: Browser, guest: FlaskClient, crm: Receiver, clock: time_machine.Traveller
) -> None:
    shown, made = show(ana), set()
    for _press in range(3):
        answer = save(ana, "webhook", {"url": crm.url}, shown=shown)
        made.add(page.read(answer.text).one(id="webhook-made")["value"])
    (old,) = made
    shown, made = show(ana), set()
    for _press in range(3):
        made.add(page.read(press(ana, "secret", shown).text).one(id="webhook-made")["value"])
    (new,) = made
    assert new != old
    book(guest)
    reconcile(app)
    assert crm.got[0].verified(old) == crm.got[0].verified(new)
    clock.shift(3601)  # a form from then on is a wish of its own
    assert page.read(press(ana, "secret", shown).text).one(id="webhook-made")["value"] != new


@on_sqlite
def test_a_secret_is_marked_as_shown_once(ana: Browser, crm: Receiver) -> None:
    """So that it stays when another section is saved: static/host.js, refresh()."""
    answer = save(ana, "webhook", {"url": crm.url})
    assert page.read(answer.text).one(data_once=True).one(id="webhook-made")


def test_each_attempt_is_seen_and_can_be_made_again(
    app: Flask, ana: Browser, guest: FlaskClient, crm: Receiver, clock: time_machine.Traveller
) -> None:
    set_up(ana, crm)
    book(guest)
    assert [each["data-delivery"] for each in deliveries(ana)] == ["waits"]
    crm.will(503, b"<b>Closed</b> for tea\nat five")
    reconcile(app)
    [shown] = deliveries(ana)
    [attempt] = shown.all("span", data_status=True)
    assert attempt["data-status"] == "503"
    assert "<b>Closed</b> for tea" in attempt.text
    assert "five" not in attempt.text
    assert shown["data-delivery"] == "is sent again later"
    number = shown.one("form")["action"].split("/")[3]
    press(ana, f"{number}/again")
    reconcile(app)
    [shown] = deliveries(ana)
    assert shown["data-delivery"] == "sent"
    assert [each["data-status"] for each in shown.all("span", data_status=True)] == ["503", "204"]
    press(ana, f"{number}/again")  # one that was taken too
    reconcile(app)
    assert len({each.headers["webhook-id"] for each in crm.got}) == 1
    assert len(crm.got) == 3
    clock.shift(86400)
    press(ana, f"{number}/again")  # when its day is over: once
    crm.will(500)
    reconcile(app)
    [shown] = deliveries(ana)
    assert shown["data-delivery"] == "sent"
    assert shown.all("span", data_status=True)[-1]["data-status"] == "500"


def test_a_test_is_sent_and_says_whose_it_is(app: Flask, ana: Browser, crm: Receiver) -> None:
    secret = set_up(ana, crm)
    press(ana, "test")
    press(ana, "test")  # while one waits
    reconcile(app)
    [got] = crm.got
    said = got.verified(secret)
    assert (said["type"], said["data"]["handle"]) == ("webhook.test", "ana")


@on_sqlite
def test_nobody_sends_again_what_is_another_hosts(
    app: Flask, ana: Browser, guest: FlaskClient, google: StandIn, crm: Receiver, moments: Moments
) -> None:
    set_up(ana, crm)
    book(guest)
    reconcile(app)
    found = deliveries(ana)[0].one("form")
    ben = Browser(app.test_client(), google)
    ben.sign_in("ben@sailing.example")
    sent = {**dict(form(show(ben), "theme").sent().items())}
    assert ben.client.post(found["action"], data=sent).status_code == 404
    reconcile(app)
    assert len(crm.got) == 1
    assert not show(ben).all("li", data_delivery=True)


@on_sqlite
def test_without_a_signature_of_the_page_nothing_is_done(
    app: Flask, ana: Browser, crm: Receiver, change: Callable[..., None]
) -> None:
    change("ana", webhook=crm.settings())
    for act in ("", "/secret", "/end", "/test"):
        assert ana.client.post(f"/settings/webhook{act}", data={}).status_code in (400, 409)
        assert app.test_client().post(f"/settings/webhook{act}").status_code in (302, 303, 400, 401)
    assert exported(app)["webhook"]["secret"] == SECRET
    reconcile(app)
    assert crm.got == []
