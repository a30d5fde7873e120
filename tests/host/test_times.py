"""Free times to paste into an e-mail, in a language and zone of the host's choice."""

from __future__ import annotations

from html import unescape
from urllib.parse import urlsplit

from flask.testing import FlaskClient

from tests import page
from tests.conftest import Browser, on_sqlite
from tests.page import Element
from tests.people import look, show

pytestmark = on_sqlite


def opened(ana: Browser, **chosen: str) -> Element:
    link = show(ana).one(id="event-times-intro")
    shown = look(ana.client, link["href"].partition("#")[0])
    fields = {**shown.one(id="times").one("form").fields(), **chosen}
    return page.read(ana.client.get("/settings", query_string=fields).text).one(id="times")


def links(part: Element) -> list[tuple[str, str]]:
    return [(each.text, each["href"]) for each in part.all("a")]


def test_each_time_leads_to_its_form(ana: Browser, guest: FlaskClient) -> None:
    shown = opened(ana)
    first, *others = links(shown.one(id="times-html"))
    assert len(others) == 15
    address = urlsplit(first[1])
    assert address.netloc == "localhost"
    form = look(guest, f"{address.path}?{address.query}").one(id="booking-form").fields()
    assert form["start"] == "2026-11-30T12:00:00Z"  # after the notice
    text = shown.one("textarea", aria_label="Times as text").raw
    assert first[1] in unescape(text)
    assert "Intro call, 30 min" in text
    html = shown.one("textarea", aria_label="Times as HTML").raw
    assert links(page.read(unescape(html))) == [first, *others]


def test_in_another_language_and_zone(ana: Browser, guest: FlaskClient) -> None:
    shown = opened(ana, times_lang="de", times_tz="Asia/Tokyo")
    part = shown.one(id="times-html")
    assert "Montag, 30. November 2026" in part.text
    assert "Tokio" in part.text
    time, url = links(part)[0]
    assert time == "21:00"
    address = urlsplit(url)
    form = look(guest, f"{address.path}?{address.query}")
    assert form.one("html")["lang"] == "de"
    assert form.one(id="booking-form").fields()["tz"] == "Asia/Tokyo"
    assert opened(ana, times_lang="ar").one(id="times-html")["dir"] == "rtl"
    for wrong in ({"times_lang": "xx"}, {"times_tz": "Nowhere"}, {"times": "nothing"}):
        assert opened(ana, **wrong)


def test_while_there_are_none_that_is_said(ana: Browser) -> None:
    ana.google.fault("calendar.freebusy.query", status=503, times=None)
    assert "Google does not answer" in opened(ana).text
