"""The stand-in Google itself: strict where Google is, and able to have a bad day."""

from __future__ import annotations

import base64
import hashlib
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
import time_machine
from joserfc import jwt
from joserfc.jwk import KeySet

from demo.google import StandIn
from demo.google.identity import CLIENT_ID, CLIENT_SECRET
from tests import page
from tests.conftest import NOW
from tests.people import ANA
from widget.google.client import CALENDAR_SCOPES, FREEBUSY_SCOPE

BACK = "http://localhost:8000/auth/google/callback"
BUSY = ("2026-12-01T09:00:00Z", "2026-12-01T10:00:00Z")
VERIFIER = "v" * 50
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
)
ASKED = {
    "client_id": CLIENT_ID,
    "redirect_uri": BACK,
    "response_type": "code",
    "scope": " ".join(["openid", "email", "profile", *CALENDAR_SCOPES]),
    "state": "my-state",
    "nonce": "my-nonce",
    "access_type": "offline",
    "prompt": "consent",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


@pytest.fixture
def calls(google: StandIn) -> Iterator[Calls]:
    """A program that Ana let in."""
    with time_machine.travel(NOW, tick=False):
        yield Calls(google, access(google)["access_token"])


class Calls:
    """Calendar v3 by hand, as wrong as wanted."""

    def __init__(self, google: StandIn, token: str) -> None:
        self.google, self.token = google, token

    def __call__(self, method: str, path: str, **more: Any) -> requests.Response:
        url = f"{self.google.url}/calendar/v3/{path}"
        headers = {"Authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        return requests.request(method, url, headers=headers, timeout=120, **more)

    def insert(self, params: dict[str, str] | None = None, **more: Any) -> requests.Response:
        body = {"start": {"dateTime": BUSY[0]}, "end": {"dateTime": BUSY[1]}, **more}
        return self("POST", "calendars/primary/events", json=body, params=params)


def consent_url(google: StandIn, **changes: str) -> str:
    return f"{google.url}/o/oauth2/v2/auth?{urlencode({**ASKED, **changes})}"


def token(google: StandIn, code: str, **changes: str) -> requests.Response:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": BACK,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "code_verifier": VERIFIER,
        **changes,
    }
    return requests.post(f"{google.url}/token", data=form, timeout=120)


def back(google: StandIn, email: str | None = ANA, scopes: Any = None, **changes: str) -> Any:
    found = parse_qs(
        urlsplit(google.authorize(consent_url(google, **changes), email, scopes)).query
    )
    return {name: value[0] for name, value in found.items()}


def access(google: StandIn) -> dict[str, Any]:
    return token(google, back(google)["code"]).json()  # type: ignore[no-any-return]


# --- consent ------------------------------------------------------------------------------------


def test_the_consent_page_offers_people_and_scopes_to_untick(google: StandIn) -> None:
    shown = page.read(requests.get(consent_url(google), timeout=120).text)
    people = [each["value"] for each in shown.all("button", name="person") if each["value"]]
    assert ANA in people
    assert len(people) >= 3
    boxes = shown.all("input", type="checkbox")
    assert {box["value"] for box in boxes} == set(CALENDAR_SCOPES)
    assert all("checked" in box.attrs for box in boxes)


def test_what_was_unticked_is_not_granted(google: StandIn) -> None:
    answer = back(google, scopes=[FREEBUSY_SCOPE])
    assert answer["state"] == "my-state"
    granted = token(google, answer["code"]).json()["scope"].split()
    assert set(granted) == {"openid", "email", "profile", FREEBUSY_SCOPE}


def test_cancelling_leads_back_without_a_code(google: StandIn) -> None:
    assert back(google, None) == {"error": "access_denied", "state": "my-state"}


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "another"},
        {"redirect_uri": "https://evil.example/callback"},
        {"response_type": "token"},
        {"scope": "email"},
        {"code_challenge_method": "plain"},
    ],
    ids=str,
)
def test_a_request_that_google_would_refuse_is_refused(
    google: StandIn, changes: dict[str, str]
) -> None:
    answer = requests.get(consent_url(google, **changes), timeout=120)
    assert answer.status_code == 400
    assert page.read(answer.text).one(role="alert").text


def test_the_token_answer_is_signed_for_this_client_and_nonce(google: StandIn) -> None:
    answer = access(google)
    assert answer["expires_in"] == 3599
    assert answer["refresh_token"]
    keys = KeySet.import_key_set(requests.get(f"{google.url}/jwks", timeout=120).json())
    claims = jwt.decode(answer["id_token"], keys).claims
    assert (claims["iss"], claims["aud"]) == (google.url, CLIENT_ID)
    assert (claims["email"], claims["nonce"]) == (ANA, "my-nonce")
    assert claims["exp"] > time.time()


@pytest.mark.parametrize(
    "changes",
    [
        {"code_verifier": "w" * 50},
        {"code_verifier": ""},
        {"redirect_uri": "http://localhost:8000/other"},
        {"client_secret": "wrong"},
        {"code": "4/none"},
        {"grant_type": "password"},
    ],
    ids=str,
)
def test_a_code_is_good_only_for_who_asked_for_it(google: StandIn, changes: dict[str, str]) -> None:
    answer = token(google, **{"code": back(google)["code"], **changes})
    assert answer.status_code in (400, 401)
    assert answer.json()["error"]


def test_a_code_is_good_once(google: StandIn) -> None:
    code = back(google)["code"]
    assert token(google, code).status_code == 200
    assert token(google, code).json()["error"] == "invalid_grant"


def test_a_refresh_token_comes_only_with_offline_access_and_fresh_consent(google: StandIn) -> None:
    for changes in ({"access_type": "online"}, {"prompt": "none"}):
        code = back(google, **changes)["code"]
        assert "refresh_token" not in token(google, code).json()


def test_a_revoked_grant_gives_nothing_any_more(google: StandIn) -> None:
    answer = access(google)
    refresh = {"grant_type": "refresh_token", "refresh_token": answer["refresh_token"]}
    again = token(google, "", **refresh).json()
    assert again["access_token"] != answer["access_token"]
    assert "refresh_token" not in again
    url = f"{google.url}/revoke"
    assert requests.post(url, {"token": answer["refresh_token"]}, timeout=120).status_code == 200
    assert requests.post(url, {"token": answer["refresh_token"]}, timeout=120).status_code == 400
    assert token(google, "", **refresh).json()["error"] == "invalid_grant"
    for issued in (answer, again):
        assert Calls(google, issued["access_token"])("GET", "users/me/calendarList").ok is False


# --- held to Google's schema ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"colour": "red"}, "body.colour is unknown"),
        ({"summary": 5}, "body.summary is no string"),
        ({"attendees": {"email": "x@example.com"}}, "body.attendees is no array"),
        ({"attendees": [{"mail": "x@example.com"}]}, "body.attendees[0].mail is unknown"),
        ({"params": {"sendNotification": "all"}}, "unknown parameter sendNotification"),
        ({"params": {"sendUpdates": "everybody"}}, "parameter sendUpdates is none of"),
        ({"params": {"conferenceDataVersion": "one"}}, "conferenceDataVersion is no integer"),
        ({"start": {"dateTime": "2026-12-01T09:00:00"}}, "neither offset nor timeZone"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_every_deviation_is_recorded_so_that_a_test_would_fail(
    google: StandIn, calls: Calls, more: dict[str, Any], said: str
) -> None:
    calls.insert(**more)
    deviations = list(google.deviations)
    google.deviations.clear()  # the fixture would fail this test too
    assert deviations
    assert deviations[0].startswith("calendar.events.insert: ")
    assert said in deviations[0]


def test_an_event_may_end_as_it_begins_but_not_before(google: StandIn, calls: Calls) -> None:
    assert calls.insert(end={"dateTime": BUSY[0]}).status_code == 200
    turned = {"start": {"dateTime": BUSY[1]}, "end": {"dateTime": BUSY[0]}}
    answer = calls.insert(id="turned", **turned)
    assert answer.json()["error"]["errors"][0]["reason"] == "timeRangeEmpty"


def test_a_method_that_google_has_not_is_recorded(google: StandIn, calls: Calls) -> None:
    assert calls("POST", "calendars/primary/bookings", json={}).status_code == 404
    assert google.deviations.pop().startswith("no such method: POST")


def test_who_goes_away_in_the_middle_of_a_request_deviates_in_nothing(
    google: StandIn, calls: Calls
) -> None:
    there = urlsplit(google.url)
    head = (
        f"POST /calendar/v3/freeBusy HTTP/1.1\r\nHost: {there.netloc}\r\n"
        f"Authorization: Bearer {calls.token}\r\n"
        'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"timeMin": '
    )
    with socket.create_connection((there.hostname, there.port), timeout=120) as connection:
        connection.sendall(head.encode())
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100) == b""
    assert google.deviations == []


def test_a_good_request_deviates_in_nothing(google: StandIn, calls: Calls) -> None:
    answer = calls.insert(
        {"conferenceDataVersion": "1", "sendUpdates": "all"},
        id="abcdef",
        attendees=[{"email": "maria@example.com"}],
        conferenceData={
            "createRequest": {
                "requestId": "one",
                "conferenceSolutionKey": {"type": "hangoutsMeet"},
            }
        },
    )
    assert answer.json()["hangoutLink"].startswith(f"{google.url}/meet/")
    assert google.deviations == []
    assert calls.insert(id="abcdef").json()["error"]["errors"][0]["reason"] == "duplicate"
    assert calls.insert(id="XYZ!").json()["error"]["errors"][0]["reason"] == "invalid"
    assert "hangoutLink" not in calls.insert(conferenceData={}).json()


def test_without_a_scope_or_a_good_token_nothing_is_told(google: StandIn, calls: Calls) -> None:
    limited = token(google, back(google, scopes=[FREEBUSY_SCOPE])["code"]).json()["access_token"]
    refused = Calls(google, limited)("GET", "users/me/calendarList")
    assert refused.status_code == 403
    assert refused.json()["error"]["errors"][0]["reason"] == "insufficientPermissions"
    assert Calls(google, "forged")("GET", "users/me/calendarList").status_code == 401
    with time_machine.travel("2026-11-30T09:00:00+00:00"):
        assert calls("GET", "users/me/calendarList").status_code == 401


def test_freebusy_is_as_strict_as_googles(google: StandIn, calls: Calls) -> None:
    google.add_busy(ANA, *BUSY)

    def ask(until: str, id: str = "primary") -> Any:
        body = {"timeMin": "2026-12-01T00:00:00Z", "timeMax": until, "items": [{"id": id}]}
        return calls("POST", "freeBusy", json=body).json()

    assert ask("2026-12-02T00:00:00Z")["calendars"]["primary"]["busy"] == [
        {"start": BUSY[0], "end": BUSY[1]}
    ]
    assert ask("2027-03-02T00:00:00Z")["error"]["errors"][0]["reason"] == "timeRangeTooLong"
    assert ask("2026-11-01T00:00:00Z")["error"]["errors"][0]["reason"] == "timeRangeEmpty"
    unread = ask("2026-12-02T00:00:00Z", "ben@sailing.example")["calendars"]["ben@sailing.example"]
    assert unread["errors"][0]["reason"] == "notFound"


# --- faults on demand ----------------------------------------------------------------------------


def test_a_status_with_its_reason_is_answered_as_often_as_asked_for(
    google: StandIn, calls: Calls
) -> None:
    google.fault("calendar.events.insert", status=403, reason="quotaExceeded", times=2)
    for _time in range(2):
        answer = calls.insert()
        assert answer.status_code == 403
        error = answer.json()["error"]
        assert (error["code"], error["errors"][0]["reason"]) == (403, "quotaExceeded")
    assert google.events(ANA) == []
    assert calls.insert().status_code == 200


@pytest.mark.parametrize(("cut", "made"), [("before", 0), ("after", 1)])
def test_a_connection_is_cut_before_or_after_the_work(
    google: StandIn, calls: Calls, cut: str, made: int
) -> None:
    google.fault("calendar.events.insert", cut=cut)
    with pytest.raises(requests.ConnectionError):
        calls.insert()
    assert len(google.events(ANA)) == made


def test_an_error_can_come_after_the_work_and_an_answer_need_not_be_json(
    google: StandIn, calls: Calls
) -> None:
    google.fault("calendar.events.insert", status=500, after=True)
    assert calls.insert().status_code == 500
    google.fault("calendar.events.insert", body="<html>")
    assert calls.insert().text == "<html>"
    assert len(google.events(ANA)) == 1


@pytest.mark.parametrize("hold", ["before", "after"])
def test_an_answer_can_be_held_back_before_or_after_the_work(
    google: StandIn, calls: Calls, hold: str
) -> None:
    google.fault("calendar.events.insert", hold=hold)
    with ThreadPoolExecutor(1) as threads:
        asking = threads.submit(calls.insert)
        assert google.faults.wait_for_hanging(120)
        assert len(google.events(ANA)) == (hold == "after")
        google.clear_faults()
        assert asking.result(timeout=120).status_code == 200
    assert len(google.events(ANA)) == 1


def test_an_answer_can_be_late(google: StandIn, calls: Calls) -> None:
    google.fault("calendar.events.insert", delay_seconds=5, status=503)
    url = f"{google.url}/calendar/v3/calendars/primary/events"
    with pytest.raises(requests.ReadTimeout):
        requests.post(url, json={}, timeout=0.05)
    google.fault("oauth.token", status=503, reason="backend_error")
    assert token(google, "x").json() == {"error": "backend_error"}


# --- the calendar page ---------------------------------------------------------------------------


class Person:
    """Ana at her calendar's page, without JavaScript."""

    def __init__(self, google: StandIn) -> None:
        self.google, self.url = google, f"{google.url}/calendar?person={ANA}"

    def shown(self) -> page.Element:
        answer = requests.get(self.url, timeout=120)
        assert answer.status_code == 200
        return page.read(answer.text)

    def send(self, form: page.Element, action: str, **typed: str) -> page.Element:
        answer = requests.post(
            f"{self.google.url}{action}", {**form.fields(), **typed}, timeout=120
        )
        assert answer.status_code == 200
        return page.read(answer.text)

    def press(self, label: str, **typed: str) -> page.Element:
        (entry,) = self.shown().all("li", data_event_id=True)
        (button,) = [each for each in entry.all("button") if each.text == label]
        return self.send(entry.one("form"), button["formaction"], **typed)


@pytest.fixture
def person(google: StandIn) -> Iterator[Person]:
    with time_machine.travel(NOW, tick=False):
        yield Person(google)


def test_a_person_adds_busy_time_and_moves_it(google: StandIn, person: Person) -> None:
    form = person.shown().one("form", action="/calendar/add")
    shown = person.send(form, form["action"], summary="Dentist", date="2026-12-01")
    assert "Dentist" in shown.text
    assert "Tuesday, 1 December 2026" in shown.text
    assert "09:00 – 10:00" in shown.text
    assert "10:30 – 11:30" in person.press("Move", minutes="90").text
    (event,) = google.events(ANA)
    assert event["start"]["dateTime"] == "2026-12-01T10:30:00+00:00"


def test_a_person_adds_a_whole_day_and_shows_it_as_free(google: StandIn, person: Person) -> None:
    form = person.shown().one("form", action="/calendar/add")
    assert "all day" in person.send(form, form["action"], date="2026-12-01", all_day="1").text
    assert "shown as free" in person.press("Show as free").text
    (event,) = google.events(ANA)
    assert event["transparency"] == "transparent"
    assert event["end"] == {"date": "2026-12-02"}


def test_a_person_deletes_an_event(google: StandIn, person: Person) -> None:
    google.add_busy(ANA, *BUSY)
    shown = person.press("Delete")
    assert "(deleted)" in shown.text
    assert google.events(ANA) == []
    assert not shown.one("li", data_event_id=True).all("button")


@pytest.mark.parametrize(
    ("button", "who", "said"),
    [
        ("Host declines", ANA, "declined"),
        ("Guest declines", "maria@example.com", "declined"),
        ("Remove guest", "maria@example.com", None),
    ],
)
def test_people_decline_or_are_removed_and_invitations_are_shown(
    google: StandIn, person: Person, button: str, who: str, said: str | None
) -> None:
    calls = Calls(google, access(google)["access_token"])
    people = [{"email": ANA}, {"email": "maria@example.com"}]
    calls.insert({"sendUpdates": "all"}, summary="Call", attendees=people)
    assert "invitation to maria@example.com: Call" in person.shown().text
    person.press(button)
    (event,) = google.events(ANA)
    states = {each["email"]: each["responseStatus"] for each in event["attendees"]}
    assert states.get(who) == said
    google_says = calls("GET", f"calendars/primary/events/{event['id']}").json()
    assert google_says["status"] == "confirmed"


def test_a_meet_link_leads_to_a_page(google: StandIn) -> None:
    answer = requests.get(f"{google.url}/meet/abc-defg-hij", timeout=120)
    assert answer.status_code == 200
    assert "abc-defg-hij" in answer.text


def test_a_person_moves_an_event_to_another_calendar(
    google: StandIn, person: Person, calls: Calls
) -> None:
    """The old calendar shows it cancelled, the other one has it under the same id."""
    family = "ana-private@group.calendar.example"
    id = calls.insert(summary="Call").json()["id"]
    assert "Family" in person.press("Change calendar", target=family).text
    assert calls("GET", f"calendars/primary/events/{id}").json()["status"] == "cancelled"
    moved = calls("GET", f"calendars/{family}/events/{id}").json()
    assert (moved["status"], moved["organizer"]["email"]) == ("confirmed", family)
    back = calls("POST", f"calendars/{family}/events/{id}/move?destination=primary")
    assert back.json()["status"] == "confirmed"
    assert [each["id"] for each in google.events(ANA)] == [id]
    assert (
        calls("POST", f"calendars/{family}/events/{id}/move?destination=primary").status_code == 410
    )
