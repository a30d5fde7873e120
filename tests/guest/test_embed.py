"""What a site that embeds the widget asks for, over HTTP: the script, files, who may frame."""

from __future__ import annotations

import json
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient

from demo.google import StandIn
from tests.conftest import Browser
from tests.page import read, starts
from translations import update
from widget.text import language
from widget.web import static

PAGE = "/book/ana/intro"
SITE, OTHER = "https://ana.example", "https://other.example"
FRAME = {"Sec-Fetch-Dest": "iframe"}

# --- the script and the static files ------------------------------------------------------------


def test_the_script_is_for_every_site(guest: FlaskClient) -> None:
    answer = guest.get("/embed.js")
    assert answer.status_code == 200
    assert answer.mimetype == "text/javascript"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer.headers["Cache-Control"] == "public, max-age=3600"
    assert {"Accept-Encoding", "Accept-Language"} <= set(answer.vary)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("code", language.languages())
def test_the_few_words_of_the_script_are_in_the_readers_language(
    guest: FlaskClient, code: str
) -> None:
    tag = code.replace("_", "-")
    answer = guest.get("/embed.js", headers={"Accept-Language": f"{tag}, en;q=0.5"})
    english = guest.get("/embed.js")
    words = ("The calendar is not loading.", "Open the booking page", "Close", "Book a time")
    for word in words:
        assert (json.dumps(word)[1:-1] in answer.text) is (code == "en")
        message = update.read(code).get(word) if code != "en" else None
        translated = str(message.string) if message else word
        assert json.dumps(translated, ensure_ascii=False)[1:-1] in answer.text
    assert "{{" not in answer.text
    assert (answer.headers["ETag"] == english.headers["ETag"]) is (code == "en")
    asked = guest.get(f"/embed.js?lang={tag}", headers={"Accept-Language": "fr"})
    assert asked.data == answer.data  # a site that speaks one language says so


@pytest.mark.parametrize("address", ["/embed.js", "/replace.js"])
def test_the_script_is_not_sent_again_while_it_is_the_same(
    guest: FlaskClient, address: str
) -> None:
    first = guest.get(address, headers={"Accept-Encoding": "br"})
    assert first.headers["Cache-Control"] == "public, max-age=3600"
    tag = first.headers["ETag"]
    again = guest.get(address, headers={"If-None-Match": tag, "Accept-Encoding": "br"})
    assert (again.status_code, again.data) == (304, b"")


def test_comments_are_not_sent_and_strings_are_left_alone(guest: FlaskClient) -> None:
    sent = guest.get("/embed.js", headers={"Accept-Encoding": "identity"}).text
    assert not [line for line in sent.splitlines() if line.strip().startswith("//")]
    assert " // " not in sent
    assert "http" not in sent.replace('"http://localhost"', "")
    assert "\n\n" not in sent
    assert len(sent) > 5000


def addresses(guest: FlaskClient) -> list[str]:
    page = read(guest.get(PAGE).text)
    return [each["src"] for each in page.all("script", src=True)]


def test_static_files_are_kept_for_ever_under_names_of_their_content(
    ana: Browser, guest: FlaskClient
) -> None:
    for address in addresses(guest):
        answer = guest.get(address)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        version = address.split("/")[2]
        assert len(version) == 10
        other = guest.get(address.replace(version, "0123456789"))  # of another version of us
        assert (other.status_code, other.headers["Cache-Control"]) == (200, "no-cache")
        assert other.data == answer.data


def test_another_content_has_another_name() -> None:
    one, other = static.pack("a", "text/css"), static.pack("b", "text/css")
    assert one.version != other.version
    assert one == static.pack("a", "text/css")


@pytest.mark.parametrize(
    "path", ["x/none.js", "x/../app.py", "x/..%2fapp.py", "x/", "guest.css", "x/guest.txt"]
)
def test_only_static_files_are_static_files(guest: FlaskClient, path: str) -> None:
    assert guest.get(f"/static/{path}").status_code == 404


@pytest.mark.parametrize("accent", ["red", "12345", "1234567", "gggggg", "1a73e8%0a", "</style>"])
def test_what_is_no_accent_is_the_hosts(ana: Browser, guest: FlaskClient, accent: str) -> None:
    shown = read(guest.get(PAGE, query_string={"accent": accent}).text)
    assert shown.one("style").raw == read(guest.get(PAGE).text).one("style").raw


# --- who may frame --------------------------------------------------------------------------------


def ancestors(answer: Any) -> str | None:
    policy = answer.headers["Content-Security-Policy"]
    found = [part.strip() for part in policy.split(";") if "frame-ancestors" in part]
    return found[0].removeprefix("frame-ancestors ") if found else None


def guest_answers(guest: FlaskClient, **headers: Any) -> dict[str, Any]:
    """One answer of every kind that a guest may get in a frame."""
    start = starts(read(guest.get(PAGE).text))[0]
    form = read(guest.get(f"{PAGE}?start={start}").text).one("form", id="booking-form").fields()
    filled = {**form, "name": "Gita", "email": "gita@guest.example"}
    booked = guest.post(PAGE, data=filled)
    return {
        "types": guest.get("/book/ana", **headers),
        "times": guest.get(PAGE, **headers),
        "zones": guest.get(f"{PAGE}?step=zone", **headers),
        "form": guest.get(f"{PAGE}?start={start}", **headers),
        "faults": guest.post(PAGE, data={**filled, "email": ""}, **headers),
        "taken": guest.post(PAGE, data={**filled, "name": "Other"}, **headers),
        "booked": booked,
        "booking": guest.get(booked.headers["Location"], **headers),
    }


def test_any_site_may_frame_while_there_is_no_list(ana: Browser, guest: FlaskClient) -> None:
    """No word at all: `*` would refuse a file and a sandboxed page."""
    for kind, answer in guest_answers(guest).items():
        assert ancestors(answer) is None, kind
        assert "X-Frame-Options" not in answer.headers


def test_only_the_list_may_frame_any_of_it(ana: Browser, guest: FlaskClient, change: Any) -> None:
    change("ana", allowed_sites=[SITE])
    for kind, answer in guest_answers(guest).items():
        assert ancestors(answer) == f"'self' {SITE}", kind


def test_a_site_that_isolates_itself_may_frame_it(ana: Browser, guest: FlaskClient) -> None:
    for kind, answer in guest_answers(guest).items():
        assert answer.headers["Cross-Origin-Embedder-Policy"] == "require-corp", kind
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin", kind


def test_nobody_frames_the_hosts_pages(ana: Browser) -> None:
    for path in ("/", "/settings"):
        answer = ana.client.get(path)
        assert ancestors(answer) == "'none'"


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({**FRAME, "Referer": f"{OTHER}/"}, ""),
        ({**FRAME, "Referer": f"{OTHER}/page?x=1"}, f"?embedder={SITE}"),
        (FRAME, f"?embedder={OTHER}"),
        ({"Sec-Fetch-Dest": "frame", "Referer": f"{OTHER}/"}, ""),
        ({"Sec-Fetch-Dest": "object", "Referer": f"{OTHER}/"}, ""),
        ({**FRAME, "Referer": "http://ana.example/"}, ""),
        ({**FRAME, "Referer": f"{SITE}:8443/"}, ""),
    ],
)
def test_another_site_is_told_so_and_shown_nothing(
    ana: Browser, guest: FlaskClient, change: Any, headers: dict[str, str], query: str
) -> None:
    change("ana", allowed_sites=[SITE])
    answer = guest.get(f"{PAGE}{query}", headers=headers)
    assert answer.status_code == 403
    assert ancestors(answer) is None
    page = read(answer.text)
    named = headers.get("Referer", OTHER).split("/")[2]
    assert named in page.one(data_error="site_not_allowed").text
    assert page.all("form") + page.all("button") + page.all("input") == []
    assert "Intro" not in answer.text
    assert "Silva" not in answer.text


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        (FRAME, ""),
        (FRAME, f"?embedder={SITE}"),
        (FRAME, "?embedder=null"),
        (FRAME, "?embedder=https://other.example'%3Cscript%3E"),
        ({**FRAME, "Referer": f"{SITE}/page"}, ""),
        ({**FRAME, "Referer": f"{SITE}/page"}, f"?embedder={OTHER}"),
        ({**FRAME, "Referer": "http://localhost/settings"}, ""),
        ({**FRAME, "Referer": "about:srcdoc"}, ""),
        ({"Sec-Fetch-Dest": "document", "Referer": f"{OTHER}/"}, f"?embedder={OTHER}"),
        ({"Sec-Fetch-Dest": "empty"}, f"?embedder={OTHER}"),
        ({}, f"?embedder={OTHER}"),
    ],
)
def test_the_page_itself_always_comes_with_the_list(
    ana: Browser, guest: FlaskClient, change: Any, headers: dict[str, str], query: str
) -> None:
    """Allowed, unknown or a lie: the browser decides by the list, whatever was claimed."""
    change("ana", allowed_sites=[SITE])
    answer = guest.get(f"{PAGE}{query}", headers=headers)
    assert answer.status_code == 200
    assert ancestors(answer) == f"'self' {SITE}"


def test_a_booking_is_refused_to_another_site_too(
    ana: Browser, guest: FlaskClient, change: Any
) -> None:
    own = guest_answers(guest)["booked"].headers["Location"]
    change("ana", allowed_sites=[SITE])
    answer = guest.get(own, headers={**FRAME, "Referer": f"{OTHER}/"})
    assert answer.status_code == 403
    assert "gita" not in answer.text


# --- one answer announces a booking --------------------------------------------------------------


def booked(guest: FlaskClient, **headers: str) -> Any:
    start = starts(read(guest.get(PAGE).text))[0]
    form = read(guest.get(f"{PAGE}?start={start}").text).one("form", id="booking-form").fields()
    filled = {**form, "name": "Gita", "email": "gita@guest.example"}
    return filled, guest.post(PAGE, data=filled, headers=headers)


def outcomes(text: str) -> list[str]:
    return [each["data-outcome"] for each in read(text).all(data_outcome=True)]


def test_a_fragment_announces_a_booking_once(ana: Browser, guest: FlaskClient) -> None:
    filled, answer = booked(guest, **{"HX-Request": "true"})
    assert outcomes(answer.text) == ["booked"]
    own = answer.headers["HX-Replace-Url"]
    again = guest.post(PAGE, data=filled, headers={"HX-Request": "true"})
    assert again.status_code == 201
    for other in (again, guest.get(own)):
        assert outcomes(other.text) == []


def test_the_page_after_the_redirect_announces_a_booking_once(
    ana: Browser, guest: FlaskClient
) -> None:
    _filled, answer = booked(guest)
    after = answer.headers["Location"]
    assert outcomes(guest.get(after).text) == ["booked"]
    assert outcomes(guest.get(after).text) == []


def test_a_booking_is_announced_when_google_has_confirmed_it(
    ana: Browser, guest: FlaskClient, google: StandIn, clock: time_machine.Traveller
) -> None:
    google.fault("calendar.events.insert", cut="after")
    google.fault("calendar.events.get", status=503, times=None)
    _filled, answer = booked(guest)
    own = answer.headers["Location"]
    waiting = guest.get(own)
    assert read(waiting.text).one("section", data_booking_status="pending")
    assert outcomes(waiting.text) == []
    google.clear_faults()
    clock.shift(60)
    assert outcomes(guest.get(own).text) == ["booked"]
    assert outcomes(guest.get(own).text) == []


def test_a_cookie_is_never_set(ana: Browser, guest: FlaskClient) -> None:
    for answer in guest_answers(guest).values():
        assert "Set-Cookie" not in answer.headers
    for address in ("/embed.js", *addresses(guest)):
        assert "Set-Cookie" not in guest.get(address).headers
