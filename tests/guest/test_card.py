"""The picture that chats show beside a booking page's link."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from tests.conftest import on_sqlite
from tests.people import PICKER, look
from widget.guest.card import Card, drawn

pytestmark = [on_sqlite, pytest.mark.usefixtures("ana")]


def address(guest: FlaskClient, page: str = PICKER) -> str:
    found = look(guest, page).one("meta", property="og:image")["content"]
    assert found.startswith("http://localhost/card/ana/")
    return found.removeprefix("http://localhost")


def test_a_page_has_a_picture_in_the_hosts_colour_that_changes_with_what_is_on_it(
    app: Flask, guest: FlaskClient, change: Callable[..., None]
) -> None:
    first = address(guest)
    answer = guest.get(first)
    assert (answer.status_code, answer.mimetype) == (200, "image/png")
    assert "immutable" in answer.headers["Cache-Control"]
    assert len(answer.data) <= 60_000
    image = Image.open(io.BytesIO(answer.data)).convert("RGB")
    assert image.size == (1200, 630)
    assert image.getpixel((1100, 300)) == (0x1A, 0x73, 0xE8)
    assert len(image.getcolors(10_000) or ()) > 2  # letters
    assert first != address(guest, "/book/ana")
    assert guest.get(address(guest, "/book/ana")).status_code == 200
    change("ana", event={"accent": "0b8043"})
    assert first != address(guest)
    again = Image.open(io.BytesIO(guest.get(address(guest)).data)).convert("RGB")
    assert again.getpixel((1100, 300)) == (0x0B, 0x80, 0x43)
    assert guest.get(first).status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/card/ana/intro/x.png", "/card/ana/none/x.png", "/card/no/intro/x.png", "/card/ana/-/x.png"],
)
def test_other_names_lead_nowhere(guest: FlaskClient, path: str) -> None:
    assert guest.get(path).status_code == 404


@pytest.mark.parametrize(
    "text",
    ["お問い合わせ", "שיחת היכרות", "مكالمة", "Звонок", "José Łącki", "🙂", "\u202e\u200b",
     "x" * 200, "two words " * 20, " ", "a\u0301" * 50, "हिन्दी"],
)  # fmt: skip
@pytest.mark.parametrize("accent", ["ffffff", "000000", "1a73e8"])
def test_whatever_the_words_are_it_can_be_drawn_and_is_small(text: str, accent: str) -> None:
    made = drawn(Card(text, text, "1440 min", accent, None))
    assert len(made) <= 60_000
    assert Image.open(io.BytesIO(made)).size == (1200, 630)
