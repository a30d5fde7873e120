"""What Google's many answers mean for us, and how long Google is waited for.

Every write at Google ends in one of three ways: done (the call returns), refused (nothing was
done) or Unknown (it may or may not have happened). A read cannot do harm: what is Unknown for a
write is Unavailable for a read. A refusal is about one of four things, and nothing beyond it:
this change (Refused), this calendar (CalendarClosed), the host's grant (Disconnected), or this
server's project at Google (NotSetUp).
"""

import random
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from widget.google.http import Answer

TIMEOUT_SECONDS = 5
INSERT, TOKEN = "calendar.events.insert", "oauth.token"
WATCH, STOP = "calendar.events.watch", "calendar.channels.stop"
WRITES = {INSERT, "calendar.events.patch", "calendar.events.delete"}
_ADDRESS = re.compile(r"[^\s<>]+@[^\s<>]+")


class GoogleError(Exception):
    """What Google's answer to `method` means for us; `reason` and `message` are Google's words."""

    def __init__(
        self, method: str, status: int | None = None, reason: str = "", message: str = ""
    ) -> None:
        said = _ADDRESS.sub("…", message)  # this goes into logs, and an address may be a guest's
        more = f" ({said})" if said and said != reason else ""
        super().__init__(f"{method}: {status or 'no answer'} {reason}".strip() + more)
        self.method, self.status, self.reason, self.message = method, status, reason, message

    def passing(self) -> "Unavailable":
        """The same, as what may pass."""
        return Unavailable(self.method, self.status, self.reason, self.message)


class Refused(GoogleError):
    """Google will not do this; nothing was done, and nothing else is concerned."""


class Gone(Refused):
    """The calendar or event is not there (404, 410), or a sync token is too old (410)."""


class Duplicate(Refused):
    """An event with this id is there already (409)."""


class Altered(Refused):
    """Somebody changed the event since we last saw it (412)."""


class CalendarClosed(Refused):
    """This calendar can no longer be written to, or read: the host must choose another."""


class Forbidden(CalendarClosed):
    """The same in words that Google also uses in passing: it counts when they come twice."""


class Unavailable(GoogleError):
    """Google does not answer for now; nothing was done."""


class Unknown(GoogleError):
    """A write was sent and its outcome is not known."""


class Disconnected(GoogleError):
    """The host's grant is revoked or too small: the host must sign in again."""


class NotSetUp(GoogleError):
    """This server's project or OAuth client at Google is not as it has to be: only whoever runs
    the server can help; nothing was done."""


class Unreadable(Unavailable):
    """A busy calendar that freebusy cannot read, told inside a 200 answer."""

    def __init__(self, calendar: str, reason: str) -> None:
        super().__init__("calendar.freebusy.query", 200, reason)
        self.calendar = calendar


Meaning = type[GoogleError]

#: errors.toml: `reasons` that Google gives, `advice` for whoever runs this server
_REASONS, ADVICE = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
).values()
_OAUTH = (400, 401, 403)
ANY = ""
#: (status, reason, method) -> what it is about; ANY reason, or ANY method of the Calendar API,
#: where nothing more special is said. A status that is missing tells nothing about the outcome,
#: or below 500 concerns this change alone.
TABLE: dict[tuple[int, str, str], Meaning] = {
    **{(403, reason, ANY): Unavailable for reason in _REASONS["limits"]},
    **{(403, reason, ANY): Disconnected for reason in _REASONS["scope"]},
    # a host who does not allow this is booked all the same
    **{(403, reason, method): Refused for reason in _REASONS["scope"] for method in (WATCH, STOP)},
    **{(403, reason, ANY): NotSetUp for reason in _REASONS["project"]},
    (403, "requiredAccessLevel", ANY): CalendarClosed,
    (403, ANY, INSERT): Forbidden,  # there is no event yet that it could be about
    (404, ANY, INSERT): CalendarClosed,
    (410, ANY, INSERT): CalendarClosed,
    (401, ANY, ANY): Unavailable,
    (404, ANY, ANY): Gone,
    (408, ANY, ANY): Unknown,
    (409, ANY, ANY): Duplicate,
    (410, ANY, ANY): Gone,
    (412, ANY, ANY): Altered,
    (429, ANY, ANY): Unavailable,
    # the token endpoint's own (RFC 6749, 5.2, and Google's); all else there may pass
    **{(status, reason, TOKEN): Disconnected for status in _OAUTH for reason in _REASONS["grant"]},
    **{(status, reason, TOKEN): NotSetUp for status in _OAUTH for reason in _REASONS["client"]},
}


def lost(method: str) -> Meaning:
    """What it means that the outcome of a call is not told."""
    return Unknown if method in (*WRITES, WATCH) else Unavailable


def meaning(method: str, status: int, reason: str) -> Meaning:
    """What an answer of the Calendar API means."""
    keys = ((status, why, which) for why in (reason, ANY) for which in (method, ANY))
    found = next((TABLE[key] for key in keys if key in TABLE), None)
    if found is None and 400 <= status < 500:
        return Refused
    return lost(method) if found in (None, Unknown) else found


def token_meaning(status: int, reason: str) -> Meaning:
    """What an answer of the token endpoint means: Unavailable but for OAuth's own refusals."""
    return TABLE.get((status, reason, TOKEN)) or (
        Refused if status == 400 and reason else Unavailable
    )


def reason_and_message(answer: Answer) -> tuple[str, str]:
    """Google's word for what is wrong, and its sentences, each once, from any shape of error
    answer: of several words the one that says most (TABLE), else the first. Both empty if it is
    no JSON."""
    try:
        said = answer.json()
    except ValueError:
        return "", ""
    error = _get(said, "error")
    errors, details = (_list(_get(error, name)) for name in ("errors", "details"))
    reasons = [_get(each, "reason") for each in (*errors, *details)]
    # OAuth's `{"error": "invalid_grant"}`, or `{"error": {"errors", "details", "status"}}`
    words = [each for each in (error, *reasons, _get(error, "status")) if isinstance(each, str)]
    known = (word for word in words if word and (answer.status, word, ANY) in TABLE)
    texts = [*(_get(part, "message") for part in (error, *errors)), _get(said, "error_description")]
    sentences = (" ".join(text.split()) for text in texts if isinstance(text, str))
    reason = next(known, words[0] if words else "")
    return reason[:80], " ".join(dict.fromkeys(sentences))[:200]


def _get(part: Any, name: str) -> Any:
    return part.get(name) if isinstance(part, dict) else None


def _list(part: Any) -> list[Any]:
    return part if isinstance(part, list) else []


@dataclass(frozen=True)
class Patience:
    """How long Google is waited for.

    `call_seconds` for one answer; `budget_seconds` for all calls of one journey, after which
    nothing is sent any more; `tries` of a call that certainly did nothing, with a pause before
    the second one that doubles for each further one.
    """

    call_seconds: float = TIMEOUT_SECONDS
    budget_seconds: float = 8
    tries: int = 4
    pause_seconds: float = 0.25

    def pause(self, tried: int) -> float:
        """Seconds before the next try: exponential, with jitter so that not all come at once."""
        return self.pause_seconds * 2.0 ** (tried - 1) * random.uniform(0.5, 1.5)
