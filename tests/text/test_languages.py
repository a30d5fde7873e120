"""Fifteen languages for guests: nothing missing, nothing left in English, dates by CLDR."""

from __future__ import annotations

import ast
import html
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
import time_machine
from babel import Locale
from babel.messages import Catalog
from babel.messages.catalog import Message
from flask.testing import FlaskClient

from demo.google import StandIn
from tests import page
from tests.people import PICKER
from translations import update
from widget.text import language

CODES = sorted(path.stem for path in update.HERE.glob("*.po"))
#: With English, the source, fifteen.
ISSUE = ["de", "fr", "es", "pt", "it", "nl", "pl", "tr", "uk", "ja", "zh", "hi", "ar", "he"]
RIGHT_TO_LEFT = {"ar", "he"}
PLACE = re.compile(r"%\(\w+\)s")
#: Spelled like English, or without words.
SAME = {"%(city)s, %(offset)s", "%(n)s h", "%(n)s min", "optional", "Wat", "Search"}
OTHER_LETTERS = {"uk", "ja", "zh", "zh_Hant", "hi", "ar", "he"}
#: What is in Latin letters everywhere; the last is a zone that is newer than CLDR.
NAMES = re.compile(
    r"https?://\S+|\S+@\S+|\S+/\S+|20\S+Z|Ana Silva|Intro call|Google|Outlook|Gita|UTC|\bAS\b"
    r"|[AaPp][Mm](?![a-z])|\(\.ics\)|（\.ics）|Coyhaique|\b[0-9a-f]{16}\b"
)
#: In a template: a call for a message that is no plain string.
NO_MESSAGE = re.compile(r"\b(?:_|n?gettext)\([^'\")][^)]*\)")
WORD = re.compile(r"[A-Za-z]{2,}")

ana = pytest.mark.usefixtures("ana")


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    yield
    language.use(language.SOURCE)


@pytest.fixture(scope="module")
def wanted() -> Catalog:
    return update.messages()


def texts(message: Message) -> list[tuple[str, str]]:
    """Each form of a translation with the English it stands for: (English, translation)."""
    if isinstance(message.id, str):
        return [(message.id, str(message.string))]
    return [(message.id[-1], form) for form in message.string]


def test_the_languages_of_the_issue_are_there() -> None:
    assert set(ISSUE) <= set(CODES)
    assert set(language.languages()) == {"en", *CODES}


@pytest.mark.parametrize("code", CODES)
def test_no_message_is_missing_or_left_in_english(code: str, wanted: Catalog) -> None:
    translated, faults = update.read(code), []
    for message in wanted:
        found = translated.get(message.id)
        if not message.id:
            continue
        if found is None or not all(text.strip() for _english, text in texts(found)):
            faults.append(f"missing: {message.id}")
            continue
        if found.fuzzy:
            faults.append(f"fuzzy: {message.id}")
        for english, text in texts(found):
            if text in texts(message)[0] and english not in SAME:
                faults.append(f"English: {text}")
            if set(PLACE.findall(english)) != set(PLACE.findall(text)):
                faults.append(f"places: {text}")
            if english.endswith("…") != text.endswith("…"):
                faults.append(f"ending: {text}")
    assert faults == [], "run make translations, then fill in what is empty"


@pytest.mark.parametrize("code", CODES)
def test_no_translation_is_lost_by_the_next_update(code: str, wanted: Catalog) -> None:
    """As those of a template are that the extractor cannot read."""
    assert {message.id for message in update.read(code)} <= {message.id for message in wanted}


def test_every_message_is_one_that_is_extracted() -> None:
    """Babel does not look into f-strings, and cannot know what a variable holds."""
    faults = []
    for path in sorted((update.ROOT / "widget").rglob("*.py")):
        tree = ast.parse(path.read_text())
        inside = [
            node
            for text in ast.walk(tree)
            if isinstance(text, ast.JoinedStr)
            for node in ast.walk(text)
        ]
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and _spoken(call.func):
                plain = call.args and isinstance(call.args[0], ast.Constant)
                if call in inside or not plain:
                    faults.append(f"{path.name}:{call.lineno}")
    for path in sorted((update.ROOT / "templates").rglob("*.html")):
        faults += [f"{path.name}: {text}" for text in NO_MESSAGE.findall(path.read_text())]
    assert faults == []


def _spoken(called: ast.expr) -> bool:
    if isinstance(called, ast.Attribute) and getattr(called.value, "id", "") == "language":
        return called.attr in update.KEYWORDS
    return isinstance(called, ast.Name) and called.id in update.KEYWORDS


def test_french_marks_never_begin_a_line() -> None:
    found = [text for each in update.read("fr") if each.id for _english, text in texts(each)]
    assert [text for text in found if re.search(r" [?!;:»]", text)] == []


@pytest.mark.parametrize("code", CODES)
def test_plural_forms_are_those_of_the_language(code: str) -> None:
    """Numbers of one CLDR category share a form, and each form belongs to one category."""
    catalog, rule = update.read(code), Locale.parse(code).plural_form
    form = eval(f"lambda n: int({_python(catalog.plural_expr)})")
    used: dict[int, set[str]] = {}
    for number in range(1, 250):
        used.setdefault(form(number), set()).add(rule(number))
    assert set(used) <= set(range(catalog.num_plurals))
    merged = [names for names in used.values() if len(names) > 1]
    assert catalog.num_plurals == 1 or merged in ([], [{"two", "other"}]), used


def _python(expression: str) -> str:
    """A C conditional of a .po header as Python."""
    text = expression.strip().replace("&&", " and ").replace("||", " or ")
    while text.startswith("(") and text.endswith(")"):
        text = text[1:-1]
    condition, question, rest = text.partition("?")
    if not question:
        return text
    one, _colon, other = rest.partition(":")
    return f"({one}) if ({condition}) else ({_python(other)})"


# --- as guests see them -----------------------------------------------------------------------


def states(
    guest: FlaskClient, google: StandIn, clock: time_machine.Traveller, code: str
) -> Iterator[str]:
    """The pages of a guest's journeys in a language."""
    tag = code.replace("_", "-")
    form = f"{PICKER}?lang={tag}&start=2026-12-03T09:00:00Z"
    for address in (
        f"/book/ana?lang={tag}",
        f"{PICKER}?lang={tag}&tz=Asia/Tokyo",
        f"{PICKER}?lang={tag}&view=list&clock=12",
        f"{PICKER}?lang={tag}&date=2026-12-06",
        f"{PICKER}?lang={tag}&month=2030-01",
        f"{PICKER}?lang={tag}&tz=Mars&date=x&month=y",
        f"{PICKER}?lang={tag}&start=soon",
        f"{PICKER}?lang={tag}&step=zone&city=a",
        f"{PICKER}?lang={tag}&step=zone&city=qqqq",
        f"{PICKER}?lang={tag}&step=still&start=2026-12-03T09:10:00Z",
        form,
        f"/book/nobody?lang={tag}",
    ):
        yield guest.get(address).text
    fields = page.read(guest.get(form).text).one("form").fields()
    wrong = {"name": "", "email": "a@b", "guests": ["x"], "question-phone": "?"}
    yield guest.post(PICKER, data={**fields, **wrong}).text
    taken = {**fields, "start": "2026-12-03T09:10:00Z", "name": "Gita", "email": "g@guest.example"}
    taken["question-phone"] = "+351 912 345 678"
    yield guest.post(PICKER, data=taken).text
    made = guest.post(PICKER, data={**taken, "start": "2026-12-03T09:00:00Z"})
    yield guest.get(made.headers["Location"]).text
    yield guest.get(form).text  # its time is this guest's now
    own = urlsplit(made.headers["Location"]).path
    look = urlencode({"lang": tag})
    for query in (
        "",
        "&date=2026-12-06",
        "&start=2026-12-04T10:00:00Z",
        "&start=2026-12-06T10:00Z",
    ):
        yield guest.get(f"{own}/reschedule?{look}{query}").text
    yield guest.get(f"{own}/reschedule?{look}&step=still&start=2026-12-06T10:00:00Z").text
    yield guest.post(f"{own}/reschedule?{look}", data={"start": "soon", "lang": tag}).text
    google.fault("calendar.events.patch", status=503, times=None)
    moved = {"start": "2026-12-04T10:00:00Z", "lang": tag}
    yield guest.post(f"{own}/reschedule", data=moved, follow_redirects=True).text
    google.clear_faults()
    yield guest.get(guest.post(f"{own}/cancel?{look}").headers["Location"]).text
    yield guest.post(f"{own}/cancel?{look}", data={"reason": "a" * 2000}).text
    google.fault("calendar.freebusy.query", status=500, times=None)
    clock.shift(120)  # busy times are not taken from the cache any more
    yield guest.get(f"{PICKER}?{look}").text
    yield guest.post(PICKER, data={**taken, "start": "2026-12-03T11:00:00Z"}).text
    google.clear_faults()
    google.revoke("ana@sailing.example")
    yield guest.get(f"{PICKER}?{look}").text


@ana
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("code", CODES)
def test_every_page_of_a_guest_is_in_the_guests_language(
    guest: FlaskClient,
    google: StandIn,
    clock: time_machine.Traveller,
    change: Callable[..., None],
    wanted: Catalog,
    code: str,
) -> None:
    change("ana", event={"location": "phone", "extra_guests": 1})
    english = {
        part.strip(" .:")
        for message in wanted
        if message.id
        for part in PLACE.split(message.id if isinstance(message.id, str) else message.id[1])
        if len(WORD.findall(part)) > 1
    }
    for text in states(guest, google, clock, code):
        shown = page.read(text)
        said = html.unescape(" ".join([shown.text, *_attributes(shown)]))
        assert [each for each in english if each in said] == []
        if code in OTHER_LETTERS:  # finds what no catalog knows of
            assert set(WORD.findall(NAMES.sub(" ", said))) == set()
        head = shown.all("html")
        if head:
            assert head[0]["dir"] == ("rtl" if code in RIGHT_TO_LEFT else "ltr")
            assert head[0]["lang"].startswith(code[:2])


def _attributes(shown: page.Element) -> list[str]:
    names = ("aria-label", "data-say", "data-busy", "abbr", "title")
    return [each[name] for each in shown.walk() for name in names if name in each.attrs]


@ana
@pytest.mark.parametrize(
    ("asked", "accepted", "spoken"),
    [
        ("de", "fr", "de"),
        ("xx", "fr-CA, en;q=0.5", "fr-CA"),
        ("", "xx, nl;q=0.9, de;q=0.5", "nl"),
        ("", "de;q=0, en", "en"),
        ("", "", "en"),
        ("zh-TW", "", "zh-Hant-TW"),
        ("zh-HK", "", "zh-Hant-HK"),
        ("zh-CN", "", "zh-Hans-CN"),
        ("zh", "", "zh"),
        ("pt-PT", "", "pt-PT"),
        ("DE_at", "", "de-AT"),
        ("../../etc/passwd", "de" * 5000, "en"),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_lang_goes_before_the_browser_and_both_before_english(
    guest: FlaskClient, asked: str, accepted: str, spoken: str
) -> None:
    query = {"lang": asked} if asked else {}
    headers = {"Accept-Language": accepted} if accepted else {}
    answer = guest.get(PICKER, query_string=query, headers=headers)
    assert answer.headers["Content-Language"] == spoken
    assert page.read(answer.text).one("html")["lang"] == spoken


@ana
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("lang", "first_weekday", "day", "time", "zone"),
    [
        ("en-US", "Sun", "Thursday, December 3, 2026", "6:00 PM", "Times in Tokyo, UTC+09:00"),
        ("en-GB", "Mon", "Thursday, 3 December 2026", "18:00", "Times in Tokyo, UTC+09:00"),
        ("de", "Mo", "Donnerstag, 3. Dezember 2026", "18:00", "Zeiten in Tokio, UTC+09:00"),
        ("de-AT", "Mo", "Donnerstag, 3. Dezember 2026", "18:00", "Zeiten in Tokio, UTC+09:00"),
        ("pt-BR", "dom.", "quinta-feira, 3 de dezembro de 2026", "18:00", "Horários de Tóquio"),
        ("ja", "日", "2026年12月3日木曜日", "18:00", "東京、UTC+09:00 の時間"),
        ("zh-TW", "週日", "2026年12月3日 星期四", "下午6:00", "東京，UTC+09:00 時間"),
        ("ar-EG", "سبت", "الخميس، ٣ ديسمبر ٢٠٢٦", "٦:٠٠ م", "طوكيو، UTC+09:00"),
        ("he", "א׳", "יום חמישי, 3 בדצמבר 2026", "18:00", "טוקיו, UTC+09:00"),
    ],
)
def test_dates_times_weeks_and_zones_are_written_as_the_region_does(
    guest: FlaskClient, lang: str, first_weekday: str, day: str, time: str, zone: str
) -> None:
    answer = guest.get(f"{PICKER}?lang={lang}&tz=Asia/Tokyo&date=2026-12-03")
    shown = page.read(answer.text)
    assert shown.all("th")[0].text == first_weekday
    assert shown.one("button", data_date="2026-12-03")["aria-label"] == day
    slot = shown.one("button", name="start", value="2026-12-03T09:00:00Z")
    assert slot.text.replace("\u202f", " ") == time
    assert zone in shown.text


@ana
def test_a_form_that_is_too_large_is_refused_in_the_guests_own_language(guest: FlaskClient) -> None:
    assert guest.get(f"{PICKER}?lang=ar").status_code == 200
    headers = {"Accept-Language": "de"}
    answer = guest.post(PICKER, data={"notes": "x" * 1_100_000}, headers=headers)
    assert (answer.status_code, page.read(answer.text).one("html")["lang"]) == (413, "de")


@ana
def test_the_list_of_a_hosts_event_types_takes_the_look_it_is_asked_for(
    guest: FlaskClient,
) -> None:
    shown = page.read(guest.get("/book/ana?theme=dark&accent=2b6e5b").text)
    assert shown.one("html")["data-theme"] == "dark"
    assert "--accent-light:#2b6e5b" in shown.all("style")[0].raw


@ana
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_language_look_and_clock_go_along_to_the_bookings_own_page(guest: FlaskClient) -> None:
    address = f"{PICKER}?lang=pl&theme=dark&clock=12&start=2026-12-03T09:00:00Z"
    fields = page.read(guest.get(address).text).one("form").fields()
    sent = {**fields, "name": "Gita", "email": "gita@guest.example"}
    made = guest.post(PICKER, data=sent)
    shown = page.read(guest.get(made.headers["Location"]).text)
    assert shown.one("h1").text == "Termin jest zarezerwowany"
    assert shown.one("html")["data-theme"] == "dark"
    assert "9:00 AM" in shown.text.replace("\u202f", " ")


@ana
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("code", "said"),
    [("pl", "1 wolny termin"), ("uk", "1 вільний варіант"), ("ar", "وقت واحد متاح (1)")],
)
def test_one_and_many_are_said_in_their_own_forms(
    guest: FlaskClient, change: Callable[..., Any], code: str, said: str
) -> None:
    change("ana", date_overrides={"2026-12-03": [["09:00", "09:30"]]})
    shown = page.read(guest.get(f"{PICKER}?lang={code}&date=2026-12-03").text)
    assert said in shown.one("main")["data-say"]


@ana
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_hosts_pages_stay_in_english(ana: Any) -> None:
    shown = ana.client.get("/settings", headers={"Accept-Language": "de"})
    assert "Settings" in shown.text
    assert page.read(shown.text).one("html")["lang"] == "en-GB"  # its clock and days
