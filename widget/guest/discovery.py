"""What editors, chats and search engines read of a booking page: oEmbed, Open Graph, JSON-LD."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from widget.core.document import EventType, Settings
from widget.core.hours import OneOff
from widget.guest import card
from widget.web import service


def of(document: Settings, event: EventType | None, path: str) -> dict[str, Any] | None:
    """The page's title and address, what is booked there, its picture, and where its oEmbed answer
    is: of a host, or of one event type. None for a page that nobody passes on: of a booking, of a
    one-off link, or in the settings."""
    if not path.startswith("/book/") or isinstance(event, OneOff):
        return None
    public_url, name = service.config().public_url, document.display_name
    url = f"{public_url}/book/{document.handle}" + (f"/{event.slug}" if event else "")
    return {
        "title": f"{event.title} – {name}" if event else name,
        "name": event.title if event else name,
        "url": url,
        "picture": public_url + card.address(document, event),
        "size": (card.WIDTH, card.HEIGHT),
        "oembed": f"{public_url}/oembed?format=json&url={quote(url, safe='')}",
    }
