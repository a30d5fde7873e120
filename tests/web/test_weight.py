"""How little the widget weighs on the wire: bytes of bodies as sent, held to their limits."""

from __future__ import annotations

import gzip
import json
from typing import Any

import brotli
import pytest
from flask.testing import FlaskClient

from tests.conftest import ROOT, Browser
from tests.page import Element, read
from widget.text import language

PAGE = "/book/ana/intro"
CODINGS = {"br": brotli.decompress, "gzip": gzip.decompress}


@pytest.fixture(autouse=True)
def demo_settings(ana: Browser, change: Any) -> None:
    """Ana's settings as in the demo: descriptions, questions, many slots."""
    document = json.loads((ROOT / "demo/settings/ana.json").read_text())
    del document["handle"]
    change("ana", **document)


def wire(guest: FlaskClient, address: str, coding: str = "br", tag: str = "en") -> bytes:
    """The body as it is sent to a browser that takes this coding and speaks this language."""
    asked = {"Accept-Encoding": coding, "Accept-Language": tag}
    answer = guest.get(address, headers=asked)
    assert answer.status_code == 200
    assert answer.headers["Content-Encoding"] == coding
    return answer.data


def loaded(guest: FlaskClient, address: str = PAGE) -> tuple[list[str], list[str]]:
    """What the page loads: style sheets, scripts."""
    page: Element = read(guest.get(address).text)
    styles = [each["href"] for each in page.all("link", rel="stylesheet")]
    scripts = page.all("script", src=True)
    assert all("defer" in each.attrs and "src" in each.attrs for each in scripts)
    assert page.all("img") + page.all("iframe") == []
    return styles, [each["src"] for each in scripts]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("code", language.languages())
def test_embed_js_is_at_most_3000_bytes(guest: FlaskClient, code: str) -> None:
    assert len(wire(guest, "/embed.js", tag=code.replace("_", "-"))) <= 3000


def test_slots_are_bookable_after_10_kb_in_2_requests(guest: FlaskClient) -> None:
    styles, _scripts = loaded(guest)
    assert len(styles) == 1
    assert sum(len(wire(guest, each)) for each in [PAGE, *styles]) <= 10_000


def test_the_first_view_is_at_most_24_kb_in_5_requests(guest: FlaskClient) -> None:
    styles, scripts = loaded(guest)
    everything = ["/embed.js", PAGE, *styles, *scripts]
    assert len(everything) <= 5
    assert sum(len(wire(guest, each)) for each in everything) <= 24_000


@pytest.mark.parametrize("coding", CODINGS)
def test_every_coding_is_the_same_file(guest: FlaskClient, coding: str) -> None:
    styles, scripts = loaded(guest)
    for address in ["/embed.js", *styles, *scripts]:
        plain = guest.get(address, headers={"Accept-Encoding": "identity"}).data
        packed = wire(guest, address, coding)
        assert CODINGS[coding](packed) == plain
        assert len(packed) < len(plain)


def test_everything_comes_from_the_widgets_own_server(guest: FlaskClient) -> None:
    for address in ("/book/ana", PAGE, f"{PAGE}?step=zone", f"{PAGE}?start=2026-12-01T09:00:00Z"):
        styles, scripts = loaded(guest, address)
        assert all(each.startswith("/") for each in styles + scripts)
        for each in styles:
            assert "url(" not in guest.get(each).text
            assert "@import" not in guest.get(each).text
