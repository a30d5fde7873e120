"""The picture that chats show beside a booking page's link."""

from __future__ import annotations

import base64
import io
import struct
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from tests.conftest import on_sqlite
from tests.people import PICKER, look
from widget.guest.picture import Card, drawn

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


def picture(width: int, height: int) -> bytes:
    """A WebP of one colour: 36 bytes, however large it is (RFC 9649, 3.4)."""
    size = struct.pack("<I", (width - 1) | (height - 1) << 14)
    black = bytes.fromhex("07 10 11 fd 0f 44 44 ff 03 00 00")
    return b"RIFF\x1c\0\0\0WEBPVP8L\x10\0\0\0\x2f" + size + black


@pytest.mark.parametrize(
    "data",
    [picture(9400, 9400), picture(16383, 16383), picture(1, 1025), picture(9, 9)[:30],
     b"RIFF....WEBPxxxx", b"RIFF\0\0\0\0WEBP"],
)  # fmt: skip
def test_a_picture_that_cannot_be_read_or_is_large_leaves_the_first_letter(
    guest: FlaskClient, change: Callable[..., None], data: bytes
) -> None:
    without = guest.get(address(guest)).data
    change("ana", picture=base64.b64encode(data).decode())
    answer = guest.get(address(guest))
    assert (answer.status_code, answer.data) == (200, without)


def test_a_picture_from_an_import_is_shown(guest: FlaskClient, change: Callable[..., None]) -> None:
    into = io.BytesIO()
    Image.new("RGB", (1024, 1024), (200, 30, 30)).save(into, "WEBP")
    change("ana", picture=base64.b64encode(into.getvalue()).decode())
    card = Image.open(io.BytesIO(guest.get(address(guest)).data)).convert("RGB")
    red, green, blue = card.getpixel((152, 152))  # type: ignore[misc]
    assert red > 180 > 60 > max(green, blue)
