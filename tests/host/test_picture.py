"""The host's picture: uploaded, made small and anew, shown, exported, taken away."""

from __future__ import annotations

import base64
import io
import json
import os
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from tests import page
from tests.conftest import ROOT, Browser, command, on_sqlite
from tests.people import NINE, exported, form, look, show
from widget.host import picture

pytestmark = on_sqlite
RED, BLUE = (200, 30, 30), (30, 30, 200)


def file(kind: str, size: tuple[int, int] = (300, 200), **more: Any) -> bytes:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", size, RED)
    image.paste(BLUE, (size[0] // 2, 0, *size))
    into = io.BytesIO()
    image.save(into, kind, **more)
    return into.getvalue()


def upload(ana: Browser, data: bytes, name: str = "me.png", **more: str) -> TestResponse:
    fields = form(show(ana), "picture").fields()
    sent = {**fields, **more, "picture": (io.BytesIO(data), name)}
    return ana.client.post("/settings/picture", data=sent, follow_redirects=True)


def shown(ana: Browser) -> str:
    return show(ana).one("img", alt="Your picture")["src"]


def got(guest: FlaskClient, address: str) -> Image.Image:
    answer = guest.get(address)
    assert (answer.status_code, answer.mimetype) == (200, "image/webp")
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert len(answer.data) <= 20 * 1024
    image = Image.open(io.BytesIO(answer.data))
    assert image.width == image.height
    assert not image.info.get("exif")
    assert not image.info.get("icc_profile")
    return image.convert("RGB")


def is_like(pixel: Any, colour: tuple[int, int, int]) -> bool:
    return all(abs(a - b) < 40 for a, b in zip(pixel, colour, strict=True))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_is_kept_square_and_small_under_its_own_name(
    ana: Browser, guest: FlaskClient, kind: str
) -> None:
    assert "Saved." in upload(ana, file(kind)).text
    image = got(guest, shown(ana))
    assert is_like(image.getpixel((5, 5)), RED)
    assert is_like(image.getpixel((image.width - 5, 5)), BLUE)
    first = shown(ana)
    upload(ana, file(kind, (400, 400)))
    assert shown(ana) != first
    assert guest.get(first).status_code == 404


@pytest.mark.parametrize("path", ["/book/ana", "/book/ana/intro", "/book/ana/intro?start=" + NINE])
def test_guests_see_it_at_once_and_initials_without_one(
    ana: Browser, guest: FlaskClient, path: str
) -> None:
    assert look(guest, path).one(_class="face").text == "AS"
    upload(ana, file("PNG"))
    assert look(guest, path).one("img", _class="face")["src"] == shown(ana)
    upload(ana, b"", remove="1")
    assert not look(guest, path).all("img")


def test_what_a_camera_writes_is_used_and_left_out(ana: Browser, guest: FlaskClient) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter: the left is up
    exif[0x010F] = "Camera of Ana"
    upload(ana, file("JPEG", exif=exif, quality=95), "me.jpg")
    assert is_like(got(guest, shown(ana)).getpixel((90, 5)), RED)
    assert is_like(got(guest, shown(ana)).getpixel((90, 185)), BLUE)
    assert b"Camera of Ana" not in guest.get(shown(ana)).data


def test_noise_is_made_as_small_and_what_is_see_through_is_white(
    ana: Browser, guest: FlaskClient
) -> None:
    noise = Image.frombytes("RGB", (600, 600), os.urandom(600 * 600 * 3))
    into = io.BytesIO()
    noise.save(into, "JPEG", quality=60)
    upload(ana, into.getvalue())
    got(guest, shown(ana))
    into = io.BytesIO()
    Image.new("RGBA", (50, 50), (0, 0, 0, 0)).save(into, "PNG")
    upload(ana, into.getvalue())
    assert is_like(got(guest, shown(ana)).getpixel((9, 9)), (255, 255, 255))


def bomb(width: int, height: int, pixels: int = 10_000_000) -> bytes:
    """A PNG of a few bytes that says it is this large, and has so many bytes of pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + check

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * pixels)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def plain(format: str, side: int, **how: Any) -> bytes:
    into = io.BytesIO()
    Image.new("RGB", (side, side)).save(into, format, **how)
    return into.getvalue()


WRONG: dict[str, Callable[[], bytes]] = {
    "nothing": bytes,
    "text": lambda: b"Hello",
    "svg": lambda: b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    "gif": lambda: file("GIF"),
    "tiff": lambda: file("TIFF"),
    "bmp": lambda: file("BMP"),
    "cut off": lambda: file("PNG")[:120],
    "cut off jpeg": lambda: file("JPEG")[:400],
    "head alone": lambda: b"RIFF\x00\x00\x00\x00WEBP",
    "bomb": lambda: bomb(20_000, 20_000),
    "wider bomb": lambda: bomb(2_000_000_000, 1),
    "more than a WebP may have": lambda: plain("WEBP", 3600),
    "too large": lambda: file("PNG") + b"\0" * (2 * 2**20),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_none_is_refused_kindly(ana: Browser, name: str) -> None:
    upload(ana, file("PNG"))
    before = shown(ana)
    answer = upload(ana, WRONG[name]())
    assert answer.status_code == 422
    assert page.read(answer.text).one(id="picture-fault").text
    assert shown(ana) == before


def test_it_is_taken_away(ana: Browser, guest: FlaskClient) -> None:
    upload(ana, file("PNG"))
    address = shown(ana)
    upload(ana, b"", remove="1")
    assert not show(ana).all("img")
    assert guest.get(address).status_code == 404


def test_it_goes_along_in_the_settings_document(
    app: Flask, ana: Browser, guest: FlaskClient, change: Any
) -> None:
    assert "picture" not in exported(app)
    upload(ana, file("PNG"))
    address, document = shown(ana), exported(app)
    upload(ana, b"", remove="1")
    change("ana", picture=document["picture"])
    assert shown(ana) == address
    garbage = (
        "x",
        "http://evil.example/x.webp",
        base64.b64encode(b"<svg/>").decode(),
        base64.b64encode(b"RIFF1234WEBP" + b"\0" * 20 * 1024).decode(),
        5,
    )
    for wrong in garbage:
        text = json.dumps({**document, "picture": wrong})
        result = app.test_cli_runner().invoke(args=["settings", "import", "ana", "-"], input=text)
        assert (result.exit_code, result.stderr[:8]) == (1, "picture:")
    command(app, "hosts", "delete", "ana", "--yes")
    assert guest.get(address).status_code == 404


def test_a_renamed_hosts_picture_is_found_again(ana: Browser, guest: FlaskClient) -> None:
    upload(ana, file("PNG"))
    old = shown(ana)
    fields = form(show(ana), "profile").fields()
    ana.client.post("/settings/profile", data={**fields, "handle": "ana-silva"})
    assert guest.get(old).headers["Location"] == shown(ana)


PEAK = """
import io, sys
from PIL import Image, ImageOps  # not to be counted
from widget.host import picture

def peak() -> int:
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

data = io.BytesIO(sys.stdin.buffer.read())
before = peak()
picture.read(data)
print((peak() - before) // 1024)
"""


@pytest.mark.usefixtures("app")
@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="no /proc")
@pytest.mark.parametrize(
    "image",
    [
        lambda: bomb(3500, 3500, 3500 * (1 + 3 * 3500)),
        lambda: plain("WEBP", 3500),
        lambda: plain("JPEG", 5000, subsampling=0),
        lambda: plain("JPEG", 5000, progressive=True),
    ],
    ids=["PNG", "WebP", "JPEG", "progressive"],
)
def test_a_large_picture_is_in_memory_once(image: Callable[[], bytes]) -> None:
    """12.5 million pixels are 50 MB; a WebP takes four times as much, and a JPEG less."""
    told = subprocess.run(
        [sys.executable, "-c", PEAK], input=image(), capture_output=True, check=True, cwd=ROOT
    )
    assert int(told.stdout) < 220


def test_pictures_are_made_small_one_after_the_other(
    app: Flask, ana: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, both, together = Image.open, Barrier(2), list[bool]()

    def open_(*given: Any, **named: Any) -> Any:
        with suppress(BrokenBarrierError):
            together.append(both.wait(0.3) >= 0)
        return opened(*given, **named)

    monkeypatch.setattr(Image, "open", open_)
    with ThreadPoolExecutor(2) as threads:
        made = list(threads.map(picture.read, [io.BytesIO(file("PNG")) for _each in range(2)]))
    assert made[0] == made[1]
    assert not together
