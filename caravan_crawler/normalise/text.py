"""Clean text: what a reader would see, without the characters nobody sees."""

import re
import unicodedata

# A joiner between two pictographs is part of the emoji they make, so it stays.
_EMOJI_JOINER = "(?<![\u2600-\U0001faff\ufe0f])\u200d"
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u180e\u200b\u200c\u200e\u200f"
    "\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffc\ud800-\udfff]|" + _EMOJI_JOINER
)
_LINE_BREAKS = re.compile("\r\n?|[\u0085\u2028\u2029\x0b\x0c]")
_SPACES = re.compile(r"[^\S\n\t]+")
_SPACE_AT_EDGE = re.compile(r" *([\n\t]) *")
_MANY_BREAKS = re.compile(r"\n{3,}")
_DOUBLED = ("  ", " \n", "\n ", " \t", "\t ", "\n\n\n")


def clean(text: str) -> str:
    """Return ``text`` in Unicode NFC, without invisible characters and doubled spaces.

    Removed: control and zero-width characters, soft hyphens, direction marks, lone surrogates. Every
    kind of space becomes U+0020 and a run of them one; a line break stays ``\\n``, a paragraph break
    ``\\n\\n``, a table's cell break ``\\t``. Quotation marks, dashes and ё stay as printed.
    """
    if not _is_clean(text):
        text = _LINE_BREAKS.sub("\n", _INVISIBLE.sub("", text))
        text = _SPACE_AT_EDGE.sub(r"\1", _SPACES.sub(" ", text))
        text = _MANY_BREAKS.sub("\n\n", text).strip()
    return unicodedata.normalize("NFC", text)


def _is_clean(text: str) -> bool:
    """Whether ``text`` is clean already, as nearly all are; a search for each bad thing would take longer."""
    visible = text.replace("\n", "").replace("\t", "").isprintable()
    return visible and not any(doubled in text for doubled in _DOUBLED) and text == text.strip()


def encodable(text: str) -> str:
    """Return ``text`` as it is, but for lone surrogates and NUL, which no UTF-8 file can hold."""
    return _NOT_ENCODABLE.sub("", text)


_NOT_ENCODABLE = re.compile("[\x00\ud800-\udfff]")

# Cyrillic letters that look Latin in one case or the other; the site's editors mix them ("Сaravan.kz").
_LOOKALIKES = str.maketrans("авеѕікмнорстух", "abesikmhopctyx")


def fold_homoglyphs(text: str) -> str:
    """Return ``text`` in lower case with Cyrillic letters that look Latin made Latin.

    For comparing names only (``Сaravan.kz`` with a Cyrillic С equals ``caravan.kz``); the length stays.
    """
    return text.lower().translate(_LOOKALIKES)
