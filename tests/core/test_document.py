"""The settings document: what it takes, what it refuses and by which path, what a new host gets."""

from __future__ import annotations

import copy
import json
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widget.core import fields, zones
from widget.core.document import (
    WEEKDAYS,
    Fault,
    SettingsError,
    document_json,
    dump_document,
    parse_document,
)
from widget.core.first import first_document
from widget.core.hours import slot_rules
from widget.core.names import handle_from

#: The example of the outside interface, letter by letter.
EXAMPLE = """{
  "version": 1,
  "handle": "ana", "display_name": "Ana Silva", "time_zone": "Europe/Lisbon",
  "busy_calendars": ["primary"], "target_calendar": "primary",
  "weekly_hours": {"mon": [["09:00","12:30"],["13:30","17:00"]], "tue": [["09:00","17:00"]],
    "wed": [], "thu": [], "fri": [], "sat": [], "sun": []},
  "date_overrides": {"2026-12-24": [], "2026-12-28": [["10:00","12:00"]]},
  "allowed_sites": ["https://ana.example"],
  "theme": {"accent": "1a73e8", "mode": "auto"},
  "webhook": null,
  "event_types": [
    {"slug": "intro", "title": "Intro call", "description": "", "duration": 30, "slot_interval": 30,
     "buffer_before": 0, "buffer_after": 0, "minimum_notice": 240, "booking_window_days": 60,
     "max_per_day": null, "max_per_week": null, "extra_guests": 0,
     "location": "google_meet", "location_detail": "", "listed": true, "active": true,
     "questions": [{"id": "topic", "label": "What shall we talk about?", "kind": "text",
       "required": false}],
     "redirect_url": null}
  ]
}"""
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
GONE = object()


def good() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(EXAMPLE)
    document["webhook"] = {
        "url": "https://hooks.example/meetslot",
        "secret": SECRET,
        "events": ["booking.confirmed"],
    }
    return document


def changed(steps: str, value: Any) -> dict[str, Any]:
    """The good document with another value at `steps` (by dots), or with it GONE."""
    document = good()
    path: list[Any] = [int(step) if step.isdigit() else step for step in steps.split(".")]
    *way, last = path
    at: Any = document
    for step in way:
        at = at[step]
    if value is GONE:
        del at[last]
    elif isinstance(at, list):
        at[last : last + 1] = [value]
    else:
        at[last] = value
    return document


def faults(document: Any) -> dict[str, str]:
    """What is wrong with a document: message by path, in order."""
    with pytest.raises(SettingsError) as caught:
        parse_document(document)
    found = {fault.path: fault.message for fault in caught.value.faults}
    assert len(found) == len(caught.value.faults)
    return found


def question(**fields: Any) -> dict[str, Any]:
    return {"id": "q", "label": "Which?", "kind": "choice", "required": True, **fields}


EVENT = "event_types.0"
NAME, HOURS, SITE = "display_name", "weekly_hours.mon", "allowed_sites.0"
Q = f"{EVENT}.questions.0"
CONTROL, ORIGIN, HTTPS = (
    "control characters",
    "must be a site such as https://example.com",
    "must be an https address",
)
HANDLE, TIMES, SORTED = "a-z, 0-9", "times from 00:00 to 24:00", "range above"

NOT_WHOLE: list[Any] = ["30", 30.0, True, [], {}, float("nan"), float("inf")]

REFUSED: list[tuple[str, Any, str, str]] = [
    # version and unknown fields
    ("version", 2, "version", "must be 1"),
    ("version", True, "version", "whole number"),
    ("version", 1.0, "version", "whole number"),
    ("version", "1", "version", "whole number"),
    ("shoe_size", 44, "shoe_size", "is not a setting"),
    ("theme.font", "Arial", "theme.font", "is not a setting"),
    ("webhook.retries", 3, "webhook.retries", "is not a setting"),
    (f"{EVENT}.price", 3, "event_types[0].price", "is not a setting"),
    (f"{Q}.hint", "", "event_types[0].questions[0].hint", "is not a setting"),
    ("a key\x1b[1m", 1, '["a key\\u001b[1m"]', "is not a setting"),
    # handle
    ("handle", "", "handle", HANDLE),
    ("handle", "-ana", "handle", HANDLE),
    ("handle", "Ana", "handle", HANDLE),
    ("handle", "aña", "handle", HANDLE),
    ("handle", "ana silva", "handle", HANDLE),
    ("handle", "ana\n", "handle", HANDLE),
    ("handle", "../ana", "handle", HANDLE),
    ("handle", "a" * 41, "handle", "1 to 40"),
    ("handle", 7, "handle", "must be text"),
    *[
        ("handle", word, "handle", "reserved")
        for word in (
            "admin",
            "api",
            "auth",
            "book",
            "booking",
            "embed",
            "google",
            "healthz",
            "login",
            "logout",
            "mcp",
            "oembed",
            "settings",
            "static",
        )
    ],
    # display name
    (NAME, "", NAME, "cannot be empty"),
    (NAME, " \u200b\u00a0", NAME, "cannot be empty"),
    (NAME, "a" * 101, NAME, "at most 100 characters"),
    (NAME, "Ana\x00", NAME, CONTROL),
    (NAME, "Ana\nSilva", NAME, CONTROL),
    (NAME, "Ana\x85", NAME, CONTROL),
    (NAME, "Ana\u2028Silva", NAME, CONTROL),
    *[(NAME, f"Ana {chr(mark)}avliS", NAME, "turn text around") for mark in range(0x202A, 0x202F)],
    *[(NAME, f"Ana {chr(mark)}avliS", NAME, "turn text around") for mark in range(0x2066, 0x206A)],
    (NAME, "Ana\ud800", NAME, CONTROL),
    (NAME, None, NAME, "must be text"),
    # time zone
    *[
        ("time_zone", zone, "time_zone", "IANA time zone")
        for zone in (
            "Europe/Atlantis",
            "",
            "europe/lisbon",
            "UTC+1",
            "+01:00",
            "Europe",
            "../../etc/passwd",
            "/etc/localtime",
            "Europe/../Europe/Lisbon",
            "Europe/Lisbon\n",
            "localtime",
            "posixrules",
            "Factory",
            "posix/Europe/Lisbon",
            "right/UTC",
        )
    ],
    ("time_zone", 1, "time_zone", "must be text"),
    # calendars
    ("busy_calendars", [], "busy_calendars", "between 1 and 50"),
    ("busy_calendars", [f"c{n}" for n in range(51)], "busy_calendars", "between 1 and 50"),
    ("busy_calendars", "primary", "busy_calendars", "must be a list"),
    ("busy_calendars", ["a", 1], "busy_calendars[1]", "must be text"),
    ("busy_calendars", ["a", ""], "busy_calendars[1]", "cannot be empty"),
    ("busy_calendars", ["a", "b", "a"], "busy_calendars[2]", "same as one above"),
    ("target_calendar", "", "target_calendar", "cannot be empty"),
    ("target_calendar", "c" * 321, "target_calendar", "at most 320"),
    ("target_calendar", None, "target_calendar", "must be text"),
    # weekly hours
    ("weekly_hours", [], "weekly_hours", "must be an object"),
    ("weekly_hours.sun", GONE, "weekly_hours.sun", "is missing"),
    ("weekly_hours.montag", [], "weekly_hours.montag", "must be 'mon', 'tue'"),
    ("weekly_hours.mon", None, "weekly_hours.mon", "must be a list"),
    (f"{HOURS}.1", "13:30", "weekly_hours.mon[1]", "a start and an end"),
    (f"{HOURS}.1", [], "weekly_hours.mon[1]", "a start and an end"),
    (f"{HOURS}.1", ["13:00"], "weekly_hours.mon[1]", "a start and an end"),
    (f"{HOURS}.1", ["13:00", "14:00", "15:00"], "weekly_hours.mon[1]", "a start and an end"),
    (f"{HOURS}.1", [780, 840], "weekly_hours.mon[1]", "a start and an end"),
    (f"{HOURS}.1", ["17:00", "13:30"], "weekly_hours.mon[1]", "start before it ends"),
    (f"{HOURS}.1", ["17:00", "17:00"], "weekly_hours.mon[1]", "start before it ends"),
    (f"{HOURS}.1", ["24:00", "24:00"], "weekly_hours.mon[1]", "start before it ends"),
    (f"{HOURS}.1", ["17:00", "24:01"], "weekly_hours.mon[1]", TIMES),
    (f"{HOURS}.1", ["17:00", "25:00"], "weekly_hours.mon[1]", TIMES),
    (f"{HOURS}.1", ["17:00", "17:60"], "weekly_hours.mon[1]", TIMES),
    (f"{HOURS}.1", ["9:00", "17:00"], "weekly_hours.mon[1]", TIMES),
    (f"{HOURS}.1", ["17:00", "18:00\n"], "weekly_hours.mon[1]", TIMES),
    (
        f"{HOURS}.1",
        ["\u0967\u0969:\u0966\u0966", "\u0967\u096a:\u0966\u0966"],
        "weekly_hours.mon[1]",
        TIMES,
    ),
    (f"{HOURS}.1", ["12:29", "13:00"], "weekly_hours.mon[1]", SORTED),
    (f"{HOURS}.1", ["07:00", "08:00"], "weekly_hours.mon[1]", SORTED),
    ("weekly_hours.mon", [["00:00", "00:01"]] * 49, "weekly_hours.mon", "between 0 and 48"),
    # date overrides
    ("date_overrides", [], "date_overrides", "must be an object"),
    *[
        ("date_overrides", {day: []}, f"date_overrides.{day}", "must be a date")
        for day in (
            "2026-02-29",
            "2026-13-01",
            "1969-12-31",
            "2201-01-01",
            "20261224",
            "2026-W52-4",
        )
    ],
    ("date_overrides", {"24.12.2026": []}, 'date_overrides["24.12.2026"]', "must be a date"),
    ("date_overrides.2026-12-24", None, "date_overrides.2026-12-24", "must be a list"),
    (
        "date_overrides.2026-12-24",
        [["12:00", "10:00"]],
        "date_overrides.2026-12-24[0]",
        "start before it ends",
    ),
    (
        "date_overrides",
        {date.fromordinal(730000 + n).isoformat(): [] for n in range(1001)},
        "date_overrides",
        "between 0 and 1000",
    ),
    # allowed sites
    *[
        (SITE, site, "allowed_sites[0]", ORIGIN)
        for site in (
            "",
            "ana.example",
            "http://ana.example",
            "//ana.example",
            "*",
            "null",
            "https://",
            "https:ana.example",
            "https://*.ana.example",
            "https://ana.example/shop",
            "https://ana.example//",
            "https://ana.example?",
            "https://ana.example?q=1",
            "https://ana.example#top",
            "https://ana@ana.example",
            "https://@ana.example",
            "https://a:b@ana.example",
            "https://ana.example:",
            "https://ana.example:0",
            "https://ana.example:65536",
            "https://ana.example:8o",
            "https://ana .example",
            "https://ana.example\n",
            "https://ana.exa\tmple",
            " https://ana.example",
            "https://ana.example;script-src *",
            "https://ana.example 'none'",
            "https://ana_x.example",
            "https://-ana.example",
            "https://ana..example",
            "https://.example",
            "https://ana.example.",
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "ftp://ana.example",
            "https://1.2.3",
            "https://256.1.1.1",
            "https://0x7f.1",
            "https://[::2]",
            "https://[::1",
            "http://127.0.0.2",
            "http://localhost.evil.example",
            "https:\\\\ana.example",
            "https://" + "a" * 64 + ".example",
            "https://" + "a." * 200 + "b",
        )
    ],
    ("allowed_sites", "https://ana.example", "allowed_sites", "must be a list"),
    ("allowed_sites", [None], "allowed_sites[0]", "must be text"),
    ("allowed_sites", ["https://ana.example"] * 101, "allowed_sites", "between 0 and 100"),
    # theme
    ("theme", None, "theme", "must be an object"),
    *[
        ("theme.accent", accent, "theme.accent", "six hex digits")
        for accent in (
            "#1a73e8",
            "1a73e",
            "1a73e80",
            "1a73eg",
            "blue",
            "",
            "1a73e8\n",
            "\u0661a73e8",
        )
    ],
    ("theme.mode", "sepia", "theme.mode", "must be 'auto', 'light' or 'dark'"),
    # webhook
    ("webhook", "https://hooks.example", "webhook", "must be an object"),
    ("webhook.url", GONE, "webhook.url", "is missing"),
    *[
        ("webhook.url", url, "webhook.url", HTTPS)
        for url in (
            "",
            "http://hooks.example",
            "ftp://hooks.example",
            "https://u:p@hooks.example",
            "https:///x",
            "https://hooks.example/a b",
            "https://hooks.example/\x00",
            "hooks.example",
            "https://hooks.example/" + "a" * 2000,
            "https://hooks.example\\@evil.example",
        )
    ],
    *[
        ("webhook.secret", secret, "webhook.secret", "whsec_")
        for secret in (
            "",
            "secret",
            "whsec_",
            "whsec_AAAA",
            SECRET[6:],
            SECRET + "!",
            SECRET + "A",
            "whsec_" + "A" * 400,
            SECRET + "\n",
            "WHSEC_" + SECRET[6:],
        )
    ],
    ("webhook.events", [], "webhook.events", "between 1 and 5"),
    ("webhook.events", ["booking.made"], "webhook.events[0]", "must be 'booking.confirmed'"),
    (
        "webhook.events",
        ["booking.failed", "booking.failed"],
        "webhook.events[1]",
        "same as one above",
    ),
    # event types
    ("event_types", {}, "event_types", "must be a list"),
    ("event_types", [None], "event_types[0]", "must be an object"),
    *[(f"{EVENT}.slug", bad, "event_types[0].slug", HANDLE) for bad in ("", "In", "-a", "a" * 41)],
    (f"{EVENT}.title", "", "event_types[0].title", "cannot be empty"),
    (f"{EVENT}.title", "a" * 201, "event_types[0].title", "at most 200"),
    (f"{EVENT}.title", "a\u202eb", "event_types[0].title", "turn text around"),
    (f"{EVENT}.description", "a" * 5001, "event_types[0].description", "at most 5000"),
    (f"{EVENT}.description", "a\x07", "event_types[0].description", CONTROL),
    (f"{EVENT}.description", None, "event_types[0].description", "must be text"),
    *[
        (f"{EVENT}.{field}", value, f"event_types[0].{field}", f"between {low} and {high}{unit}")
        for field, low, high, unit in [
            ("duration", 1, 1440, " minutes"),
            ("slot_interval", 1, 1440, " minutes"),
            ("buffer_before", 0, 1440, " minutes"),
            ("buffer_after", 0, 1440, " minutes"),
            ("minimum_notice", 0, 525600, " minutes"),
            ("booking_window_days", 0, 730, " days"),
            ("max_per_day", 1, 1000, ""),
            ("max_per_week", 1, 1000, ""),
            ("extra_guests", 0, 20, ""),
        ]
        for value in (low - 1, high + 1, -(10**30), 10**5000)
    ],
    *[
        (f"{EVENT}.{field}", value, f"event_types[0].{field}", "whole number")
        for field in ("duration", "slot_interval", "buffer_before", "max_per_day", "extra_guests")
        for value in NOT_WHOLE
    ],
    (f"{EVENT}.duration", None, "event_types[0].duration", "whole number"),
    (f"{EVENT}.duration", 10_000, "event_types[0].duration", "between 1 and 1440 minutes"),
    (f"{EVENT}.location", "zoom", "event_types[0].location", "'google_meet', 'phone', "),
    (f"{EVENT}.location", "in_person", "event_types[0].location_detail", "where to meet"),
    (f"{EVENT}.location_detail", "a" * 501, "event_types[0].location_detail", "at most 500"),
    (f"{EVENT}.listed", 1, "event_types[0].listed", "true or false"),
    (f"{EVENT}.active", "true", "event_types[0].active", "true or false"),
    *[
        (f"{EVENT}.redirect_url", url, "event_types[0].redirect_url", "must be")
        for url in (
            "",
            "/thanks",
            "http://ana.example",
            "javascript:alert(1)",
            "//ana.example",
            "http://localhost/thanks",
            "https://",
            "https://ana.example/\u202e",
            "data:,x",
        )
    ],
    # questions
    (f"{EVENT}.questions", {}, "event_types[0].questions", "must be a list"),
    (
        f"{EVENT}.questions",
        [question(id=f"q{n}", choices=["a"]) for n in range(21)],
        "event_types[0].questions",
        "between 0 and 20",
    ),
    *[
        (f"{Q}.id", bad, "event_types[0].questions[0].id", "a-z, 0-9, _ and -")
        for bad in ("", "Topic", "a b", "a" * 41, "é", "a\n")
    ],
    (f"{Q}.label", "", "event_types[0].questions[0].label", "cannot be empty"),
    (f"{Q}.label", "a" * 301, "event_types[0].questions[0].label", "at most 300"),
    (f"{Q}.label", GONE, "event_types[0].questions[0].label", "is missing"),
    (f"{Q}.kind", "date", "event_types[0].questions[0].kind", "'text', 'long_text', 'choice'"),
    (f"{Q}.kind", [], "event_types[0].questions[0].kind", "'text', 'long_text', 'choice'"),
    (f"{Q}.required", 0, "event_types[0].questions[0].required", "true or false"),
    (f"{Q}.choices", ["a"], "event_types[0].questions[0].choices", "only for the kind choice"),
    (Q, question(), "event_types[0].questions[0].choices", "answers to choose from"),
    (Q, question(choices=[]), "event_types[0].questions[0].choices", "answers to choose from"),
    (Q, question(choices="ab"), "event_types[0].questions[0].choices", "must be a list"),
    (Q, question(choices=["a", ""]), "event_types[0].questions[0].choices[1]", "be empty"),
    (Q, question(choices=["a" * 201]), "event_types[0].questions[0].choices[0]", "at most 200"),
    (Q, question(choices=["a", "a"]), "event_types[0].questions[0].choices[1]", "same as one"),
    (
        Q,
        question(choices=[str(n) for n in range(51)]),
        "event_types[0].questions[0].choices",
        "between 0 and 50",
    ),
    # what must be given
    *[
        (field, GONE, field, "is missing")
        for field in ("version", "handle", NAME, "time_zone", "weekly_hours", "event_types")
    ],
    *[
        (f"{EVENT}.{field}", GONE, f"event_types[0].{field}", "is missing")
        for field in ("slug", "title", "duration")
    ],
]


@pytest.mark.parametrize(
    ("steps", "value", "path", "words"),
    [pytest.param(*case, id=f"{number}-{case[0]!a}") for number, case in enumerate(REFUSED)],
)
def test_a_fault_is_named_by_its_path_and_nothing_else_is(
    steps: str, value: Any, path: str, words: str
) -> None:
    found = faults(changed(steps, value))
    assert list(found) == [path]
    assert words in found[path]


TAKEN: list[tuple[str, Any]] = [
    ("handle", "a"),
    ("handle", "a" * 40),
    ("handle", "0-9"),
    ("handle", "ana-"),
    (NAME, "<b>Ana</b> & \"Söns\" 'مرحبا' 👩🏽‍💻"),
    ("time_zone", "UTC"),
    ("time_zone", "America/Argentina/ComodRivadavia"),
    ("time_zone", "Australia/Lord_Howe"),
    (HOURS, [["00:00", "24:00"]]),
    (HOURS, [["09:00", "12:00"], ["12:00", "13:00"]]),
    (HOURS, []),
    ("date_overrides", {"1970-01-01": [], "2200-12-31": [["00:00", "00:01"]], "2028-02-29": []}),
    ("busy_calendars", [f"c{n}@group.calendar.google.com" for n in range(50)]),
    ("target_calendar", "ana@ana.example"),
    ("allowed_sites", []),
    ("webhook", None),
    ("webhook.url", "http://localhost:9000/hook?a=1#b"),
    ("webhook.url", "http://127.0.0.1/hook"),
    ("webhook.url", "http://[::1]:9000"),
    ("webhook.url", "https://hooks.example:8443/ä/%20"),
    ("event_types", []),
    (f"{EVENT}.slug", "settings"),
    (f"{EVENT}.duration", 1),
    (f"{EVENT}.duration", 1440),
    (f"{EVENT}.description", "Two\nlines\tand <script>"),
    (f"{EVENT}.max_per_day", 1000),
    (f"{EVENT}.location", "phone"),
    (f"{EVENT}.redirect_url", "https://ana.example/thanks?from=meetslot#top"),
    (Q, question(choices=["Red", "Green"])),
    (Q, question(kind="checkbox")),
]


@pytest.mark.parametrize(("steps", "value"), TAKEN)
def test_what_is_allowed_comes_out_as_it_went_in(steps: str, value: Any) -> None:
    document = changed(steps, value)
    assert dump_document(parse_document(document)) == document


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("https://ana.example/", "https://ana.example"),
        ("HTTPS://Ana.Example", "https://ana.example"),
        ("https://ana.example:443", "https://ana.example"),
        ("https://ana.example:8443", "https://ana.example:8443"),
        ("http://localhost:80", "http://localhost"),
        ("http://LOCALHOST:8002/", "http://localhost:8002"),
        ("http://127.0.0.1:8002", "http://127.0.0.1:8002"),
        ("http://[::1]:8002", "http://[::1]:8002"),
        ("https://Bücher.example", "https://xn--bcher-kva.example"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ("https://faß.example", "https://xn--fa-hia.example"),
        ("https://10.0.0.5", "https://10.0.0.5"),
        ("https://intranet", "https://intranet"),
    ],
)
def test_an_allowed_site_is_kept_as_browsers_write_an_origin(typed: str, kept: str) -> None:
    assert parse_document(changed(SITE, typed)).allowed_sites == [kept]


def test_an_accent_is_kept_in_small_letters() -> None:
    assert parse_document(changed("theme.accent", "1A73E8")).theme.accent == "1a73e8"


def test_line_ends_of_a_description_are_made_alike() -> None:
    document = parse_document(changed(f"{EVENT}.description", "one\r\ntwo"))
    assert document.event_types[0].description == "one\ntwo"


def test_no_choices_is_the_same_as_an_empty_list_of_them() -> None:
    with_none = changed(f"{Q}.choices", [])
    assert dump_document(parse_document(with_none)) == good()


# --- all faults at once -------------------------------------------------------------------------


def test_all_faults_are_told_at_once_those_between_fields_too() -> None:
    document = good()
    document["handle"] = "api"
    document["weekly_hours"]["mon"] = [["09:00", "25:00"], ["10:00", "12:00"], ["11:00", "13:00"]]
    del document["weekly_hours"]["fri"]
    event = document["event_types"][0]
    event.update(duration=0, location="in_person")
    event["questions"] = [question(), question(kind="text", label="")]
    document["event_types"].append({**copy.deepcopy(event), "questions": []})
    assert set(faults(document)) == {
        "handle",
        "weekly_hours.mon[0]",
        "weekly_hours.mon[2]",
        "weekly_hours.fri",
        "event_types[0].duration",
        "event_types[0].location_detail",
        "event_types[0].questions[0].choices",
        "event_types[0].questions[1].label",
        "event_types[0].questions[1].id",
        "event_types[1].slug",
        "event_types[1].duration",
        "event_types[1].location_detail",
    }


def test_an_interval_that_was_not_given_is_not_at_fault() -> None:
    document = changed(f"{EVENT}.duration", 0)
    del document["event_types"][0]["slot_interval"]
    assert list(faults(document)) == ["event_types[0].duration"]


def test_two_event_types_cannot_have_the_same_slug() -> None:
    document = good()
    document["event_types"] *= 2
    assert faults(document) == {"event_types[1].slug": "is the same as one above"}


def test_a_thousand_event_types_are_one_fault() -> None:
    document = good()
    document["event_types"] *= 1000
    found = faults(document)
    assert found["event_types"] == "must have between 0 and 100 entries"
    assert len(found) == 1


def test_a_hundred_event_types_are_allowed() -> None:
    document = good()
    event = document["event_types"][0]
    document["event_types"] = [{**event, "slug": f"e{n}"} for n in range(100)]
    assert len(parse_document(document).event_types) == 100


def test_the_error_says_every_fault_in_its_text() -> None:
    with pytest.raises(SettingsError, match=r"handle: is reserved.*; time_zone: must be"):
        parse_document({**good(), "handle": "api", "time_zone": "Mars"})


def test_a_place_to_meet_is_more_than_blanks() -> None:
    document = changed(f"{EVENT}.location", "in_person")
    document["event_types"][0]["location_detail"] = " \u200b"
    assert list(faults(document)) == ["event_types[0].location_detail"]
    document["event_types"][0]["location_detail"] = "Quay 3"
    assert dump_document(parse_document(document)) == document


# --- texts that are no document -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "line 1, column 1"),
        ("{", "line 1, column 2"),
        ('{"version": 1,\n  oops}', "line 2, column 3"),
        ("[1] x", "line 1, column 5"),
        (b"\xff\xfe\xfd", "UTF-8"),
        (b'{"version": "\xe9"}', "UTF-8"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * 100_000, "nested too deeply"),
        ("null", "must be an object"),
        ("[]", "must be an object"),
        ("NaN", "must be an object"),
        ('"handle"', "must be an object"),
    ],
)
def test_a_text_that_is_no_document_is_one_fault_of_the_whole(text: Any, words: str) -> None:
    found = faults(text)
    assert list(found) == [""]
    assert words in found[""]


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ('"version": 1,', '"version": 1, "version": 1,', "version"),
        ('"wed": []', '"wed": [], "wed": []', "weekly_hours.wed"),
        ('"2026-12-24": []', '"2026-12-24": [], "2026-12-24": []', "date_overrides.2026-12-24"),
        ('"duration": 30', '"duration": 30, "duration": 30', "event_types[0].duration"),
        ('"kind": "text"', '"kind": "text", "kind": "text"', "event_types[0].questions[0].kind"),
        ('"mode": "auto"', '"mode": "auto", "mode": "auto"', "theme.mode"),
        ('"webhook": null', '"webhook": null, "webhook": null', "webhook"),
        ('"wed": [],', '"wed": [],"wed": [],"wed": [],', "weekly_hours.wed"),
    ],
)
def test_a_key_given_twice_is_refused(old: str, new: str, path: str) -> None:
    assert EXAMPLE.count(old) == 1
    assert faults(EXAMPLE.replace(old, new)) == {path: "is given twice"}


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e999", "9" * 10_000, "-" + "9" * 10_000])
def test_strange_numbers_are_faults_of_their_field(number: str) -> None:
    text = EXAMPLE.replace('"duration": 30', f'"duration": {number}')
    assert list(faults(text)) == ["event_types[0].duration"]


def test_a_byte_order_mark_does_no_harm() -> None:
    assert parse_document(b"\xef\xbb\xbf" + EXAMPLE.encode()).handle == "ana"


# --- in and out ---------------------------------------------------------------------------------


def test_the_interface_example_comes_out_as_it_went_in_key_by_key() -> None:
    out = dump_document(parse_document(EXAMPLE))
    assert json.dumps(out) == json.dumps(json.loads(EXAMPLE))


def test_the_text_is_indented_and_readable_and_ends_with_a_line_end() -> None:
    text = document_json(parse_document(changed(NAME, "Ána 👋")))
    assert '\n  "display_name": "Ána 👋",\n' in text
    assert text.endswith("}\n")


def test_a_document_and_what_was_dumped_from_it_share_nothing() -> None:
    given = good()
    document = parse_document(given)
    given["weekly_hours"]["mon"][0][0] = "00:00"
    dump_document(document)["weekly_hours"]["mon"].clear()
    dump_document(document)["event_types"][0]["questions"].clear()
    assert dump_document(document) == good()


def test_weekdays_come_out_in_their_order() -> None:
    document = good()
    document["weekly_hours"] = dict(reversed(document["weekly_hours"].items()))
    assert list(dump_document(parse_document(document))["weekly_hours"]) == list(WEEKDAYS)


def test_what_may_be_left_out_has_the_defaults_of_the_interface() -> None:
    document = json.loads(EXAMPLE)
    needed = ("version", "handle", "display_name", "time_zone", "weekly_hours")
    short = {name: document[name] for name in needed}
    short["event_types"] = [{"slug": "intro", "title": "Intro call", "duration": 45}]
    expected = {**document, "date_overrides": {}, "allowed_sites": []}
    event = document["event_types"][0]
    expected["event_types"] = [{**event, "duration": 45, "slot_interval": 45, "questions": []}]
    out = dump_document(parse_document(short))
    assert json.dumps(out) == json.dumps(expected)


def test_choices_are_shown_only_where_they_apply() -> None:
    document = changed(Q, question(choices=["Red", "Green"]))
    document["event_types"][0]["questions"].append(question(id="other", kind="text"))
    asked = dump_document(parse_document(document))["event_types"][0]["questions"]
    assert list(asked[0]) == ["id", "label", "kind", "required", "choices"]
    assert list(asked[1]) == ["id", "label", "kind", "required"]


# --- a new host ---------------------------------------------------------------------------------


def test_a_new_host_is_there_on_weekdays_for_an_intro_call() -> None:
    out = dump_document(first_document("ana", "Ana Silva", "Europe/Lisbon"))
    office = [["09:00", "17:00"]]
    assert out["weekly_hours"] == {
        **dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), office),
        "sat": [],
        "sun": [],
    }
    assert (out["handle"], out["display_name"], out["time_zone"]) == (
        "ana",
        "Ana Silva",
        "Europe/Lisbon",
    )
    (event,) = out["event_types"]
    assert event["slug"] == "intro"
    assert (event["duration"], event["slot_interval"]) == (30, 30)
    assert (event["minimum_notice"], event["booking_window_days"]) == (240, 60)
    assert dump_document(parse_document(out)) == out


@given(st.text(st.characters()), st.text())
def test_a_new_host_gets_a_good_document_whatever_google_says(name: str, zone: str) -> None:
    document = first_document("ana", name, zone)
    assert parse_document(document_json(document)) == document


@pytest.mark.parametrize(
    ("email", "taken", "handle"),
    [
        ("ana@ana.example", (), "ana"),
        ("Ana.Silva@ana.example", (), "ana-silva"),
        ("ana+meet@ana.example", (), "ana-meet"),
        ("José.Müller@ana.example", (), "jose-muller"),
        ("strauß@ana.example", (), "strauss"),
        ("łukasz.ørsted@ana.example", (), "lukasz-orsted"),
        ("..ana__silva..@ana.example", (), "ana-silva"),
        ("a@ana.example", (), "a"),
        ("田中@ana.example", (), "host"),
        ("田中@ana.example", ("host",), "host-2"),
        ("@ana.example", (), "host"),
        ("ana@ana.example", ("ana",), "ana-2"),
        ("ana@ana.example", ("ana", "ana-2", "ana-4"), "ana-3"),
        ("settings@ana.example", (), "settings-2"),
        ("admin@ana.example", ("admin-2",), "admin-3"),
    ],
)
def test_a_handle_is_made_from_the_email(email: str, taken: tuple[str, ...], handle: str) -> None:
    assert handle_from(email, taken.__contains__) == handle


@given(st.text(st.characters(), max_size=80), st.sets(st.text("ab-2", max_size=4)))
def test_a_handle_from_any_email_is_a_good_and_free_one(local: str, taken: set[str]) -> None:
    handle = handle_from(f"{local}@ana.example", taken.__contains__)
    assert handle not in taken
    assert parse_document({**good(), "handle": handle}).handle == handle


@pytest.mark.parametrize("several", [2, 12, 1200])
def test_a_long_handle_stays_within_its_length_when_it_is_numbered(several: int) -> None:
    taken: set[str] = set()
    for _ in range(several):
        taken.add(handle_from("a" * 64 + "@ana.example", taken.__contains__))
    assert len(taken) == several
    assert max(map(len, taken)) <= 40


# --- for the slot core --------------------------------------------------------------------------


def test_the_slot_core_gets_minutes_and_dates() -> None:
    document = good()
    document["event_types"][0].update(
        duration=45, slot_interval=15, buffer_before=5, buffer_after=10, minimum_notice=60,
        booking_window_days=14, max_per_day=3, max_per_week=7,
    )  # fmt: skip
    parsed = parse_document(document)
    rules = slot_rules(parsed, parsed.event_types[0])
    assert rules.tz == ZoneInfo("Europe/Lisbon")
    assert rules.weekly_hours == (((540, 750), (810, 1020)), ((540, 1020),), (), (), (), (), ())
    assert rules.date_overrides == {
        date(2026, 12, 24): (),
        date(2026, 12, 28): ((600, 720),),
    }
    assert (rules.duration_minutes, rules.slot_interval_minutes) == (45, 15)
    assert (rules.buffer_before_minutes, rules.buffer_after_minutes) == (5, 10)
    assert (rules.minimum_notice_minutes, rules.booking_window_days) == (60, 14)
    assert (rules.max_per_day, rules.max_per_week) == (3, 7)


def test_midnight_at_the_end_of_a_day_is_its_last_minute() -> None:
    parsed = parse_document(changed(HOURS, [["00:00", "24:00"]]))
    assert slot_rules(parsed, parsed.event_types[0]).weekly_hours[0] == ((0, 1440),)


# --- properties ---------------------------------------------------------------------------------


def texts(most: int, least: int = 0) -> st.SearchStrategy[str]:
    fit = st.characters(
        exclude_categories=("Cc", "Cs", "Zl", "Zp"),
        exclude_characters=[chr(n) for n in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))],
    )
    rest = st.text(fit, max_size=most - least)
    return rest.map(lambda text: "x" * least + text)


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


@st.composite
def day_ranges(draw: st.DrawFn) -> list[list[str]]:
    bounds = sorted(draw(st.sets(st.integers(0, 1440), max_size=8)))
    pairs = zip(bounds[::2], bounds[1::2], strict=False)
    return [[clock(start), clock(end)] for start, end in pairs]


def lists_of(each: st.SearchStrategy[Any], most: int, key: str) -> st.SearchStrategy[list[Any]]:
    return st.lists(each, max_size=most, unique_by=lambda entry: entry[key])


slugs = st.from_regex(r"[a-z0-9][a-z0-9-]{0,39}", fullmatch=True)
plain_questions = st.fixed_dictionaries(
    {
        "id": st.from_regex(r"[a-z0-9_-]{1,40}", fullmatch=True),
        "label": texts(300, 1),
        "kind": st.sampled_from(["text", "long_text", "checkbox", "phone"]),
        "required": st.booleans(),
    }
)
choice_questions = st.fixed_dictionaries(
    {
        "id": st.from_regex(r"[a-z0-9_-]{1,40}", fullmatch=True),
        "label": texts(300, 1),
        "kind": st.just("choice"),
        "required": st.booleans(),
        "choices": st.lists(texts(200, 1), min_size=1, max_size=50, unique=True),
    }
)
limits = st.none() | st.integers(1, 1000)
event_types = st.fixed_dictionaries(
    {
        "slug": slugs,
        "title": texts(200, 1),
        "description": texts(5000),
        "duration": st.integers(1, 1440),
        "slot_interval": st.integers(1, 1440),
        "buffer_before": st.integers(0, 1440),
        "buffer_after": st.integers(0, 1440),
        "minimum_notice": st.integers(0, 525_600),
        "booking_window_days": st.integers(0, 730),
        "max_per_day": limits,
        "max_per_week": limits,
        "extra_guests": st.integers(0, 20),
        "location": st.sampled_from(["google_meet", "phone", "in_person"]),
        "location_detail": texts(500, 1),
        "listed": st.booleans(),
        "active": st.booleans(),
        "questions": lists_of(plain_questions | choice_questions, 5, "id"),
        "redirect_url": st.sampled_from([None, "https://ana.example/thanks"]),
    }
)
webhooks = st.fixed_dictionaries(
    {
        "url": st.sampled_from(["https://hooks.example/x", "http://localhost:9000/"]),
        "secret": st.just(SECRET),
        "events": st.lists(
            st.sampled_from(["booking.confirmed", "booking.cancelled", "host.disconnected"]),
            min_size=1,
            unique=True,
        ),
    }
)
documents = st.fixed_dictionaries(
    {
        "version": st.just(1),
        "handle": slugs.filter(lambda text: text not in fields.RESERVED),
        "display_name": texts(100, 1),
        "time_zone": st.sampled_from(sorted(zones.ZONES)),
        "busy_calendars": st.lists(texts(320, 1), min_size=1, max_size=5, unique=True),
        "target_calendar": texts(320, 1),
        "weekly_hours": st.fixed_dictionaries(dict.fromkeys(WEEKDAYS, day_ranges())),
        "date_overrides": st.dictionaries(
            st.dates(date(1970, 1, 1), date(2200, 12, 31)).map(date.isoformat),
            day_ranges(),
            max_size=5,
        ),
        "allowed_sites": st.lists(
            st.sampled_from(["https://ana.example", "http://localhost:8002", "https://b.example:1"])
        ),
        "theme": st.fixed_dictionaries(
            {
                "accent": st.from_regex(r"[0-9a-f]{6}", fullmatch=True),
                "mode": st.sampled_from(["auto", "light", "dark"]),
            }
        ),
        "webhook": st.none() | webhooks,
        "event_types": lists_of(event_types, 3, "slug"),
    }
)


@given(documents)
def test_any_good_document_survives_going_in_and_out(document: dict[str, Any]) -> None:
    parsed = parse_document(document)
    assert dump_document(parsed) == document
    assert parse_document(document_json(parsed)) == parsed
    for event in parsed.event_types:
        slot_rules(parsed, event)


junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=20)
    | st.sampled_from(["09:00", "24:00", "choice", "in_person", "2026-12-24"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(), max_size=5), inner, max_size=4)
    ),
    max_leaves=20,
)
PLACES = [
    *good(),
    *(f"weekly_hours.{day}" for day in WEEKDAYS),
    "weekly_hours.mon.0",
    "weekly_hours.mon.0.0",
    "date_overrides.2026-12-28",
    "date_overrides.2026-12-28.0",
    "theme.accent",
    *(f"webhook.{field}" for field in ("url", "secret", "events")),
    *(f"{EVENT}.{field}" for field in good()["event_types"][0]),
    EVENT,
    Q,
    *(f"{Q}.{field}" for field in ("id", "label", "kind", "required", "choices")),
]


def outcome(document: Any) -> list[Fault]:
    try:
        parse_document(document)
    except SettingsError as error:
        return error.faults
    return []


def only_plain_faults(document: Any) -> None:
    """It is good, or has faults that anyone can print and read."""
    for fault in outcome(document):
        assert fault.message
        assert f"{fault.path}: {fault.message}".isprintable()
        assert "Input" not in fault.message
        assert "not allowed here" not in fault.message


@given(junk)
def test_junk_is_refused_and_never_crashes(document: Any) -> None:
    with pytest.raises(SettingsError):
        parse_document(document if not isinstance(document, str) else [document])
    only_plain_faults(document)
    only_plain_faults(json.dumps(document))


@given(st.text(st.characters()) | st.binary())
def test_any_text_is_refused_and_never_crashes(text: str | bytes) -> None:
    only_plain_faults(text)


@given(st.lists(st.tuples(st.sampled_from(PLACES), junk), min_size=1, max_size=3))
def test_junk_within_a_good_document_is_refused_and_never_crashes(
    places: list[tuple[str, Any]],
) -> None:
    document = good()
    for place, value in places:
        whole = changed(place, value)
        top = place.partition(".")[0]
        document[top] = whole[top]
    only_plain_faults(document)
    only_plain_faults(json.dumps(document))
