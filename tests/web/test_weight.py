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


def loaded(guest: FlaskClient, address: str = PAGE) -> list[str]:
    """The scripts that the page loads after it is shown; its style stands in it."""
    page: Element = read(guest.get(address).text)
    assert page.all("link", rel="stylesheet") == page.all("img") == page.all("iframe") == []
    scripts = page.all("script", src=True)
    assert all("defer" in each.attrs and "src" in each.attrs for each in scripts)
    return [each["src"] for each in scripts]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("code", language.languages())
def test_embed_js_is_at_most_3000_bytes(guest: FlaskClient, code: str) -> None:
    assert len(wire(guest, "/embed.js", tag=code.replace("_", "-"))) <= 3000


def test_slots_are_bookable_after_5_kb_in_1_request(guest: FlaskClient) -> None:
    assert len(wire(guest, PAGE)) <= 5_000


def test_the_first_view_is_at_most_21_kb_in_3_requests(guest: FlaskClient) -> None:
    """In a frame embed.js comes before them."""
    everything = [PAGE, *loaded(guest)]
    assert len(everything) == 3
    assert sum(len(wire(guest, each)) for each in everything) <= 21_000


@pytest.mark.parametrize("coding", CODINGS)
def test_every_coding_is_the_same_file(guest: FlaskClient, coding: str) -> None:
    for address in ["/embed.js", *loaded(guest)]:
        plain = guest.get(address, headers={"Accept-Encoding": "identity"}).data
        packed = wire(guest, address, coding)
        assert CODINGS[coding](packed) == plain
        assert len(packed) < len(plain)


def test_everything_comes_from_the_widgets_own_server(guest: FlaskClient) -> None:
    for address in ("/book/ana", PAGE, f"{PAGE}?step=zone", f"{PAGE}?start=2026-12-01T09:00:00Z"):
        assert all(each.startswith("/") for each in loaded(guest, address))
        for style in read(guest.get(address).text).all("style"):
            assert "url(" not in style.raw
            assert "@import" not in style.raw
