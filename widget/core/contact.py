"""E-mail addresses and phone numbers as people write and paste them. Pure."""

import re
import unicodedata
from collections.abc import Iterable

import idna

from widget.core import characters

EMAIL_LENGTH, PHONE_LENGTH = 254, 80  # characters
LEAST_DIGITS, MOST_DIGITS = 5, 20  # E.164 has at most 15; an extension comes on top

# What is before the @ by the HTML standard's "valid e-mail address", which browsers check too.
_LOCAL = re.compile(r"[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}")
_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
#: As copied: Maria <maria@example.com>, E-mail: maria@example.com, (maria@example.com), of a list.
_MAILBOX = re.compile(
    r"""(?:[^@]*[<:])?[\s"'“„«(\[]*([^\s<>"“„«(\[]+@[^\s<>?]+?)(?:\?.*)?[\s>,;.:。!"'”»)\]/]*""",
)
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")  # Google refuses attendees without a dot
_SAME_DOMAINS = {"googlemail.com": "gmail.com"}

#: What NFKC leaves of signs that stand for a dot, a slash or a colon to browsers or to the eye
#: (RFC 3490, 3.1; Unicode's confusables.txt), once it has made plain ones of the others.
_LOOKALIKES = str.maketrans(
    dict.fromkeys("\u3002\u0701\u0702\u06d4\ua4f8\ua60e\U00010a50", ".")
    | dict.fromkeys("\u2044\u2215\u29f8\\", "/")
    | dict.fromkeys("\u02d0\u0589\u2236\ua789", ":")
)
_SCHEMED = re.compile(r"://|\bwww[0-9]*\.|\b(?:https?|ftp|mailto|tel|sms|javascript|data):\S", re.I)
_MAIL = re.compile(r"[^\s@]@[^\s@]")
_NUMBERED = re.compile(r"\b[0-9]{1,3}(?:\.[0-9]{1,3}){3}\b|\[[0-9a-f]*:[0-9a-f:.]+\]", re.I)
_PART = r"[^\s./:@,;()<>\[\]{}\"'’|!?*&+=#]+"
_DOTTED = re.compile(rf"{_PART}(?:\.{_PART})+")
#: Ends of domains under which people register names of one or two letters.
_ENDS = re.compile(
    "app|at|be|biz|br|cc|ch|club|cn|com?|cz|dev?|dk|es|eu|fi|fr|gd|gg|gl|gr|gy|hu|im|info?|io|is|it"
    "|jp|link|live|ly|me|mobi|mp|net|nl|no|nu|online|org|page|pl|pro|pt|pw|ro|ru|se|shop|site|st"
    "|store|su|tel|tk|to|top|tr|tv|ua|uk|us|vg|vip|ws|xyz|рф"
)
_TITLES = re.compile("capt|col|dipl|doc|d?ra|fra|gen|hon|ing|jun|lic|mag|mrs|prof|rev|sen|sgt|sra")

#: After NFKC and with one kind of space, dash, bracket and digit.
_SCHEME = re.compile(r"(?:tel|phone|callto)\b[\s.:]*(?://)?\s*", re.IGNORECASE)
_WORDS = re.compile(
    r"\([^()0-9]*[^\W\d][^()0-9]*\)|^[^\W\d][^0-9+(:]{0,30}:"  # (WhatsApp), Mobile no.:
    r"|^(?:(?!ext)[^\W\d]{1,20}[./]? ?){1,3} (?=[+(0-9])"  # My number is
    r"|(?<=[0-9)])[ ,/-]+(?!ext)[^\W\d]{3,20}$",  # cell
    re.IGNORECASE,
)
_EXTENSION = (
    r"[\s,;]*\(?(?:ext(?:ensi[oó]n|n)?|[,;x×#~pw]|доб|дод|вн|int(?:erno)?|anexo|ramal|poste|linka"
    r"|durchwahl|dw|app(?:arat)?|toestel|tst|wewn?|dahili|ankn(?:ytning)?|lok(?:al)?|kl(?:apka)?"
    r"|mellék|pesawat|שלוחה|تحويلة|داخل[يی]|内線|内线|分机|分機|转|轉|내선|ต่อ)[\s:.=#-]*[0-9]{1,8}#?\)?"
)
_LETTERS = re.compile(r"(?<=[0-9]{3}-)[A-Z]{2,9}(?:-[A-Z]{2,9})*")  # 1-800-FLOWERS, on a keypad
_NUMBER = re.compile(rf"((?:\(?\s*\+\s*)?\(?\s*[0-9][0-9 ()./-]*)(?:{_EXTENSION})*", re.IGNORECASE)
_AROUND = " ,;:\"'<>«»“”„’"  # of a list or a mail that it was copied from
#: Dashes that Unicode counts elsewhere, as Japan's long vowel, and dots
_SIGNS = str.maketrans("\u2212\u30fc\u2043\u02d7·•‧∙⋅・", "----......")


class NoEmail(ValueError):
    """It is no e-mail address. `local`: what is before the @ is in letters that Google refuses."""

    def __init__(self, *, local: bool = False) -> None:
        super().__init__("not an e-mail address")
        self.local = local


def email(text: str) -> str:
    """The address as Google takes it: an international domain in ASCII (IDNA 2008).

    Raises NoEmail.
    """
    typed = unicodedata.normalize("NFKC", characters.line(text)).strip().replace("’", "'")
    typed = re.sub(r"\s*@\s*", "@", typed)
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


def blockable(text: str) -> str:
    """What a host can block: a mailbox, or a domain with all below it. Raises ValueError."""
    local, _at, domain = text.strip().rpartition("@")
    found = email(f"{local or 'x'}@{domain}").lower()
    return found if local else found.removeprefix("x@")


def is_blocked(address: str, blocked: Iterable[str]) -> bool:
    """Whether an address is that of a blocked mailbox, or in a blocked domain."""
    mine = mailbox(address)
    domain = mine.rpartition("@")[2]
    return any(
        mailbox(each) == mine if "@" in each else f".{domain}".endswith(f".{each}")
        for each in blocked
    )


def tells_address(text: str) -> bool:
    """Whether a web or e-mail address is in a text, in any form that people or mail programs read
    as one. J.R.R.Tolkien and Dr.Watson are none."""
    plain = unicodedata.normalize("NFKC", characters.bare(text)).translate(_LOOKALIKES).casefold()
    if any(form.search(plain) for form in (_SCHEMED, _MAIL, _NUMBERED)):
        return True
    return any(_is_domain(found[0], plain[found.end() :]) for found in _DOTTED.finditer(plain))


def _is_domain(dotted: str, rest: str) -> bool:
    *before, last = (part.strip("-–_") for part in dotted.split("."))
    if len(last) < 2 or last.isnumeric():  # Ph.D, 2.0
        return False
    # initials: a letter, or two where letters are small and capital
    names = (len(part) < 2 + part.islower() or _TITLES.fullmatch(part) for part in before)
    return not all(names) or bool(_ENDS.fullmatch(last)) or rest.startswith("/")


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
    plain = " ".join("".join(map(_plain, folded.translate(_SIGNS))).split()).strip(_AROUND)
    plain = plain[found.end() :] if (found := _SCHEME.match(plain)) else plain
    number = _LETTERS.sub(lambda found: "0" * len(found[0]), plain)
    found = _NUMBER.fullmatch(_WORDS.sub(" ", number).strip().removesuffix("#"))
    if not found or len(_digits(found[1])) < LEAST_DIGITS or len(_digits(plain)) > MOST_DIGITS:
        raise ValueError("not a phone number")
    return plain


def _plain(character: str) -> str:
    """The plain character of its kind."""
    kind = unicodedata.category(character)
    if kind == "Nd":
        return str(unicodedata.decimal(character))
    plain = {"Pd": "-", "Pc": "-", "Ps": "(", "Pe": ")", "So": " "}  # So: ☎
    return plain.get(kind, character)


def _digits(text: str) -> str:
    return re.sub("[^0-9]", "", text)
