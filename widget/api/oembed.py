"""Blueprint: oEmbed 1.0 (https://oembed.com) for booking addresses, so that a site's own editor
embeds the widget when its address is pasted."""

import re
from html import escape

from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue

from widget.booking.target import NotHere, Renamed, event_in, look_at_host
from widget.core import addresses, clock
from widget.core.document import Settings
from widget.web import errors as web_errors
from widget.web import service
from widget.web.audience import Audience, Room

blueprint = Room("oembed", __name__, Audience.PROGRAM)

MOST = {"maxwidth": 960, "maxheight": 720}  # CSS pixels: the picker with everything in sight
CACHE_SECONDS = 3600
_PATH = re.compile(r"/book/([^/]+)(?:/([^/]+))?/?")
_PIXELS = re.compile(r"[1-9][0-9]{0,5}")


@blueprint.get("/oembed")
def oembed() -> ResponseReturnValue:
    """404 for what is no booking address of ours, 401 where only some sites may embed (the editor
    links instead), 501 for any format but JSON."""
    if request.args.get("format", "json") != "json":
        return _refused(501, "Only format=json is there.")
    address = request.args.get("url", "")
    found = _found(address)
    if found is None:
        return _refused(404, "url is no booking address of this server.")
    document, title = found
    if document.allowed_sites:
        return _refused(401, "Only some sites may embed this: use the host's snippet there.")
    asked = {name: request.args.get(name, str(own)) for name, own in MOST.items()}
    if not all(map(_PIXELS.fullmatch, asked.values())):
        return _refused(400, "maxwidth and maxheight are whole numbers of pixels.")
    width, height = (min(int(asked[name]), own) for name, own in MOST.items())
    public_url = service.config().public_url
    frame = (
        f'<iframe src="{escape(address)}" title="{escape(title)}" width="{width}"'
        f' height="{height}" style="border:0;max-width:100%" loading="lazy"></iframe>'
    )
    # section 2.3.4.4 of oEmbed
    response = jsonify(
        type="rich",
        version="1.0",
        title=title,
        author_name=document.display_name,
        author_url=f"{public_url}/book/{document.handle}",
        provider_name="Meetslot",
        provider_url=public_url,
        cache_age=CACHE_SECONDS,
        html=frame,
        width=width,
        height=height,
    )
    response.headers["Cache-Control"] = f"public, max-age={CACHE_SECONDS}"
    return response


def _found(address: str) -> tuple[Settings, str] | None:
    """The settings of the host that an address is of, and the page's title."""
    try:
        given = addresses.parse(address.strip())
    except ValueError:
        return None
    match = _PATH.fullmatch(re.split(r"[?#]", given.rest)[0])
    if match is None or given.origin != service.config().public_url:
        return None
    try:
        return _titled(*match.groups())
    except NotHere:
        return None


def _titled(handle: str, slug: str | None) -> tuple[Settings, str]:
    """The same of the page's names, of which any may have become another. Raises NotHere."""
    try:
        kept, _age = look_at_host(service.kept().hosts, handle, clock.now())
        document, name = kept.document, kept.document.display_name
        if slug is None:
            return document, name
        return document, f"{event_in(kept.host_id, document, slug).title} – {name}"
    except Renamed as error:
        return _titled(error.now.get("handle", handle), error.now.get("slug", slug))


def _refused(status: int, detail: str) -> Response:
    codes = {401: "unauthorized", 404: "not_found"}
    return web_errors.problem(status, codes.get(status, "invalid_request"), detail)
