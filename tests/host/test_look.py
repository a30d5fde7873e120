"""The sections "Look" and "Allowed sites"."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import page
from tests.conftest import Browser, on_sqlite
from tests.people import PICKER, exported, faults, form, save, show

pytestmark = on_sqlite


# --- look ------------------------------------------------------------------------------------


def test_colour_and_mode_are_seen_by_guests(app: Flask, ana: Browser, guest: FlaskClient) -> None:
    save(ana, "theme", {"accent": "#B3541E", "mode": "dark"})
    assert exported(app)["theme"] == {"accent": "b3541e", "mode": "dark"}
    shown = page.read(guest.get(PICKER).text)
    assert shown.one("html")["data-theme"] == "dark"
    assert "--accent-dark:#ce906d" in shown.one("style").raw


@pytest.mark.parametrize(
    ("accent", "light", "dark"),
    [
        ("1a56c4", "readable", "changed"),
        ("ffff00", "changed", "readable"),
        ("777777", "changed", "changed"),
    ],
)
def test_a_colour_that_cannot_be_read_is_mended_in_sight(
    ana: Browser, guest: FlaskClient, accent: str, light: str, dark: str
) -> None:
    answer = ana.client.get("/settings/check/accent", query_string={"accent": f"#{accent}"})
    said = page.read(answer.text).one(id="accent-said")
    on_light, on_dark = said.all(_class="swatch")
    assert light in on_light.text
    assert dark in on_dark.text
    save(ana, "theme", {"accent": f"#{accent}"})
    assert show(ana).one(id="accent-said").text == said.text
    sheet = page.read(guest.get(PICKER).text).one("style").raw.lower()
    assert f"--accent-light:{on_light.one('circle')['fill']}" in sheet
    assert f"--accent-dark:{on_dark.one('circle')['fill']}" in sheet


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"accent": "red"}, "theme-accent", "six hex digits"),
        ({"accent": ""}, "theme-accent", "six hex digits"),
        ({"accent": "#1a73e8;}"}, "theme-accent", "six hex digits"),
        ({"mode": "neon"}, "theme-mode", "must be 'auto'"),
        ({"mode": None}, "theme-mode", "must be 'auto'"),
    ],
)
def test_a_bad_look_is_named(
    app: Flask, ana: Browser, changes: dict[str, Any], field: str, words: str
) -> None:
    before = exported(app)
    found = faults(save(ana, "theme", changes))
    assert list(found) == [field]
    assert words in found[field]
    assert exported(app) == before


def test_a_check_of_no_colour_says_what_one_is(ana: Browser) -> None:
    assert "Six hex digits" in ana.client.get("/settings/check/accent?accent=x").text


# --- allowed sites ---------------------------------------------------------------------------


def test_allowed_sites_are_one_a_line_and_bind_browsers(
    app: Flask, ana: Browser, guest: FlaskClient
) -> None:
    save(ana, "sites", {"allowed_sites": "https://Ana.example/\r\n\r\n https://b.example:8443 "})
    assert exported(app)["allowed_sites"] == ["https://ana.example", "https://b.example:8443"]
    policy = guest.get(PICKER).headers["Content-Security-Policy"]
    assert "frame-ancestors 'self' https://ana.example https://b.example:8443" in policy
    save(ana, "sites", {"allowed_sites": "\r\n"})
    assert exported(app)["allowed_sites"] == []
    assert "frame-ancestors" not in guest.get(PICKER).headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "site",
    [
        "ana",
        "ana.example/page",
        "https://",
        "http://ana.example",
        "https://ana.example/page",
        "*",
        "ftp://x.y",
    ],
)
def test_what_is_no_origin_is_named_and_kept(app: Flask, ana: Browser, site: str) -> None:
    answer = save(ana, "sites", {"allowed_sites": f"https://good.example\r\n{site}"})
    said = faults(answer)["sites-allowed_sites"]
    assert "must be a site" in said
    assert said.endswith(f": line 2 “{site}”")
    kept = form(page.read(answer.text), "sites").fields()["allowed_sites"]
    assert kept == f"https://good.example\n{site}"
    assert exported(app)["allowed_sites"] == []


def test_a_site_may_be_typed_without_https(app: Flask, ana: Browser) -> None:
    save(ana, "sites", {"allowed_sites": "Ana.example\r\nlocalhost:8000\r\nfaß.example:8443/"})
    assert exported(app)["allowed_sites"] == [
        "https://ana.example",
        "http://localhost:8000",
        "https://xn--fa-hia.example:8443",
    ]


def test_sites_may_be_pasted_as_they_stand_in_a_mail(app: Flask, ana: Browser) -> None:
    pasted = '<https://a.example>, b.example; "c.example" (d.example).\r\n\u202ae.example\u202c'
    save(ana, "sites", {"allowed_sites": pasted})
    assert exported(app)["allowed_sites"] == [f"https://{each}.example" for each in "abcde"]


def test_every_site_that_is_wrong_is_named(ana: Browser) -> None:
    answer = save(ana, "sites", {"allowed_sites": "one\r\n\r\nhttps://good.example\r\nthree"})
    said = faults(answer)["sites-allowed_sites"]
    assert said.count("must be a site") == 1
    assert said.endswith(": line 1 “one”, line 3 “three”")
