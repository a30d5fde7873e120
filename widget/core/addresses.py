"""Web addresses: the one parser of origins and URLs, which reads them as browsers do. Pure."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import idna

from widget.core import characters

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
USUAL_PORTS = {"http": 80, "https": 443}
LONGEST = 2000  # characters of an address that is stored
#: Control characters, marks that turn text around, halves of characters: no address has them
_UNFIT = r"\s\\\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff"
_ADDRESS = re.compile(
    rf"(https?)://([^{_UNFIT}/?#@:\[\]]+|\[[0-9a-f:.]+\])(?::([0-9]{{1,5}}))?([/?#][^{_UNFIT}]*)?",
    re.IGNORECASE,
)
_NAME = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?", re.ASCII)
#: What a Content-Security-Policy can name (CSP 3, host-source), and IPv6's loopback
_FRAMING = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*|\[::1\]")
#: Where the internet's addresses are (RFC 4291), and those of IPv4 in IPv6 (RFC 6052, RFC 3056)
_UNICAST, _NAT64 = IPv6Network("2000::/3"), IPv6Network("64:ff9b::/96")
#: By which clouds answer their machines about themselves (Oracle, Azure), like any other address
_METADATA = (IPv4Network("192.0.0.0/24"), IPv4Network("168.63.129.16/32"))


@dataclass(frozen=True)
class Address:
    """An http or https address; `host` as DNS knows it (xn--…), `rest` from the path on."""

    scheme: str
    host: str
    port: int
    rest: str

    @property
    def origin(self) -> str:
        """As browsers write it (RFC 6454, 6.2): without the scheme's usual port."""
        port = "" if self.port == USUAL_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}"

    @property
    def secure(self) -> bool:
        """Whether nobody on the way can read along: https, or this machine itself."""
        return self.scheme == "https" or self.host in LOOPBACK

    def __str__(self) -> str:
        return self.origin + self.rest


def parse(text: str) -> Address:
    """Raises ValueError for what is no absolute address, or has a user's name in it."""
    found = _ADDRESS.fullmatch(text)
    if not found:
        raise ValueError("is no http or https address")
    scheme = found[1].lower()
    port = int(found[3] or USUAL_PORTS[scheme])
    if not 0 < port < 65536:
        raise ValueError("has no such port")
    return Address(scheme, _host(found[2]), port, found[4] or "")


def secure(text: str) -> str:
    """The address as it is kept. Raises ValueError unless it is https (http on this machine)."""
    found = parse(text)
    if not found.secure or len(text) > LONGEST:
        raise ValueError("is not https, or too long")
    return str(found)


def is_https(text: str) -> bool:
    """Whether it is an https address that can be kept."""
    try:
        return secure(text).startswith("https:")
    except ValueError:
        return False


def site(text: str) -> str:
    """The origin of a site that may show the widget. Raises ValueError unless it is an origin
    alone, https (http on this machine), and one that a Content-Security-Policy can name."""
    found = parse(text)
    if found.rest not in ("", "/") or not found.secure or not _FRAMING.fullmatch(found.host):
        raise ValueError("is not the origin of a site")
    return found.origin


def typed_site(text: str) -> str:
    """The origin that somebody means who types `example.com`, or pastes it with the quotes or
    the dot around it. Raises ValueError, as site()."""
    return site(str(typed(text.strip(" .<>()\"'“”„«»‘’"))))


def typed(text: str) -> Address:
    """An address as people type it: without a scheme it is https, or http on this machine.

    Raises ValueError, also for a bare word, which hardly is the name of a machine.
    """
    text = characters.bare(text).strip()
    if "://" in text:
        return parse(text)
    found = parse(f"https://{text.removeprefix('//')}")
    if found.host in LOOPBACK:
        return parse(f"http://{text.removeprefix('//')}")
    if "." not in found.host and ":" not in text:
        raise ValueError("is a bare word")
    return found


def origin_of(text: str) -> str | None:
    """The origin of an address (such as a Referer), or None."""
    try:
        return parse(text).origin
    except ValueError:
        return None


def is_public(ip: str) -> bool:
    """Whether an IP address is one on the internet: not of this machine, of a private or a
    provider's network, of a link, of many; nor one of IPv6 that leads to such a one of IPv4."""
    found = _within(ip_address(ip))
    if isinstance(found, IPv6Address):
        return found in _UNICAST and found.is_global
    inside = found.is_multicast or any(found in network for network in _METADATA)
    return found.is_global and not inside


def is_loopback(ip: str) -> bool:
    return _within(ip_address(ip)).is_loopback


def _within(found: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 address stands for, if it does."""
    if isinstance(found, IPv4Address):
        return found
    nat64 = IPv4Address(int(found) & 0xFFFFFFFF) if found in _NAT64 else None
    return found.ipv4_mapped or found.sixtofour or nat64 or found


def _host(text: str) -> str:
    """A host as DNS and browsers know it. Raises ValueError."""
    if text.startswith("["):
        return f"[{IPv6Address(text[1:-1]).compressed}]"
    name = text.lower() if text.isascii() else _to_ascii(text)
    if not _NAME.fullmatch(name) or len(name.removesuffix(".")) > 253:
        raise ValueError("has no host")
    if re.fullmatch(r"[0-9]+|0x[0-9a-f]*", name.removesuffix(".").rpartition(".")[2]):
        return str(IPv4Address(name))
    return name


def _to_ascii(name: str) -> str:
    """Punycode of what UTS 46 maps a name to, ß and ς kept, as the URL standard has it.

    Not idna.encode(), which refuses signs that browsers take, such as ❤. Raises ValueError.
    """
    mapped = idna.uts46_remap(name, std3_rules=False, transitional=False)
    return ".".join(_label(each) for each in mapped.split("."))


def _label(text: str) -> str:
    if text.isascii():
        return text
    idna.check_initial_combiner(text)
    joiners = [at for at, each in enumerate(text) if each in "\u200c\u200d"]
    if not all(idna.valid_contextj(text, at) for at in joiners):
        raise ValueError("has a joiner where none may be")
    return f"xn--{text.encode('punycode').decode()}"
