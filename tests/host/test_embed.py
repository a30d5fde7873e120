"""The section "On your website": what to paste, and whether it is live."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

import models
from tests.conftest import ROOT, Browser, on_sqlite
from tests.page import Element
from tests.people import PICKER, save, show
from widget.guest import sightings
from widget.host import snippets

SITE = "https://sailing.example"
FRAMED = {"Sec-Fetch-Dest": "iframe", "Referer": f"{SITE}/"}


def snippet(host: Browser, query: str = "") -> str:
    return show(host, query).one(id="snippet-text").raw


def live(host: Browser, site: str = SITE) -> Element:
    return show(host, f"?site={site}").one(id="live-answer")


@on_sqlite
@pytest.mark.parametrize(
    ("mode", "code"),
    [
        (
            "inline",
            '<script src="http://localhost/embed.js" async></script>\n'
            '<meetslot-booking host="ana" event="intro"'
            ' style="display:block;width:-moz-available;width:-webkit-fill-available;'
            'contain:inline-size;contain-intrinsic-width:300px;break-inside:avoid">'
            '<a href="http://localhost/book/ana/intro"'
            ' style="display:block;height:0;padding-bottom:'
            "max(500px,min(720px,8320000px - 1000000%),min(960px,6400000px - 1000000%))"
            '">Book a call</a></meetslot-booking>',
        ),
        (
            "popup",
            '<script src="http://localhost/embed.js" async></script>\n'
            '<meetslot-booking host="ana" event="intro" mode="popup" accent="1a73e8"'
            ' style="display:inline-block;padding:8px 24px;font-weight:600;line-height:32px">'
            '<a href="http://localhost/book/ana/intro">Book a call</a></meetslot-booking>',
        ),
        (
            "floating",
            '<script src="http://localhost/embed.js" async></script>\n'
            '<meetslot-booking host="ana" event="intro" mode="floating" accent="1a73e8"'
            ' style="position:fixed;bottom:16px;inset-inline-end:16px">'
            '<a href="http://localhost/book/ana/intro">Book a call</a></meetslot-booking>',
        ),
        (
            "iframe",
            '<iframe src="http://localhost/book/ana/intro" title="Book a call with A &amp; B"'
            ' width="100%" height="700"></iframe>',
        ),
        ("link", "http://localhost/book/ana/intro"),
    ],
)
def test_each_way_has_its_code_and_a_page_that_shows_it_at_work(
    ana: Browser, mode: str, code: str
) -> None:
    save(ana, "profile", {"display_name": "A & B"})
    shown = show(ana, f"?embed={mode}")
    assert shown.one(id=f"tab-{mode}")["aria-current"] == "true"
    assert shown.one(id="snippet-text").raw == code
    assert shown.one("button", data_copy="snippet-text")
    at_work = ana.client.get(shown.one("iframe", _class="small")["src"])
    assert at_work.status_code == 200
    assert re.sub(' style="[^"]*"', "", code) in at_work.text
    assert "style=" not in at_work.text  # which our own policy would refuse


@on_sqlite
def test_the_snippet_follows_handle_and_event_type(ana: Browser) -> None:
    save(ana, "profile", {"handle": "silva"})
    assert 'host="silva" event="intro"' in snippet(ana)
    assert 'host="silva" style=' in snippet(ana, "?of=*")
    assert snippet(ana, "?of=*&embed=link") == "http://localhost/book/silva"
    assert 'event="intro"' in snippet(ana, "?embed=nonsense")


def test_a_page_view_inside_a_site_is_seen(
    ana: Browser, guest: FlaskClient, clock: time_machine.Traveller
) -> None:
    assert "Not seen on https://sailing.example yet" in live(ana).text
    guest.get(PICKER, headers=FRAMED)
    clock.shift(130)
    assert live(ana, "sailing.example/contact").one(data_live="seen").text == (
        "Seen on https://sailing.example 2 minutes ago."
    )
    assert "Not seen" in live(ana, "https://other.example").text
    guest.get("/book/ana", headers=FRAMED)
    seen = show(ana).one(id="live-answer").all("li")
    assert [each.text for each in seen] == [SITE]  # once, however many pages of it


@on_sqlite
def test_a_site_with_an_international_name_is_held_to_as_browsers_write_it(
    ana: Browser, guest: FlaskClient
) -> None:
    typed = "faß.example\nhttps://www.sailing.example/\nlocalhost:8000"
    save(ana, "sites", {"allowed_sites": typed})
    shown = show(ana).one(id="sites-allowed_sites").raw.split()
    assert shown == [
        "https://xn--fa-hia.example",
        "https://www.sailing.example",
        "http://localhost:8000",
    ]
    referer = {"Sec-Fetch-Dest": "iframe", "Referer": "https://xn--fa-hia.example/"}
    answer = guest.get(PICKER, headers=referer)
    assert answer.status_code == 200
    assert "https://xn--fa-hia.example" in answer.headers["Content-Security-Policy"]
    assert live(ana, "faß.example").one(data_live="seen")
    other = {"Sec-Fetch-Dest": "iframe", "Referer": "https://fass.example/"}
    assert guest.get(PICKER, headers=other).status_code == 403


@on_sqlite
def test_the_button_of_a_snippet_has_the_hosts_colour(ana: Browser) -> None:
    save(ana, "theme", {"accent": "#008080"})
    for mode in ("popup", "floating"):
        assert 'accent="008080"' in snippet(ana, f"?embed={mode}")
    assert "accent" not in snippet(ana)  # the frame follows the settings


def test_the_last_view_counts_and_is_kept_once(
    app: Flask, ana: Browser, guest: FlaskClient, clock: time_machine.Traveller
) -> None:
    for _ in range(3):
        guest.get(PICKER, headers=FRAMED)
        clock.shift(3600)
    guest.get("/book/ana", headers=FRAMED)
    with models.database.connection_context():
        app.extensions["meetslot.sightings"].write()
        host = models.host_by_handle("ana")
        assert host
        assert [(each.origin, each.event) for each in sightings.seen(host)] == [
            (SITE, ""),
            (SITE, "intro"),
        ]


@on_sqlite
@pytest.mark.parametrize(
    ("headers", "query", "seen"),
    [
        (FRAMED, "", SITE),
        ({"Sec-Fetch-Dest": "iframe", "Referer": f"{SITE}:8443/page?q=1"}, "", f"{SITE}:8443"),
        ({"Sec-Fetch-Dest": "iframe"}, "?embedder=https://sailing.example", SITE),
        ({}, "?embedder=https://sailing.example/page", SITE),
        ({"Sec-Fetch-Dest": "iframe"}, "", None),
        ({"Sec-Fetch-Dest": "document", "Referer": f"{SITE}/"}, "", None),
        ({"Referer": f"{SITE}/"}, "", None),
        ({"Sec-Fetch-Dest": "iframe", "Referer": "http://localhost/settings"}, "", None),
        ({"Sec-Fetch-Dest": "iframe", "Referer": "about:blank"}, "", None),
        ({"Sec-Fetch-Dest": "iframe", "Referer": "https://[broken"}, "", None),
        ({"Sec-Fetch-Dest": "iframe", "Referer": "https://x:99999/"}, "", None),
        ({"Sec-Fetch-Dest": "iframe", "Referer": "https://" + "a" * 5000}, "", None),
        ({"Sec-Fetch-Dest": "iframe"}, "?embedder=javascript:alert(1)", None),
    ],
    ids=str,
)
def test_only_the_origin_of_a_framing_site_is_kept(
    app: Flask,
    ana: Browser,
    guest: FlaskClient,
    headers: dict[str, str],
    query: str,
    seen: str | None,
) -> None:
    assert guest.get(f"{PICKER}{query}", headers=headers).status_code == 200
    with models.database.connection_context():
        app.extensions["meetslot.sightings"].write()
        host = models.host_by_handle("ana")
        assert host
        assert [each.origin for each in sightings.seen(host)] == ([seen] if seen else [])


def test_made_up_origins_fill_no_more_than_a_hundred_rows(
    app: Flask, ana: Browser, guest: FlaskClient, clock: time_machine.Traveller
) -> None:
    for number in range(110):
        origin = f"https://site-{number}.example/"
        guest.get("/book/ana", headers={"Sec-Fetch-Dest": "iframe", "Referer": origin})
        clock.shift(1)
    with models.database.connection_context():
        app.extensions["meetslot.sightings"].write()
        host = models.host_by_handle("ana")
        assert host
        found = sightings.seen(host)
    assert len(found) == 100
    assert found[0].origin == "https://site-109.example"


@on_sqlite
def test_a_site_that_is_not_allowed_is_told_so(
    ana: Browser, guest: FlaskClient, change: Callable[..., None]
) -> None:
    change("ana", allowed_sites=["https://other.example"])
    told = live(ana).one(data_live="refused")
    assert "not among your allowed sites" in told.text
    assert "tried" not in told.text
    guest.get(PICKER, headers=FRAMED)
    assert "It was tried 1 second ago" in live(ana).one(data_live="refused").text
    change("ana", allowed_sites=[SITE])
    assert live(ana).one(data_live="seen")


@on_sqlite
@pytest.mark.parametrize(
    ("origin", "typed"),
    [
        ("http://localhost:8000", "localhost:8000/page"),
        ("http://intranet", "intranet"),
        ("http://intranet", "http://intranet"),
        ("https://wiki", "wiki"),
        ("http://10.0.0.7:8080", "10.0.0.7:8080"),
    ],
)
def test_an_address_without_a_scheme_may_be_one_of_either(
    ana: Browser, guest: FlaskClient, origin: str, typed: str
) -> None:
    guest.get(PICKER, headers={"Sec-Fetch-Dest": "iframe", "Referer": f"{origin}/"})
    assert f"Seen on {origin}" in live(ana, typed).one(data_live="seen").text


@on_sqlite
def test_an_address_without_a_scheme_is_that_of_an_allowed_site_if_one_is(
    ana: Browser, change: Callable[..., None]
) -> None:
    change("ana", allowed_sites=["http://localhost:8000", "https://wiki"])
    assert "Not seen on http://localhost:8000" in live(ana, "localhost:8000").text
    assert "Not seen on https://wiki" in live(ana, "wiki").text
    assert "http" not in live(ana, "intranet").one(_class="fault").text.replace(
        "https://example", ""
    )
    assert "https://intranet is not among" in live(ana, "https://intranet").text
    assert "https://b.example is not among" in live(ana, "b.example").text


@on_sqlite
def test_a_site_seen_is_one_that_is_told_it_may_not(
    ana: Browser, guest: FlaskClient, change: Callable[..., None]
) -> None:
    change("ana", allowed_sites=["https://other.example"])
    broken = {"Sec-Fetch-Dest": "iframe", "Referer": "https://[broken"}
    assert guest.get(PICKER, headers=broken).status_code == 200
    named = {"Sec-Fetch-Dest": "iframe", "Referer": "https://sailing.example:443/"}
    assert guest.get(PICKER, headers=named).status_code == 403
    assert "It was tried" in live(ana).one(data_live="refused").text


@on_sqlite
@pytest.mark.parametrize("site", ["nonsense", "ftp://x.example", "https://", "my site", "<script>"])
def test_what_is_no_address_is_named_and_kept(ana: Browser, site: str) -> None:
    shown = show(ana, f"?site={site}")
    assert "not the address of a page" in shown.one(id="live-answer").text
    field = shown.one("input", name="site")
    assert field["value"] == site
    assert field["aria-describedby"] == "live-answer"


FILES = ["README.md", "docs/embedding.md", *sorted(ROOT.glob("demo/site/*.html"))]


@pytest.mark.parametrize("file", FILES, ids=lambda file: Path(file).name)
def test_what_we_show_elsewhere_keeps_its_room_as_the_snippet_does(file: str) -> None:
    pattern = r"<meetslot-booking (?!ref)([^>]*)>(<a [^>]*>)?"
    for attributes, link in re.findall(pattern, (ROOT / file).read_text()):
        if "offset" in attributes:  # has a place of its own
            continue
        mode = re.search(r'mode="(\w+)"', attributes)
        assert f'style="{snippets.STYLES[mode[1] if mode else "inline"]}"' in attributes
        assert mode or f' style="{snippets.LINK_STYLE}">' in link
