"""Blueprint: API tokens of the host's own programs, made and ended on the settings page."""

from flask import redirect, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from widget.booking import tokens
from widget.core import characters, clock
from widget.host.page import address, secret_of_form
from widget.host.views import whole
from widget.web.audience import Audience, Room

blueprint = Room("programs", __name__, Audience.HOST)


@blueprint.post("/settings/tokens")
def make() -> ResponseReturnValue:
    """Show the new token on the page that answers: it is stored as a hash, so only this once."""
    host, name = current_user.host, characters.line(request.form.get("name", "")).strip()
    fault = f"Say in 1 to {tokens.NAME_LENGTH} characters what it is for."
    if name and len(name) <= tokens.NAME_LENGTH and not characters.has_controls(name):
        try:
            text = tokens.make(host, name, clock.now(), secret_of_form())
            return whole(host, token={"made": text, "for": name})
        except tokens.TooManyTokens:
            fault = f"There can be {tokens.TOKENS} tokens. End one that is not used any more."
    return whole(host, 422, token={"fault": fault, "name": name})


@blueprint.post("/settings/tokens/<id>/end")
def end(id: str) -> ResponseReturnValue:
    tokens.end(current_user.host, id)  # a second press finds it ended
    return redirect(address("programs", "programs"), 303)
