"""Web addresses, read as browsers read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widget.core import addresses

ORIGINS = [
    ("https://Ana.Example:443/page?q#x", "https://ana.example"),
    ("http://ana.example:80", "http://ana.example"),
    ("http://ana.example:443", "http://ana.example:443"),
    # non-transitional UTS 46, as Chromium, Firefox and Safari
    ("https://faß.example", "https://xn--fa-hia.example"),
    ("https://FAẞ.example", "https://xn--fa-hia.example"),
    ("https://ὀδυσσεύς.example", "https://xn--pxac3bcak3d8526a.example"),
    ("https://नी\u200cम.example", None),
    ("https://क्\u200cष.example", "https://xn--11b2ezcs70k.example"),
    ("https://Bücher.example", "https://xn--bcher-kva.example"),
    ("https://i❤.example", "https://xn--i-7iq.example"),
    ("https://ａｎａ。example", "https://ana.example"),
    ("https://ana_x.example", "https://ana_x.example"),
    ("https://ana.example./", "https://ana.example."),
    ("http://[0:0::1]:8000/", "http://[::1]:8000"),
    ("https://１２７.0.0.1", "https://127.0.0.1"),
    ("https://u:p@ana.example", None),
    ("https://ana.example\\@evil.example", None),
    ("https://a／b.example", None),
    ("https://x:99999/", None),
    ("https://[broken", None),
    ("https://256.1.1.1", None),
    ("https://" + "a" * 5000, None),
    ("javascript:alert(1)", None),
    ("about:blank", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "origin"), ORIGINS)
def test_an_origin_is_the_one_that_browsers_write(text: str, origin: str | None) -> None:
    assert addresses.origin_of(text) == origin


@pytest.mark.parametrize(
    ("typed", "site"),
    [
        ("example.com", "https://example.com"),
        ("  Example.COM/ ", "https://example.com"),
        ("//example.com", "https://example.com"),
        ("example.com:8443", "https://example.com:8443"),
        ("faß.example", "https://xn--fa-hia.example"),
        ("localhost:8000", "http://localhost:8000"),
        ("localhost", "http://localhost"),
        ("127.0.0.1:8000/", "http://127.0.0.1:8000"),
        ("wiki:8443", "https://wiki:8443"),
    ],
)
def test_a_site_is_what_people_mean(typed: str, site: str) -> None:
    assert addresses.typed_site(typed) == site


@pytest.mark.parametrize(
    "typed",
    ["", "word", "my site.example", "http://example.com", "*.example.com", "ana@example.com",
     "example.com/contact", "mailto:ana@example.com", "ftp://example.com", "https://",
     "example..com"],
)  # fmt: skip
def test_what_is_no_site_is_not_made_one(typed: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        addresses.typed_site(typed)


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_none(text: str) -> None:
    for each in (text, f"https://{text}", f"https://{text}.example"):
        origin = addresses.origin_of(each)
        if origin is not None:
            assert origin.isascii()
            assert addresses.origin_of(origin) == origin
            assert len(origin) <= 300  # the column that keeps it
