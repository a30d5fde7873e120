"""Characters that nobody sees, and texts without them. Pure.

They come along when people paste: direction marks around a number from a phone's contacts,
zero-width spaces of web pages, soft hyphens, tabs. What a script or an emoji needs is kept.
"""

import re
import unicodedata

#: Unicode's Default_Ignorable_Code_Point (DerivedCoreProperties.txt), noncharacters, the marks of
#: interlinear annotation, and U+FFFC, which a phone's dictation leaves: the inside of a character
#: class, as are the next two.
_UNSEEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffc\ufffe\uffff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
#: Scripts in which a word may need a joiner: Arabic to Mongolian with all of India's, and rarer.
_JOINING = (
    "\u0600-\u061b\u061d-\u109f\u1700-\u17b3\u17b6-\u180a\u1810-\u18af\ua840-\uabff\ufb50-\ufdcf"
    "\ufe70-\ufefc\U00010a00-\U00011fff"
)
#: Emoji, and signs that can be one.
_PICTURES = (
    "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
)
_HAN = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003fffd"
_NEEDED = "|".join(
    (
        f"(?<=[{_JOINING}])[\u200c\u200d]",
        "(?<=[\u1810-\u18af])[\u180b-\u180f]",  # Mongolian letters have variants
        f"(?<=[{_PICTURES}])[\ufe0e\ufe0f]",  # as a picture, or as text
        "(?<=[0-9#*])\ufe0f(?=\u20e3)",  # a key
        f"(?<=[{_HAN}])[\ufe00-\ufe0f\U000e0100-\U000e01ef]",  # the way a name is written
        f"(?:(?<=[{_PICTURES}])|(?<=[{_PICTURES}]\ufe0f))\u200d(?=[{_PICTURES}])",  # a family
        "(?<=\U0001f3f4)[\U000e0020-\U000e007f]{1,16}",  # the flag of Scotland
    )
)
_NOT_NEEDED = re.compile(f"({_NEEDED})|[{_UNSEEN}]")
_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
#: Of machines, never of people: what has them is refused. Half a character (a lone surrogate) too.
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
_NO_INK = "\u2800"  # braille without dots, to Unicode a symbol


def without_controls(text: str) -> str:
    """The text without control characters and what nobody sees: for input that is cut down where
    nobody is told that it is wrong."""
    return _CONTROL.sub("", lines(text)).strip()


def has_controls(text: str) -> bool:
    return bool(_CONTROL.search(text))


def turns(text: str) -> bool:
    """Whether the text has marks that turn the direction of what follows it on a page (UAX 9)."""
    return bool(_TURNING.search(text))


def lines(text: str) -> str:
    """The text without what nobody sees, its lines broken by newlines alone."""
    return _NOT_NEEDED.sub(lambda match: match[1] or "", _BREAKS.sub("\n", text))


def line(text: str) -> str:
    """lines(), with spaces for tabs and for every line break that is no newline."""
    return lines(re.sub("[\t\x0b\x0c\x85\u2028\u2029]", " ", text))


def bare(text: str) -> str:
    """line(), without the joiners that scripts and emoji need: for what machines read, such as
    an address."""
    return re.sub(f"[{_UNSEEN}]", "", line(text)).replace(_NO_INK, " ")


def blank(text: str) -> bool:
    """Whether the text has nothing that people can see."""
    unseen = ("Cc", "Cf", "Cs", "Zs", "Zl", "Zp", "Mn", "Me", "Mc")  # marks alone are no letters
    return all(unicodedata.category(each) in unseen for each in bare(text))
