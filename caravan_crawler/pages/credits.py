"""Credits of photos: lines of their own, and the ends of captions."""

import re

from caravan_crawler.pages.blocks import Block

_CREDIT = re.compile(r"(?:фото|сурет|photo|иллюстрация|скриншот)\s*[-–—:]\s*(?P<name>.*)", re.IGNORECASE)
_ARCHIVE_CREDIT = re.compile(
    r"(?:фото|сурет)\s+(?P<name>(?:из|с\s+сайта|автора|пресс-службы|предоставлен\w*|читател\w*)(?:\s.{2,60})?)",
    re.IGNORECASE,
)
#: A credit behind what a caption says of the picture.
_CREDIT_BEHIND = re.compile(r"(?:[.!?…»)|/]\s+|\s\()((?:фото|сурет)\s*[:–—-]\s*[^()]+)\)?$", re.IGNORECASE)
_CREDITS_BEGIN = ("фото", "сурет", "photo", "иллюстрация", "скриншот")
#: Letters of a line that credits a photo, and words of one without a dash.
_LONGEST_CREDIT, _LONGEST_ARCHIVE_CREDIT = 100, 5


def credit_name(text: str) -> str | None:
    """Return whom a photo's line credits, maybe nobody (``Фото -``).

    None where the text is no such line (``Фото – это искусство.``).
    """
    if not _may_be_credit(text):
        return None
    match = _CREDIT.fullmatch(text.strip())
    if match is None:
        return None
    name = match["name"].strip()
    is_sentence = len(name.split()) > 6 or (name[:1].islower() and name.endswith((".", "!", "?")))
    return None if is_sentence else name


def archive_credit(text: str) -> str | None:
    """Return the value of ``Фото из архива автора``, a credit without a dash."""
    match = _ARCHIVE_CREDIT.fullmatch(text)
    return match["name"] if match else None


def _may_be_credit(text: str) -> bool:
    return len(text) <= _LONGEST_CREDIT and text[:12].lower().startswith(_CREDITS_BEGIN)


def credit_in_text(text: str) -> str | None:
    """Return whom a line in the text credits; ``Фото из архива автора`` only where it is no sentence."""
    if not _may_be_credit(text):
        return None
    is_short = len(text.split()) <= _LONGEST_ARCHIVE_CREDIT and text[-1] not in ".!?:"
    return (archive_credit(text) if is_short else None) or credit_name(text)


def caption_credit(block: Block) -> str | None:
    """Return whom a caption credits: all of it, its last piece or its end."""
    last_piece = " ".join(block.pieces[-1][0].split())
    behind = _CREDIT_BEHIND.search(block.text[-_LONGEST_CREDIT:])
    texts = (block.text, last_piece, behind[1] if behind else "")
    return next((credit for text in texts if text and (credit := credit_in_text(text)) is not None), None)
