"""A host signs in with Google."""

from __future__ import annotations

import pytest
from flask import Flask

import models
from demo.google import StandIn
from tests.conftest import Browser, command
from widget.calendar import CALENDAR_SCOPES


def test_a_first_sign_in_gives_the_defaults_and_the_calendars_own_zone(
    app: Flask, ana: Browser
) -> None:
    import json

    document = json.loads(command(app, "settings", "export", "ana"))
    assert document["handle"] == "ana"
    assert document["display_name"] == "Ana Silva"
    assert document["time_zone"] == "Europe/Lisbon"
    assert document["weekly_hours"]["fri"] == [["09:00", "17:00"]]
    assert document["weekly_hours"]["sat"] == []
    (event,) = document["event_types"]
    assert (event["slug"], event["duration"]) == ("intro", 30)
    assert (event["minimum_notice"], event["booking_window_days"]) == (240, 60)
