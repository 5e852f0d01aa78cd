"""Clean text: Unicode NFC, without invisible characters."""

import re
import unicodedata

# Joiners, variation selectors and tags inside an emoji are part of its visible form, so they stay.
_PICTOGRAPH = (
    "[\xa9\xae\u203c\u2049\u2122\u2139\u2190-\u2328\u232b-\u27ff\u2934\u2935\u2b05-\u2b55\u3030\u303d\u3297\u3299"
    "\U0001f000-\U0001faff]\ufe0f?[\U0001f3fb-\U0001f3ff]?"
)
_EMOJI = rf"{_PICTOGRAPH}[\U000e0020-\U000e007f]*(?:\u200d{_PICTOGRAPH})*|[#*0-9]\ufe0f?\u20e3"
#: Characters without a glyph that Python considers printable: fillers, the empty braille cell, variation selectors.
UNSEEN_LETTERS = (
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
    "\ufe00\ufe01\ufe02\ufe03\ufe04\ufe05\ufe06\ufe07\ufe08\ufe09\ufe0a\ufe0b\ufe0c\ufe0d\ufe0e\ufe0f"
)
# The private use areas contain the glyphs of icon fonts.
_UNSEEN_SET = (
    f"[{UNSEEN_LETTERS}\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\ufdd0-\ufdef\ufeff\ufff9-\ufffc\ufffe\uffff\ud800-\udfff\ue000-\uf8ff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff\U000f0000-\U0010ffff]"
)
_MAYBE_UNSEEN = re.compile(_UNSEEN_SET)
_UNSEEN = re.compile(f"({_EMOJI})|{_UNSEEN_SET}")
_LINE_BREAKS = re.compile("\r\n?|[\u0085\u2028\u2029\x0b\x0c]")
_SPACES = re.compile(r"[^\S\n\t]+")
_SPACE_AT_EDGE = re.compile(r" *([\n\t]) *")
_MANY_BREAKS = re.compile(r"\n{3,}")
_DOUBLED = ("  ", " \n", "\n ", " \t", "\t ", "\n\n\n")


def without_unseen(text: str) -> str:
    """Return ``text`` in Unicode NFC, without invisible characters; white space is unchanged.

    Removed: control and format characters, soft hyphens, direction marks, fillers, lone surrogates, private use,
    and variation selectors and joiners outside of emoji.
    """
    if _MAYBE_UNSEEN.search(text):
        text = _UNSEEN.sub(r"\1", text)
    return unicodedata.normalize("NFC", text)


def clean(text: str) -> str:
    """Return ``text`` in Unicode NFC, without invisible characters and doubled spaces.

    It removes the characters that :func:`without_unseen` removes. A run of spaces of any kind becomes one U+0020; a
    line break stays ``\\n``, a paragraph break ``\\n\\n``, a table's cell break ``\\t``. Quotation marks, dashes and ё
    stay as printed.
    """
    if not _is_clean(text):
        text = _LINE_BREAKS.sub("\n", _UNSEEN.sub(r"\1", text))
        text = _SPACE_AT_EDGE.sub(r"\1", _SPACES.sub(" ", text))
        text = _MANY_BREAKS.sub("\n\n", text).strip()
    return unicodedata.normalize("NFC", text)


def _is_clean(text: str) -> bool:
    """Whether ``text`` is already clean, as most texts are; faster than the substitutions."""
    visible = text.replace("\n", "").replace("\t", "").isprintable()
    if not visible or any(map(text.__contains__, UNSEEN_LETTERS)):
        return False
    return not any(doubled in text for doubled in _DOUBLED) and text == text.strip()


def encodable(text: str) -> str:
    """Return ``text`` without lone surrogates and NUL, which a UTF-8 file cannot contain."""
    return _NOT_ENCODABLE.sub("", text)


_NOT_ENCODABLE = re.compile("[\x00\ud800-\udfff]")

# Cyrillic letters that look Latin in lower or upper case; the site's editors mix them ("Сaravan.kz").
_LOOKALIKES = str.maketrans("авеѕікмнорстух", "abesikmhopctyx")


def fold_homoglyphs(text: str) -> str:
    """Return ``text`` in lower case, with Cyrillic letters that look Latin replaced by Latin ones.

    Use it to compare names only (``Сaravan.kz`` with a Cyrillic С equals ``caravan.kz``); the length is unchanged.
    """
    return text.lower().translate(_LOOKALIKES)


# Control characters except tab and line feed, line separators, and direction marks.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


def printable(text: str) -> str:
    """Return ``text`` with JSON escapes for characters that control a terminal; other text is unchanged."""
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
