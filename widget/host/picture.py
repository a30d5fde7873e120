"""The host's picture, made small and anew from what was uploaded."""

import base64
import io
import threading
from typing import IO, Any

from widget.core import fields

UPLOAD_BYTES = 2 * 2**20
PIXELS = 12_500_000  # as much as phones take: 200 MB in memory while it is made small, as WebP
SIZE = 192  # pixels, of the square that is kept
WIDE = 4 * SIZE  # as it is worked on: of a picture of 4:1 the square is still sharp
FORMATS = ("PNG", "JPEG", "WEBP")

_alone = threading.Lock()  # each process has one picture at a time in memory


class NoPicture(ValueError):
    """It cannot be used; the message says why."""


def read(file: IO[bytes]) -> str:
    """The picture as the settings document keeps it: square, WebP without metadata, in base64.
    Raises NoPicture."""
    from PIL import Image, ImageOps  # 10 MB of memory, for what is seldom done

    data = file.read(UPLOAD_BYTES + 1)
    if not data:
        raise NoPicture("Choose a file first.")
    if len(data) > UPLOAD_BYTES:
        raise NoPicture("This file is larger than 2 MB. Choose a smaller one.")
    try:
        with _alone, Image.open(io.BytesIO(data), formats=FORMATS) as image:
            most = PIXELS * (2 if image.format == "JPEG" else 1)  # which is made small on its way
            if image.width * image.height > most:
                raise NoPicture(f"This picture has more than {most / 1e6:g} million pixels.")
            image.draft("RGB", (SIZE, SIZE))  # a JPEG is decoded no larger than needed
            image.thumbnail((WIDE, WIDE))  # before anything copies it
            turned = ImageOps.exif_transpose(image).convert("RGBA")
        square = ImageOps.fit(turned, (SIZE, SIZE))
    except NoPicture:
        raise
    except Exception as error:  # decoders raise whatever they like for broken files
        raise NoPicture("This is no picture that can be read: use PNG, JPEG or WebP.") from error
    ground = Image.new("RGB", square.size, "white")
    ground.paste(square, mask=square)
    return base64.b64encode(_encoded(ground)).decode()


def _encoded(image: Any) -> bytes:
    """As good as it goes within PICTURE_BYTES."""
    for quality in (85, 70, 50, 30, 10, 0):
        into = io.BytesIO()
        image.save(into, "WEBP", quality=quality)
        if into.tell() <= fields.PICTURE_BYTES:
            break
    return into.getvalue()
