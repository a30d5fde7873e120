"""Whatever is wrong in a section: every link of what is said of it leads somewhere."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests import page
from tests.conftest import Browser, on_sqlite
from tests.people import event_of, exported, save, show

pytestmark = on_sqlite

LONG = "x" * 6000
#: Whatever can be typed into a section that is wrong, as many things at once as possible.
BAD: dict[str, list[dict[str, Any]]] = {
    "profile": [{"display_name": "", "handle": "a b", "time_zone": "Mars"}, {"handle": "api"}],
    "hours": [
        {
            "mon-start": ["09:00", "25:00"], "mon-end": ["08:00", ""],
            "tue-start": ["09:00"] * 49, "tue-end": ["10:00"] * 49,
            "wed-start": ["01:00"] * 49, "wed-end": ["soon"] * 49,
        },
    ],
    "dates": [
        {"from": "", "to": "x"},
        {"from": "2026-12-24", "to": "2026-12-01"},
        {"from": "2026-12-24", "kind": None},
        {"from": "2026-12-24", "kind": "hours"},
        {"from": "2026-12-24", "kind": "hours", "dates-start": ["9", "1"], "dates-end": ["8", ""]},
        {
            "from": "2026-12-24", "kind": "hours",
            "dates-start": ["09:00"] * 49, "dates-end": ["10:00"] * 49,
        },
    ],
    "calendars": [
        {"busy_calendars": None, "target_calendar": None},
        {"busy_calendars": ["", LONG], "target_calendar": LONG},
        {"busy_calendars": [f"c{number}" for number in range(60)]},
    ],
    "theme": [{"accent": "red", "mode": "neon"}, {"accent": None, "mode": None}],
    "sites": [
        {"allowed_sites": "x\ny"},
        {"allowed_sites": "\n".join(f"https://a{n}.example" for n in range(101))},
    ],
    "events/intro": [
        {
            **dict.fromkeys(
                (
                    "title", "slug", "duration", "slot_interval", "buffer_before", "buffer_after",
                    "minimum_notice", "booking_window_days", "max_per_day", "max_per_week",
                    "extra_guests", "change_deadline",
                ),
                "x y",
            ),
            "title": "", "description": LONG, "location": "nowhere", "location_detail": LONG,
            "redirect_url": "x",
            "q0-label": "", "q0-id": "A B", "q0-kind": "song", "q0-choices": "",
            "q1-label": "B", "q1-id": "b", "q1-kind": "choice", "q1-choices": "x\nx\n\u202e",
            "q2-label": "B", "q2-id": "b", "q2-kind": "choice", "q2-choices": "",
        },
        {"location": "in_person", "location_detail": ""},
        {f"q{number}-label": "A" for number in range(21)},
    ],
}  # fmt: skip


def led_to(answer: TestResponse) -> list[str]:
    """Where the links of all summaries lead; each has to be there."""
    shown = page.read(answer.text)
    assert answer.status_code == 422, answer.status_code
    found = [link["href"] for alert in shown.all(role="alert") for link in alert.all("a")]
    for href in found:
        assert href.startswith("#"), href
        assert shown.all(id=href.removeprefix("#")), href
    return found


@pytest.mark.parametrize("section", BAD)
def test_every_link_of_a_summary_leads_to_its_field(app: Flask, ana: Browser, section: str) -> None:
    before = exported(app)
    for bad in BAD[section]:
        answer = save(ana, section, bad, query="?event=intro")
        assert led_to(answer), bad
        shown = page.read(answer.text)
        for href in led_to(answer):
            assert shown.all(id=f"{href.removeprefix('#')}-fault"), href
    assert exported(app) == before


def test_every_link_leads_somewhere_when_a_list_is_full(
    app: Flask, ana: Browser, change: Any
) -> None:
    days = [date(2027, 1, 1) + timedelta(days=2 * number) for number in range(1000)]
    events = [{**event_of(app), "slug": f"e{number}"} for number in range(100)]
    change("ana", date_overrides={day.isoformat(): [] for day in days}, event_types=events)
    assert led_to(save(ana, "dates", {"from": "2026-12-24", "kind": "closed"}))
    shown = show(ana)
    for pressed in ("add", "duplicate"):
        sent = shown.one(id="add-event").sent()
        sent.add(pressed, "e5")
        assert led_to(ana.client.post("/settings/event-types", data=sent)) == [
            "#event-types-event_types"
        ]
