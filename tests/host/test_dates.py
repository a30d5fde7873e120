"""The section "Other hours on single dates": ranges of days on a month calendar."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import page
from tests.conftest import Browser, on_sqlite
from tests.page import Element, starts
from tests.people import exported, faults, form, save, show

pytestmark = on_sqlite


def test_a_range_of_days_is_closed_at_once(app: Flask, ana: Browser, guest: FlaskClient) -> None:
    answer = save(ana, "dates", {"from": "2026-12-24", "to": "2026-12-26", "kind": "closed"})
    shown = page.read(answer.text).one(id="dates")
    assert "Saved." in shown.text
    assert "December 2026" in shown.text
    assert exported(app)["date_overrides"] == {f"2026-12-{day}": [] for day in (24, 25, 26)}
    picker = page.read(guest.get("/book/ana/intro?month=2026-12").text)
    free = {each["data-date"] for each in picker.all(data_date=True)}
    assert "2026-12-23" in free
    assert not free & {"2026-12-24", "2026-12-25"}
    assert shown.one(id="date-2026-12-25")["class"] == "date own shut"
    (span,) = shown.all("details", open=True)[0].all("li")
    assert span.text == "24 Dec 2026 – 26 Dec 2026 closed".replace("24 Dec", "Dec 24,").replace(
        "26 Dec", "Dec 26,"
    )


def test_a_date_gets_hours_of_its_own(app: Flask, ana: Browser, guest: FlaskClient) -> None:
    rows = {"dates-start": ["10:00", "20:00"], "dates-end": ["11:00", "00:00"]}
    save(ana, "dates", {"from": "2026-12-05", "to": "", "kind": "hours", **rows})
    assert exported(app)["date_overrides"] == {
        "2026-12-05": [["10:00", "11:00"], ["20:00", "24:00"]]
    }
    found = starts(page.read(guest.get("/book/ana/intro?date=2026-12-05").text))
    assert found[0] == "2026-12-05T10:00:00Z"
    assert found[-1] == "2026-12-05T23:30:00Z"


def test_dates_go_back_to_the_hours_of_the_week(app: Flask, ana: Browser) -> None:
    save(ana, "dates", {"from": "2026-12-24", "to": "2026-12-31", "kind": "closed"})
    save(ana, "dates", {"from": "2026-12-25", "to": "2026-12-30", "kind": "weekly"})
    assert exported(app)["date_overrides"] == {"2026-12-24": [], "2026-12-31": []}


def test_days_are_chosen_on_the_calendar_first_and_last(ana: Browser) -> None:
    shown = show(ana, "?month=2026-12")
    shown = show(ana, "?" + shown.one(id="date-2026-12-24")["href"].partition("?")[2])
    assert form(shown, "dates").fields()["from"] == "2026-12-24"
    assert form(shown, "dates").fields()["to"] == "2026-12-24"
    shown = show(ana, "?" + shown.one(id="date-2026-12-27")["href"].partition("?")[2])
    fields = form(shown, "dates").fields()
    assert (fields["from"], fields["to"]) == ("2026-12-24", "2026-12-27")
    assert len(shown.one(id="dates").all("a", data_chosen=True)) == 4
    shown = show(ana, "?" + shown.one(id="date-2026-12-10")["href"].partition("?")[2])
    assert form(shown, "dates").fields()["from"] == "2026-12-10"


def follow(host: Browser, shown: Element, id: str) -> Element:
    return show(host, "?" + shown.one(id=id)["href"].partition("?")[2].partition("#")[0])


@pytest.mark.parametrize(
    ("month", "path", "first", "last"),
    [
        (
            "2026-12",
            ["date-2026-12-31", "dates-next", "date-2027-01-02"],
            "2026-12-31",
            "2027-01-02",
        ),
        (
            "2026-11",
            ["date-2026-11-30", "dates-next", "dates-next", "date-2027-01-01"],
            "2026-11-30",
            "2027-01-01",
        ),
        (
            "2027-01",
            ["dates-previous", "date-2026-12-31", "dates-previous", "dates-next", "dates-next",
             "date-2027-01-02"],
            "2026-12-31",
            "2027-01-02",
        ),
        (
            "2026-12",
            ["date-2026-12-31", "date-2026-12-31", "dates-next"],
            "2026-12-31",
            "2026-12-31",
        ),
        (
            "2026-12",
            ["date-2026-12-24", "date-2026-12-31", "dates-next"],
            "2026-12-24",
            "2026-12-31",
        ),
    ],
)  # fmt: skip
def test_a_holiday_across_a_month_end_is_saved_with_all_its_days(
    app: Flask, ana: Browser, month: str, path: list[str], first: str, last: str
) -> None:
    shown = show(ana, f"?month={month}")
    for id in path:
        shown = follow(ana, shown, id)
    fields = form(shown, "dates").fields()
    assert (fields["from"], fields["to"]) == (first, last)
    save(ana, "dates", {"kind": "closed"}, shown=shown)
    days = (date.fromisoformat(last) - date.fromisoformat(first)).days + 1
    saved = exported(app)["date_overrides"]
    assert (len(saved), min(saved), max(saved)) == (days, first, last)


def test_what_is_typed_goes_along_to_another_month(app: Flask, ana: Browser) -> None:
    typed = "from=2026-12-31&to=2027-01-02&kind=hours&dates-start=10:00&dates-end=11:00"
    shown = show(ana, f"?month=2027-01&{typed}")  # what the arrows bring along
    kept = form(shown, "dates")
    assert "data-unsaved" in kept.attrs
    save(ana, "dates", shown=shown)
    assert exported(app)["date_overrides"] == {
        day: [["10:00", "11:00"]] for day in ("2026-12-31", "2027-01-01", "2027-01-02")
    }


def test_the_calendar_turns_its_months_and_survives_any_address(ana: Browser) -> None:
    shown = show(ana, "?month=2026-12").one(id="dates")
    assert "month=2027-01" in shown.one(id="dates-next")["href"]
    assert "month=2026-11" in shown.one(id="dates-previous")["href"]
    for query in ("?month=x", "?month=9999-99", "?from=x&to=y", "?month=1970-01", "?month=2199-12"):
        assert show(ana, query).one(id="dates")


def test_a_chosen_date_shows_what_holds_on_it(app: Flask, ana: Browser) -> None:
    rows = {"dates-start": ["10:00"], "dates-end": ["11:00"]}
    save(ana, "dates", {"from": "2026-12-05", "kind": "hours", **rows})
    before = exported(app)
    fields = form(show(ana, "?from=2026-12-05"), "dates").fields()
    assert fields["kind"] == "hours"
    save(ana, "dates", query="?from=2026-12-05&to=2026-12-05")
    assert exported(app) == before


def test_rows_can_be_added_before_a_date_is_chosen(ana: Browser) -> None:
    answer = save(ana, "dates", {"from": "", "kind": "hours"}, press=("do", "add-dates"))
    assert answer.status_code == 200
    sent = form(page.read(answer.text), "dates").sent()
    assert len(sent.getlist("dates-start")) == 2
    assert sent["kind"] == "hours"


def test_past_dates_are_listed_apart(ana: Browser) -> None:
    assert "Past dates" not in show(ana).one(id="dates").text
    save(ana, "dates", {"from": "2026-11-01", "kind": "closed"})
    assert "Past dates" in show(ana).one(id="dates").text


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"from": ""}, "dates-from", "such as 2026-12-24"),
        ({"from": "2026-02-30"}, "dates-from", "such as 2026-12-24"),
        ({"from": "1950-01-01", "to": "1950-01-02"}, "dates-from", "such as"),
        ({"to": "tomorrow"}, "dates-to", "such as 2026-12-24"),
        ({"to": "2026-12-01"}, "dates-to", "before the first"),
        ({"to": "2028-12-24"}, "dates-to", "at most a year"),
        ({"kind": None}, "dates-kind", "what holds"),
        ({"kind": "whatever"}, "dates-kind", "what holds"),
        ({"kind": "hours"}, "dates-hours", "Give the hours"),
        (
            {"kind": "hours", "dates-start": ["12:00"], "dates-end": ["12:00"]},
            "dates-hours-0",
            "start before it ends",
        ),
        (
            {"kind": "hours", "dates-start": ["10:00", "11:00"], "dates-end": ["12:00", "13:00"]},
            "dates-hours-1",
            "must not start before",
        ),
    ],
)
def test_bad_dates_are_named_and_nothing_else_is_lost(
    app: Flask, ana: Browser, changes: dict[str, Any], field: str, words: str
) -> None:
    before = exported(app)
    typed = {"from": "2026-12-24", "to": "2026-12-26", "kind": "closed", **changes}
    answer = save(ana, "dates", typed)
    found = faults(answer)
    assert field in found
    assert words in found[field]
    kept = form(page.read(answer.text), "dates").sent()
    for name in ("dates-start", "dates-end"):
        assert [row for row in kept.getlist(name) if row] == typed.get(name, [])
    assert kept["from"] == typed["from"]
    assert exported(app) == before


def test_a_fault_stands_at_the_hours_that_it_is_about(ana: Browser) -> None:
    rows = {"dates-start": ["13:00", "09:00"], "dates-end": ["12:00", "10:00"]}
    answer = save(ana, "dates", {"from": "2026-12-24", "kind": "hours", **rows})
    (id,) = faults(answer)
    assert page.read(answer.text).one(id=id)["value"] == "13:00"


def test_too_many_dates_are_a_fault(ana: Browser, change: Any) -> None:
    many = [date(2027, 1, 1) + timedelta(days=2 * number) for number in range(1000)]
    change("ana", date_overrides={day.isoformat(): [] for day in many})
    answer = save(ana, "dates", {"from": "2026-12-24", "kind": "closed"})
    assert "between 0 and 1000" in faults(answer)["dates-date_overrides"]


def test_nights_end_on_the_next_dates(app: Flask, ana: Browser, guest: FlaskClient) -> None:
    """Three nights in a row; what holds in the week on the day after them stays."""
    rows = {"kind": "hours", "dates-start": "22:00", "dates-end": "02:00"}
    night, rest, usual = ["22:00", "24:00"], ["00:00", "02:00"], ["09:00", "17:00"]
    wanted = {
        "2026-12-13": [night],
        "2026-12-14": [rest, night],
        "2026-12-15": [rest, usual],
    }
    for _twice in range(2):
        save(ana, "dates", {"from": "2026-12-13", "to": "2026-12-14", **rows})
        assert exported(app)["date_overrides"] == wanted
    shown = page.read(guest.get("/book/ana/intro?date=2026-12-14").text)
    assert [each[11:16] for each in starts(shown)] == [
        *("00:00", "00:30", "01:00", "01:30", "22:00", "22:30", "23:00", "23:30"),
    ]
