"""Who may show a booking page in a frame, and what a site that may not sees there instead.

The browser holds every page to the host's allowed sites by `frame-ancestors`, and shows nothing
where it refuses. So a frame of a site that is certainly not allowed gets an answer that holds
nothing of the booking page, is free to be framed, and says in words what to do. Whatever a
request claims, the page itself never comes without its `frame-ancestors`: a lie gains nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from flask import Response, abort, g, request

from widget import carried, web
from widget.language import gettext as _

FRAMES = ("iframe", "frame", "embed", "object", "fencedframe")  # of Sec-Fetch-Dest
_ORIGIN = re.compile(r"https?://[a-z0-9._\[\]:-]+")


def embedder() -> str | None:
    """The origin of the site that this request's frame stands on; None when nothing tells.

    The browser's own Referer counts before what embed.js wrote into the address, since a site
    may keep its name to itself (Referrer-Policy).
    """
    if request.headers.get("Sec-Fetch-Dest") not in FRAMES:
        return None
    said = (request.headers.get("Referer", ""), request.args.get("embedder", ""))
    origins = [_origin(text) for text in said]
    return next((each for each in origins if each and each != web.config().public_url), None)


def _origin(text: str) -> str | None:
    url = urlsplit(text.lower())
    origin = f"{url.scheme}://{url.netloc}"
    return origin if _ORIGIN.fullmatch(origin) else None


def hold_to(allowed_sites: Sequence[str]) -> None:
    """Only these origins may frame what is being answered; another one is told so instead."""
    if not allowed_sites:
        return
    site = embedder()
    if site and site not in allowed_sites:
        abort(refusal(site))
    g.frame_ancestors = " ".join(("'self'", *allowed_sites))


def refusal(site: str) -> Response:
    """A page for any frame, with nothing in it that belongs to a host or guest."""
    heading = _("The booking page cannot be shown here")
    context = {**web.page(heading), "alert": {"code": "site_not_allowed"}, "site": site}
    return web.answer("guest/refused.html", 403, **context, url=carried.same(request))
