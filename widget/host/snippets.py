"""What a host pastes into a page, in five ways, and whether it is live there."""

from html import escape
from typing import Any

from flask import request

import models
from widget.core import addresses
from widget.core.document import EventType, Settings
from widget.guest import script, sightings
from widget.host.page import WORDS
from widget.web import service

#: How the element stands on the page before the script has run: as afterwards, so that nothing
#: moves. Inline it is as wide, and in a row or table asks for as much, as the script will have it,
#: and is broken by no column.
STYLES = {
    "inline": "display:block;width:-moz-available;width:-webkit-fill-available;"
    "contain:inline-size;contain-intrinsic-width:300px;break-inside:avoid",
    "popup": "display:inline-block;padding:8px 24px;font-weight:600;line-height:32px",
    "floating": "position:fixed;bottom:16px;inset-inline-end:16px",
}
#: The link keeps the room of a picker of that width: a percentage of padding is one of the width.
#: From one height to the next it is as abrupt as the picker itself.
ROOM = script.ROOM.format("0000px", "000%")
LINK_STYLE = f"display:block;height:0;padding-bottom:{ROOM}"
LETTERS = 24  # of a description, in a line on a phone
ADDRESS_LENGTH = 2000


def code(
    mode: str, public_url: str, document: Settings, event: EventType | None, styled: bool = True
) -> str:
    """The HTML to paste (the bare address for `link`); all event types when `event` is None.

    Not `styled` for our own page, whose Content-Security-Policy takes no style attributes.
    """
    path = f"{document.handle}/{event.slug}" if event else document.handle
    address = f"{public_url}/book/{path}"
    if mode == "link":
        return address
    words = escape("Book a call")
    if mode == "iframe":
        title = escape(f"Book a call with {document.display_name}")
        return f'<iframe src="{address}" title="{title}" width="100%" height="700"></iframe>'
    which = f' event="{event.slug}"' if event else ""
    # the button is no part of the frame, which knows the host's colour by itself
    how = "" if mode == "inline" else f' mode="{mode}" accent="{document.theme.accent}"'
    style, link = STYLES[mode], ""
    if mode == "inline":
        style += "" if event else f";min-height:{_room_for_event_types(document)}px"
        link = LINK_STYLE if event else ""
    room, link = (f' style="{each}"' if each and styled else "" for each in (style, link))
    return (
        f'<script src="{public_url}/embed.js" async></script>\n'
        f'<meetslot-booking host="{document.handle}"{which}{how}{room}>'
        f'<a href="{address}"{link}>{words}</a></meetslot-booking>'
    )


def _room_for_event_types(document: Settings) -> int:
    """How high, in CSS pixels, the list of the event types is at most on a phone; as much as the
    script keeps for it, at least. More than a screen needs no room: it ends below what is seen."""
    shown = (event for event in document.event_types if event.active and event.listed)
    lines = [[-(-len(line) // LETTERS) for line in each.description.split("\n")] for each in shown]
    return max(400, min(800, 76 + sum(102 + 24 * sum(each) for each in lines)))


def view(host: models.Host, document: Settings) -> dict[str, Any]:
    """The way and the event type that the address names, and where the widget was seen."""
    mode = request.args.get("embed", "")
    mode = mode if mode in WORDS["ways"] else "inline"
    active = [each for each in document.event_types if each.active]
    wanted = document.event_type(request.args.get("of", active[0].slug if active else ""))
    event = wanted if wanted and wanted.active else None
    site = request.args.get("site", "")
    query = f"?event={event.slug}" if event else ""
    sites = dict.fromkeys(each.origin for each in seen_on(host))  # each once, the latest first
    return {
        "mode": mode,
        "ways": WORDS["ways"],
        "code": code(mode, service.config().public_url, document, event),
        "events": active,
        "of": event.slug if event else "",
        "preview": f"/settings/embed/{mode}{query}",
        "live": live(document, host, site) if site.strip() else None,
        "seen": list(sites)[:5],
    }


def live(document: Settings, host: models.Host, address: str) -> dict[str, Any]:
    """Whether the widget was seen at the site of this address: `state` is bad (no address),
    refused (not an allowed site), seen or never; `origin` and `seen` where there are any."""
    text = address.strip()[:ADDRESS_LENGTH]
    # without a scheme that of https or of http may be meant
    written = [text] if "://" in text else [f"https://{text}", f"http://{text}"]
    origins = [origin for each in written if (origin := addresses.origin_of(each))]
    word = text != "localhost" and not any(each in text for each in ".:/")  # no address
    found = [each for origin in origins for each in seen_on(host, origin)]
    seen = max(found, key=lambda each: each.seen_at, default=None)
    named = [origin for origin in origins if origin in document.allowed_sites]
    if not (seen or named or (origins and not word)):
        return {"state": "bad", "address": text}
    origin = seen.origin if seen else (named or origins)[0]
    state = "seen" if seen else "never"
    if document.allowed_sites and origin not in document.allowed_sites:
        state = "refused"
    return {"state": state, "address": text, "origin": origin, "seen": seen}


def seen_on(host: models.Host, origin: str | None = None) -> list[sightings.Sighting]:
    """Where the host's widget was loaded (or on one site), the latest first."""
    sightings.memory().write()  # what this process has seen since it wrote last
    return sightings.seen(host, origin)
