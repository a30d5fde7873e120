"""The settings of a host who signs in for the first time. Pure."""

from widget.core import characters, zones
from widget.core import fields as core_fields
from widget.core.document import WEEKDAYS, EventType, Settings


def first_document(handle: str, display_name: str, time_zone: str) -> Settings:
    """What a host who signs in for the first time gets."""
    name = "".join(each for each in display_name if not core_fields.unfit(each))
    name = characters.line(name).strip()[: core_fields.NAME]
    return Settings(
        version=1,
        handle=handle,
        display_name=handle if characters.blank(name) else name,
        time_zone=zones.zone(time_zone).key,
        weekly_hours={
            day: [] if day in ("sat", "sun") else [["09:00", "17:00"]] for day in WEEKDAYS
        },
        event_types=[EventType(slug="intro", title="Intro call", duration=30)],
    )
