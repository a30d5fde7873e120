"""Blueprint: Google says that something in a host's calendar changed."""

import secrets

from flask import abort, request
from flask.typing import ResponseReturnValue

from widget.booking import channels
from widget.web.audience import Audience, Room

blueprint = Room("notifications", __name__, Audience.PROGRAM, counted=False)


@blueprint.post("/google/notifications")
def hear() -> ResponseReturnValue:
    """Answered at once: a message only marks what has to be asked for, so that one that comes
    twice, late or out of order does no harm. 404 to what no channel of ours sent."""
    channel = channels.channel_by_id(request.headers.get("X-Goog-Channel-ID", ""))
    token = request.headers.get("X-Goog-Channel-Token", "")
    if channel is None or not secrets.compare_digest(channel.token.encode(), token.encode()):
        abort(404)
    if request.headers.get("X-Goog-Resource-State") != "sync":  # which only says hello
        channels.heard(channel)
    return "", 204
