"""E-mail addresses and phone numbers as people write and paste them. Pure."""

from __future__ import annotations

import re
import unicodedata

import idna

from widget.core import characters

EMAIL_LENGTH, PHONE_LENGTH = 254, 80  # characters
LEAST_DIGITS, MOST_DIGITS = 5, 20  # E.164 has at most 15; an extension comes on top

# What is before the @ by the HTML standard's "valid e-mail address", which browsers check too.
_LOCAL = re.compile(r"[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}")
_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
#: As copied: Maria <maria@example.com>, mailto:maria@example.com, one of a list.
_MAILBOX = re.compile(
    r"(?:[^<>@]*<)?\s*(?:mailto:)?\s*([^\s<>]+@[^\s<>?]+?)(?:\?.*)?[\s>,;.]*", re.IGNORECASE
)
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")  # Google refuses attendees without a dot
_SAME_DOMAINS = {"googlemail.com": "gmail.com"}

#: After NFKC and with one kind of space, dash, bracket and digit.
_SCHEME = re.compile(r"(?:tel|phone|callto)\b[\s.:]*(?://)?\s*", re.IGNORECASE)
_WORDS = re.compile(
    r"\([^()0-9]*[^\W\d][^()0-9]*\)|^[^\W\d]{1,20}\.?\s?:"  # (WhatsApp), Mobile:
    r"|^(?!ext)[^\W\d]{3,20} (?=[+(0-9])|(?<=[0-9)]) (?!ext)[^\W\d]{3,20}$",  # cell
    re.IGNORECASE,
)
_EXTENSION = re.compile(
    r"[\s,;]*\(?(?:ext(?:ensi[oó]n|n)?|[,;x×#~pw]|доб|дод|вн|int(?:erno)?|anexo|ramal|poste"
    r"|durchwahl|dw|toestel|tst|wewn?|dahili|שלוחה|تحويلة|内線|内线|分机|分機|转|轉)[\s:.=-]*"
    r"[0-9]{1,8}#?\)?",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?:\(?\s*\+\s*)?\(?\s*[0-9][0-9 ()./-]*")
_AROUND = " ,;\"'<>«»“”„’"  # of a list or a mail that it was copied from
_DASHES = "\u2212\u30fc\u2043\u02d7"  # that Unicode counts elsewhere, as Japan's long vowel
_DOTS = "·•‧∙⋅・"


class NoEmail(ValueError):
    """It is no e-mail address. `local`: what is before the @ is in letters that Google refuses."""

    def __init__(self, *, local: bool = False) -> None:
        super().__init__("not an e-mail address")
        self.local = local


def email(text: str) -> str:
    """The address as Google takes it: an international domain in ASCII (IDNA 2008).

    Raises NoEmail.
    """
    typed = unicodedata.normalize("NFKC", characters.bare(text)).strip().replace("’", "'")
    if found := _MAILBOX.fullmatch(typed):
        typed = found[1]
    local, _at, domain = typed.rpartition("@")
    if not domain.isascii():
        try:
            domain = idna.encode(domain, uts46=True).decode()
        except idna.IDNAError:
            raise NoEmail from None
    address = f"{local}@{domain}"
    if not _DOMAIN.fullmatch(domain) or len(address) > EMAIL_LENGTH:
        raise NoEmail
    if not _LOCAL.fullmatch(local):
        raise NoEmail(local=not local.isascii() and local.isprintable() and " " not in local)
    return address


def mailbox(address: str) -> str:
    """The same for all addresses of one person's mailbox: in any case, with any +tag and with dots
    anywhere before the @, which Gmail does not tell apart and few people differ by."""
    local, _at, domain = address.lower().rpartition("@")
    name = local.partition("+")[0].replace(".", "") or local
    return f"{name}@{_SAME_DOMAINS.get(domain, domain)}"


def readable_email(address: str) -> str:
    """The address with its domain as people know it: maria@bücher.example."""
    local, _at, domain = address.rpartition("@")
    if "xn--" not in domain.lower():
        return address
    try:
        return f"{local}@{idna.decode(domain)}"
    except idna.IDNAError:
        return address


def phone(text: str) -> str:
    """The number as it was written, in plain digits, spaces, dashes and brackets.

    An extension and words in brackets may stand with it. Raises ValueError.
    """
    folded = unicodedata.normalize("NFKC", characters.bare(text))
    plain = " ".join("".join(map(_plain, folded)).split()).strip(_AROUND)
    plain = plain[found.end() :] if (found := _SCHEME.match(plain)) else plain
    number = _WORDS.sub(" ", plain).strip().removesuffix("#")
    first = _NUMBER.match(number)
    if not first or len(_digits(first[0])) < LEAST_DIGITS or len(_digits(plain)) > MOST_DIGITS:
        raise ValueError("not a phone number")
    rest = number[first.end() :]
    while found := _EXTENSION.match(rest):
        rest = rest[found.end() :]
    if rest.strip():
        raise ValueError("not a phone number")
    return plain


def _plain(character: str) -> str:
    """The plain character of its kind."""
    if character in _DASHES:
        return "-"
    if character in _DOTS:
        return "."
    kind = unicodedata.category(character)
    if kind == "Nd":
        return str(unicodedata.decimal(character))
    plain = {"Pd": "-", "Pc": "-", "Ps": "(", "Pe": ")", "So": " "}  # So: ☎
    return plain.get(kind, character)


def _digits(text: str) -> str:
    return re.sub("[^0-9]", "", text)
