"""Where people meet: the kinds of location, and what each means. Pure.

How the host chooses one is in host/fields.toml, what guests call it in guest/invitation.py, its
drawing in templates/guest/icons.html, a rival's word for it in core/moving.toml.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from widget.core import addresses, characters

Location = Literal["google_meet", "phone", "in_person", "link"]


@dataclass(frozen=True)
class Traits:
    """`name`: what the host calls it. `fits`: whether a detail (location_detail) does; `fault`:
    what the host is told of one that does not. `meets`: Google makes the link; `calls`: the
    guest's number is asked for; `visits`: times are shown in the host's zone alone; `secret`: the
    detail is told only once it is booked.
    """

    name: str
    fits: Callable[[str], bool] = lambda _detail: True
    fault: str = ""
    meets: bool = False
    calls: bool = False
    visits: bool = False
    secret: bool = False


LOCATIONS: dict[Location, Traits] = {
    "google_meet": Traits("Google Meet", meets=True),
    "phone": Traits("phone", calls=True),
    "in_person": Traits(
        "in person",
        lambda detail: not characters.blank(detail),
        "must say where to meet, as the location is in_person",
        visits=True,
    ),
    "link": Traits(
        "your link",
        addresses.is_https,
        "must be an https address, as the location is link",
        secret=True,
    ),
}
