"""What nobody sees is taken out of a text; what a script or an emoji needs stays."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widget.core import characters

#: Of each kind some: direction marks, zero widths, fillers, marks of bytes, tags by themselves.
UNSEEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d"
    "\u202e\u2060\u2061\u2064\u2066\u2067\u2068\u2069\u206a\u3164\ufe00\ufe0f\ufeff\uffa0\ufff9\ufffc"
    "\ufffe\U0001d173\U000e0001\U000e0041\U000e0100"
)
KEPT = {
    "Persian": "می‌خواهم",
    "Urdu": "سید‌علی",
    "Hindi": "क्‍ष",
    "Bengali": "র‍্যাব",
    "Malayalam": "അവന്‍",
    "Sinhala": "ශ්‍රී",
    "Marathi": "दऱ्‍या",
    "Mongolian": "ᠠᠯᠠ᠋ᠨ",
    "Japanese": "葛\U000e0100城",
    "family": "👨‍👩‍👧‍👦",
    "heart on fire": "❤️‍🔥",
    "rainbow flag": "🏳️‍🌈",
    "Scotland": "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    "key": "1️⃣",
    "sailor": "⛵️ 🧑🏽‍⚕️",
}


@pytest.mark.parametrize("text", KEPT.values(), ids=KEPT.keys())
def test_what_a_script_or_an_emoji_needs_stays(text: str) -> None:
    assert characters.line(text) == text
    assert characters.lines(f"\u200e{text}\u200b") == text


@given(st.text(st.sampled_from(UNSEEN + "Ana é語 ")))
def test_what_nobody_sees_goes(text: str) -> None:
    seen = "".join(each for each in text if each not in UNSEEN)
    left = characters.line(text)
    assert "".join(each for each in left if each not in UNSEEN) == seen
    assert all(before == "語" for before, each in pairwise(left) if each in UNSEEN)
    assert characters.blank(text) == (not seen.strip())


@given(st.text(st.characters()))
def test_a_clean_text_stays_as_it_is(text: str) -> None:
    for clean in (characters.line, characters.lines, characters.bare):
        assert clean(clean(text)) == clean(text)
    assert set(characters.line(text)) - {" ", "\n"} <= set(text)


def test_all_that_unicode_has_no_picture_for_is_known() -> None:
    formats = [chr(n) for n in range(0x110000) if unicodedata.category(chr(n)) == "Cf"]
    left = {each for each in formats if characters.bare(each)}
    # signs that stand before a number, and hieroglyphs' brackets: these are seen
    assert {unicodedata.name(each).split()[0] for each in left} <= {
        "ARABIC", "SYRIAC", "KAITHI", "EGYPTIAN",
    }  # fmt: skip


@pytest.mark.parametrize("text", ["\u0301", "\u20dd\ufe0f", "\u093f \u0e47", "\u200d\u0308"])
def test_marks_without_a_letter_are_nothing_to_see(text: str) -> None:
    assert characters.blank(text)
    assert not characters.blank(f"a{text}")


def test_lines_break_by_newlines_alone_and_a_line_has_none() -> None:
    assert characters.lines("a\r\nb\rc\u2028d\u2029e\x85f\x0bg") == "a\nb\nc\nd\ne\nf\ng"
    assert characters.line("a\tb\u2028c\x0bd") == "a b c d"
