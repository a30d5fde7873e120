"""Addresses and numbers as people write and paste them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widget.core import contact

NUMBERS = {
    "(212) 555-0143": "(212) 555-0143",
    "(212)5550143": "(212)5550143",
    "212-555-0143 ext. 12": "212-555-0143 ext. 12",
    "212-555-0143 Extension 12": "212-555-0143 Extension 12",
    "212-555-0143x12": "212-555-0143x12",
    "212-555-0143;ext=5": "212-555-0143;ext=5",
    "+1 212 555 0143,5#": "+1 212 555 0143,5#",
    "+1 212 555 0143,,5,,6#": "+1 212 555 0143,,5,,6#",
    "212 555 0143 #12": "212 555 0143 #12",
    "+7 495 123-45-67 доб. 8": "+7 495 123-45-67 доб. 8",
    "03-1234-5678 内線9": "03-1234-5678 内線9",
    "+351\u00a0912\u2009345\u202f678": "+351 912 345 678",
    "212\u2010555\u20110143": "212-555-0143",
    "212\u2013555\u20140143": "212-555-0143",
    "212\u2212555\ufe630143": "212-555-0143",
    "03ー1234ー5678": "03-1234-5678",
    "\u202a+351 912 345 678\u202c": "+351 912 345 678",
    "\u2066+351 912 345 678\u2069": "+351 912 345 678",
    "\u200e+351 912\u200b345 678\ufeff": "+351 912345 678",
    "tel:+1-212-555-0143": "+1-212-555-0143",
    "TEL://+12125550143": "+12125550143",
    "Tel.: +351 912 345 678": "+351 912 345 678",
    "☎️ +351 912 345 678": "+351 912 345 678",
    "＋３５１　９１２－３４５－６７８": "+351 912-345-678",
    "٠٥٠ ١٢٣ ٤٥٦٧": "050 123 4567",
    "۰۹۱۲ ۳۴۵ ۶۷۸۹": "0912 345 6789",
    "+९१ ९८७६५ ४३२१०": "+91 98765 43210",
    "+351 912 345 678 (WhatsApp)": "+351 912 345 678 (WhatsApp)",
    "(telemóvel) 912 345 678": "(telemóvel) 912 345 678",
    "WhatsApp: +351 912 345 678": "WhatsApp: +351 912 345 678",
    "+44 (0)20 7946 0018": "+44 (0)20 7946 0018",
    "(+351) 912 345 678": "(+351) 912 345 678",
    "[351] 912345678": "(351) 912345678",
    "+1.212.555.0143": "+1.212.555.0143",
    "0212/555 01 43": "0212/555 01 43",
    "+1 212·555•0143": "+1 212.555.0143",
    "+1_212_555_0143": "+1-212-555-0143",
    "Mobile +351 912 345 678": "Mobile +351 912 345 678",
    "+351 912 345 678 WhatsApp": "+351 912 345 678 WhatsApp",
    "212-555-0143 (ext. 12)": "212-555-0143 (ext. 12)",
    "212-555-0143, ext. 12": "212-555-0143, ext. 12",
    "+972 3-123-4567 שלוחה 5": "+972 3-123-4567 שלוחה 5",
    "+966 50 123 4567 تحويلة ٥": "+966 50 123 4567 تحويلة 5",
    "“+351 912 345 678”;": "+351 912 345 678",
    "<tel:+351912345678>": "+351912345678",
    "02-123-4567 (내선 12)": "02-123-4567 (내선 12)",
    "021 1234567 داخلی ۱۲": "021 1234567 داخلی 12",
    "+420 123 456 789 linka 12": "+420 123 456 789 linka 12",
    "212-555-0143 ext # 12": "212-555-0143 ext # 12",
    "1-800-FLOWERS": "1-800-FLOWERS",
    "1-800-GOT-JUNK": "1-800-GOT-JUNK",
    "T +31 20 123 4567": "T +31 20 123 4567",
    "Ph. 02 9876 5432": "Ph. 02 9876 5432",
    "Mobile no.: 07700 900123": "Mobile no.: 07700 900123",
    "My number is 07700 900123": "My number is 07700 900123",
    "+55 11 91234-5678 - WhatsApp": "+55 11 91234-5678 - WhatsApp",
    "☎: 030 123456": "030 123456",
    "12345": "12345",
    "12345678901234567890": "12345678901234567890",
}
NO_NUMBERS = [
    "call me", "123", "1234", "1" * 21, "+", "()", "(12) 34", "ext. 12345", "12345 or 23456",
    "call 912 345 678 after six", "912 345 678 ext", "912+345678", "912345678 <b>", "²",
]  # fmt: skip


@pytest.mark.parametrize(("typed", "kept"), NUMBERS.items())
def test_a_number_is_kept_readable(typed: str, kept: str) -> None:
    assert contact.phone(typed) == kept
    assert contact.phone(kept) == kept


@pytest.mark.parametrize("typed", NO_NUMBERS)
def test_what_is_no_number_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="not a phone number"):
        contact.phone(typed)


@given(
    st.lists(st.text("0123456789٠١٢٣٤٥٦٧٨٩", min_size=1, max_size=4), min_size=1, max_size=6),
    st.sampled_from(["", " ", "-", "\u00a0", "\u2011", "\u200b", ".", "\u202c "]),
)
def test_five_to_twenty_digits_are_a_number_however_they_are_set_apart(
    groups: list[str], between: str
) -> None:
    digits = "".join(str(int(each)) for group in groups for each in group)
    try:
        kept = contact.phone(f"+{between.join(groups)}")
    except ValueError:
        assert not 5 <= len(digits) <= 20
    else:
        assert "".join(filter(str.isdigit, kept)) == digits
        assert kept.isascii()
        assert kept.isprintable()


@pytest.mark.parametrize(
    ("typed", "taken", "shown"),
    [
        ("Maria@Example.com", "Maria@Example.com", "Maria@Example.com"),
        ("maria@bücher.example", "maria@xn--bcher-kva.example", "maria@bücher.example"),
        ("maria@BÜCHER.example", "maria@xn--bcher-kva.example", "maria@bücher.example"),
        ("maria@xn--bcher-kva.example", "maria@xn--bcher-kva.example", "maria@bücher.example"),
        ("maria@faß.example", "maria@xn--fa-hia.example", "maria@faß.example"),
        ("a@例え.テスト", "a@xn--r8jz45g.xn--zckzah", "a@例え.テスト"),
        ("a@пример.рф", "a@xn--e1afmkfd.xn--p1ai", "a@пример.рф"),
        ("a@مثال.example", "a@xn--mgbh0fb.example", "a@مثال.example"),
        ("ｍａｒｉａ＠ｅｘａｍｐｌｅ．ｃｏｍ", "maria@example.com", "maria@example.com"),
        ("\u202amaria@exam\u00adple.com\u202c\u200b", "maria@example.com", "maria@example.com"),
        ("Maria Sousa <maria@example.com>", "maria@example.com", "maria@example.com"),
        ("<mailto:maria@example.com?subject=Hi>", "maria@example.com", "maria@example.com"),
        ("maria@bücher.example, ", "maria@xn--bcher-kva.example", "maria@bücher.example"),
        ("o’brien@example.com", "o'brien@example.com", "o'brien@example.com"),
        ("E-mail: maria@example.com", "maria@example.com", "maria@example.com"),
        ("“maria@example.com”", "maria@example.com", "maria@example.com"),
        ("(maria@example.com).", "maria@example.com", "maria@example.com"),
        ("maria @ example.com。", "maria@example.com", "maria@example.com"),
        # a joiner that the name of a domain needs (RFC 5892, A.1)
        ("a@بیت\u200cکوین.com", "a@xn--ngbe8fh89bwgd3282c.com", "a@بیت\u200cکوین.com"),
        ("a@xn--0.example", "a@xn--0.example", "a@xn--0.example"),  # no name at all
    ],
)
def test_an_address_is_as_google_takes_it_and_shown_as_people_know_it(
    typed: str, taken: str, shown: str
) -> None:
    assert contact.email(typed) == taken
    assert contact.readable_email(taken) == shown


@pytest.mark.parametrize(
    ("typed", "local"),
    [
        ("", False),
        ("a@b", False),
        ("a b@example.com", False),
        ("a@example.com, b@example.com", False),
        ("a@example.com <b@example.com>", False),
        ("a@-x.com", False),
        ("a@☃.net", False),
        ("a@ex_ample.com", False),
        ("a@" + "ü" * 70 + ".example", False),
        ("x" * 65 + "@example.com", False),
        ("josé@example.com", True),
        ("राम@उदाहरण.भारत", True),
    ],
)
def test_what_google_does_not_take_is_refused(typed: str, local: bool) -> None:
    with pytest.raises(contact.NoEmail) as refused:
        contact.email(typed)
    assert refused.value.local == local


# --- addresses in names -------------------------------------------------------------------------

WITH_ADDRESS = (
    "WIN 1000 EUR http://evil.example/x Click",
    "https:evil.example",
    "HTTPS://EVIL.EXAMPLE",
    "hxxp://evil",
    "ftp://192.0.2.1",
    "javascript:alert(1)",
    "mailto:a@b.example",
    "Maria www.evil.example",
    "WWW2.evil",
    "evil.example",
    "Click evil.com now",
    "(evil.example)",
    "evil.com.",
    "evil.example/x?y",
    "evil.co.uk",
    "bit.ly/x",
    "t.co/x",
    "t.me",
    "wa.me/1",
    "x.com",
    "a.bc/d",
    "пример.рф",
    "例え.テスト",
    "bücher.example",
    "xn--bcher-kva.example",
    "ana@sailing.example",
    "ana＠sailing．example",
    "evil。com",
    "evil．com",
    "evil｡com",
    "evil․com",
    "evil﹒com",
    "evil۔com",
    "ｅｖｉｌ．ｃｏｍ",
    "ev\u200bil.\u00adcom",
    "http：／／evil",
    "http:∕∕evil",
    "http:\\\\evil",
    "192.0.2.1",
    "http://[2001:db8::1]/",
    "[2001:db8::1]",
    "maria@evil",
)
NAMES = (
    "Maria Sousa",
    "J.R.R.Tolkien",
    "J. R. R. Tolkien",
    "Dr.Watson",
    "Prof.Dr.Müller",
    "St.John Rivers",
    "J.-P.Sartre",
    "Th.Mann",
    "Martin Luther King Jr.",
    "Jane Roe, Ph.D.",
    "Ph.D",
    "B.Sc., M.A.",
    "Y.Xu",
    "А.С.Пушкин",
    "د.محمد علي",
    "أ.د.محمد",
    "Gal·la Martí",
    "约翰·史密斯",
    "田中・太郎",
    "O'Brien",
    "Maria & João / Ana",
    "Maria Sousa (Acme Inc.)",
    "Ana: Lisbon",
    "Maria @ Acme",
    "Maria…",
    "Version 2.0",
    "No.7",
    "मारिया",
)


@pytest.mark.parametrize("text", WITH_ADDRESS)
def test_an_address_in_a_name_is_seen_in_every_form(text: str) -> None:
    assert contact.tells_address(text)


@pytest.mark.parametrize("text", NAMES)
def test_a_name_is_no_address(text: str) -> None:
    assert not contact.tells_address(text)


@given(st.text())
def test_whether_there_is_an_address_can_be_said_of_every_text(text: str) -> None:
    assert contact.tells_address(text) in (True, False)
    assert contact.tells_address(f"{text} https://evil.example")
