"""Time zones by whatever name they come: IANA's, an old one, Windows', an offset.

The names are CLDR's, as Babel ships them; nothing else of Babel is used here.
"""

import re
import unicodedata
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

from babel.core import get_global

#: The zones of the time zone database on this machine.
ZONES = frozenset(available_timezones() - {"localtime", "Factory", "posixrules"})
UTC = "UTC"

#: Zones that always keep an offset (in minutes east of UTC) which is not one of whole hours.
_BETWEEN_HOURS = {
    -570: "Pacific/Marquesas", 210: "Asia/Tehran", 270: "Asia/Kabul", 330: "Asia/Kolkata",
    345: "Asia/Kathmandu", 390: "Asia/Yangon", 525: "Australia/Eucla", 570: "Australia/Darwin",
}  # fmt: skip
_OFFSET = re.compile(r"(etc/)?(utc|gmt|z)?_?([+-])_?(\d{1,2})(?::?(\d{2}))?(?::?00)?", re.ASCII)
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—−﹣－", "-"))


@lru_cache(maxsize=1024)
def meant(name: str | None) -> str | None:
    """The IANA zone that a name stands for; None when nobody can know.

    Names count in any case, with spaces or underscores: the database's own and its old ones, those
    of Windows, and fixed offsets such as `GMT+2`, `UTC-05:30` and `+0200` (ISO 8601: east of
    Greenwich is +; in `Etc/GMT-2`, as in POSIX, it is -).
    """
    if not name or len(name) > 100 or name in ("Factory", "localtime", "posixrules"):
        return None
    if name in ZONES:
        return name
    folded = _folded(name)
    return _known().get(folded) or _at_offset(folded)


def today(name: str | None) -> str | None:
    """What the database calls that zone now: browsers go on saying Asia/Calcutta and US/Pacific."""
    found = meant(name)
    if found is None:
        return None
    now = str(get_global("zone_aliases").get(found, found))
    return UTC if now in ("Etc/UTC", "Etc/GMT") else now


def zone(name: str | None, otherwise: str = UTC) -> ZoneInfo:
    """The zone that a stored name stands for, or `otherwise` when this machine knows none: a new
    time zone database may lack what an older one had."""
    return named(meant(name) or meant(otherwise) or UTC)


#: ZoneInfo itself keeps but eight that nobody holds, and reads a file for any other.
named = lru_cache(maxsize=512)(ZoneInfo)


def _folded(name: str) -> str:
    plain = unicodedata.normalize("NFKC", name.translate(_DASHES)).translate(_DASHES)
    return "_".join(plain.casefold().replace("_", " ").split())


@cache
def _known() -> dict[str, str]:
    """Every other name, folded; what the database says goes before what CLDR says."""
    windows = {_folded(name): zone for name, zone in get_global("windows_zone_mapping").items()}
    summer = {name.replace("standard", "daylight"): zone for name, zone in windows.items()}
    aliases = {_folded(name): zone for name, zone in get_global("zone_aliases").items()}
    own = {_folded(name): name for name in ZONES}
    both = {**summer, **windows, **aliases, **own}
    return {name: zone for name, zone in both.items() if zone in ZONES}


def _at_offset(folded: str) -> str | None:
    found = _OFFSET.fullmatch(folded)
    if folded in ("z", "zulu"):
        return UTC
    if not found or (found[1] and found[2] != "gmt"):
        return None
    hours, minutes = int(found[4]), int(found[5] or 0)
    offset = (hours * 60 + minutes) * (1 if found[3] == "+" else -1) * (-1 if found[1] else 1)
    if minutes > 59 or not -12 * 60 <= offset <= 14 * 60:
        return None
    if offset % 60:
        found_zone = _BETWEEN_HOURS.get(offset)
    else:
        found_zone = f"Etc/GMT{-offset // 60:+}" if offset else UTC
    return found_zone if found_zone in ZONES else None
