"""Forms whose token is good no more, without JavaScript: nothing is saved, and nothing typed is
lost."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from demo.google import StandIn
from tests import page
from tests.conftest import Browser, on_sqlite
from tests.page import Element
from tests.people import booked, event_of, exported, form, save, save_event, show

pytestmark = on_sqlite

#: What is typed into each section, and what of it is stored in the end.
TYPED: dict[str, tuple[dict[str, Any], Any]] = {
    "profile": ({"display_name": "Typed"}, lambda d: d["display_name"] == "Typed"),
    "hours": (
        {"sun-start": ["10:00"], "sun-end": ["11:00"]},
        lambda d: d["weekly_hours"]["sun"] == [["10:00", "11:00"]],
    ),
    "dates": (
        {
            "from": "2026-12-24", "to": "2026-12-25", "kind": "hours",
            "dates-start": ["10:00"], "dates-end": ["11:00"],
        },
        lambda d: d["date_overrides"]["2026-12-25"] == [["10:00", "11:00"]],
    ),
    "theme": ({"accent": "#112233"}, lambda d: d["theme"]["accent"] == "112233"),
    "sites": (
        {"allowed_sites": "https://a.example\nhttps://b.example"},
        lambda d: d["allowed_sites"] == ["https://a.example", "https://b.example"],
    ),
    "events/intro": (
        {"title": "Typed", "q0-label": "Why?", "q0-kind": "text", "listed": None},
        lambda d: d["event_types"][0]["questions"][0]["label"] == "Why?",
    ),
}  # fmt: skip


def new_session(host: Browser) -> None:
    """Signed in again in another tab: every form of this page has an old token by now."""
    host.sign_in("ana@sailing.example", follow=False)


def once_more(host: Browser, answer: TestResponse, section: str) -> TestResponse:
    found = form(page.read(answer.text), section)
    return host.client.post(found["action"], data=found.sent(), follow_redirects=True)


def alert(answer: TestResponse, status: int = 400) -> str:
    assert answer.status_code == status
    return page.read(answer.text).one(role="alert").text


@pytest.mark.parametrize("section", TYPED)
def test_what_was_typed_is_saved_once_more(app: Flask, ana: Browser, section: str) -> None:
    before, (typed, stored) = exported(app), TYPED[section]
    old = show(ana, "?event=intro")
    new_session(ana)
    answer = save(ana, section, typed, shown=old)
    assert "once more" in alert(answer)
    assert exported(app) == before
    assert once_more(ana, answer, section).status_code == 200
    assert stored(exported(app))


def test_what_was_wrong_is_still_told_after_it(app: Flask, ana: Browser) -> None:
    old = show(ana)
    new_session(ana)
    answer = save(ana, "dates", {"from": "never", "kind": "hours"}, shown=old)
    assert "once more" in alert(answer)
    again = once_more(ana, answer, "dates")
    assert again.status_code == 422
    assert "such as 2026-12-24" in alert(again, 422)


def test_another_window_is_still_noticed_after_it(app: Flask, ana: Browser) -> None:
    old = show(ana)
    new_session(ana)
    save(ana, "profile", {"display_name": "Theirs"})
    answer = save(ana, "profile", {"display_name": "Mine"}, shown=old)
    assert "once more" in alert(answer)
    assert "Another window changed" in alert(once_more(ana, answer, "profile"), 409)


def test_a_new_event_type_is_kept_as_typed(app: Flask, ana: Browser) -> None:
    old = show(ana)
    new_session(ana)
    sent = old.one(id="add-event").sent()
    sent["title"], sent["duration"] = "A new one", "50"
    sent.add("add", "1")
    answer = ana.client.post("/settings/event-types", data=sent)
    assert "once more" in alert(answer)
    again = form(page.read(answer.text), "event-types").sent()
    assert (again["title"], again["duration"]) == ("A new one", "50")
    assert ana.client.post("/settings/event-types", data=again).status_code == 303
    assert event_of(app, "a-new-one")["duration"] == 50


def test_a_reason_and_a_typed_handle_are_kept(app: Flask, ana: Browser) -> None:
    id = booked(app)["id"]
    old = show(ana, f"?booking={id}&act=cancel")
    leave = page.read(ana.client.get("/settings/account/delete").text)
    new_session(ana)
    answer = save(ana, f"bookings/{id}/cancel", {"reason": "A storm"}, shown=old)
    assert "once more" in alert(answer)
    kept = form(page.read(answer.text), f"bookings/{id}/cancel").fields()
    assert kept["reason"] == "A storm"
    answer = save(ana, "account/delete", {"handle": "ana"}, shown=leave)
    assert "once more" in alert(answer)
    assert form(page.read(answer.text), "account/delete").fields()["handle"] == "ana"
    assert exported(app)["handle"] == "ana"


# --- signed out, or somebody else -------------------------------------------------------------


def goes_on(answer: TestResponse) -> Element:
    """The form in which a page keeps what was typed."""
    (found,) = page.read(answer.text).one("main").all("form", method="post")
    return found


def test_what_was_typed_outlives_the_session(app: Flask, ana: Browser) -> None:
    old = show(ana, "?event=intro&month=2026-12")
    ana.client.delete_cookie("session")
    answer = save_event(ana, {"title": "Typed", "description": "Two\r\nlines"}, shown=old)
    assert "Sign in again" in alert(answer)
    kept = goes_on(answer)
    again = ana.client.post(kept["action"], data=kept.sent())
    assert "Sign in again" in alert(again)  # not yet
    new_session(ana)
    shown = ana.client.post(kept["action"], data=kept.sent())
    assert "once more" in alert(shown)
    assert once_more(ana, shown, "events/intro").status_code == 200
    event = event_of(app)
    assert (event["title"], event["description"]) == ("Typed", "Two\nlines")


def test_a_form_of_another_account_waits_for_its_own(
    app: Flask, ana: Browser, google: StandIn
) -> None:
    old = show(ana)
    ana.sign_in("ben@sailing.example", follow=False)
    answer = save(ana, "profile", {"display_name": "Ana's own"}, shown=old)
    assert "another account" in alert(answer)
    kept = goes_on(answer)
    assert "another account" in alert(ana.client.post(kept["action"], data=kept.sent()))
    new_session(ana)
    shown = ana.client.post(kept["action"], data=kept.sent())
    once_more(ana, shown, "profile")
    assert exported(app)["display_name"] == "Ana's own"
    assert exported(app, "ben")["display_name"] == "Ben Okafor"


def test_a_section_that_there_is_not_is_no_fault_of_the_server(ana: Browser) -> None:
    answer = ana.client.post("/settings/nothing", data={"revision": "1"})
    assert "open too long" in page.read(answer.text).one("h1").text


def test_a_deletion_is_not_kept_for_whoever_signs_in_next(ana: Browser) -> None:
    ana.client.delete_cookie("session")
    answer = ana.client.post("/settings/account/delete", data={"handle": "ana"})
    assert answer.status_code == 400
    assert not page.read(answer.text).one("main").all("form")


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_another_site_cannot_put_words_into_a_form(ana: Browser, site: str) -> None:
    whose = show(ana).one("main")["data-host"]
    sent = {"display_name": "Put there", "revision": "1", "host": whose}
    headers = {"Sec-Fetch-Site": site}
    answer = ana.client.post("/settings/profile", data=sent, headers=headers)
    assert "open too long" in answer.text
    assert "Put there" not in answer.text
    ana.client.delete_cookie("session")
    answer = ana.client.post("/settings/profile", data=sent, headers=headers)
    assert answer.status_code == 400
    assert "Put there" not in answer.text
