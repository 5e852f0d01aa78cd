"""The button under a list that brings the next cards by a script, known by its words."""

import re

from lxml import etree

from caravan_crawler.pages.document import Document

#: What may be pressed; ``press.js`` of the browser looks among the same.
PRESSABLE = ("button", "a", "input")
_WORDS = re.compile(
    r"(?:показать|загрузить|смотреть|ещ[её])\s+(?:ещ[её]|больше|далее)(?:\s+\w+)?|ещ[её]\s+(?:новости|статьи|материалы)"
    r"|больше\s+(?:новостей|статей|материалов)|көбірек(?:\s+көрсету)?|тағы(?:\s+(?:да\s+)?(?:көрсету|жүктеу))?"
    r"|(?:load|show|view)\s+more(?:\s+\w+)?",
    re.IGNORECASE,
)
_LONGEST = 40


def more_button(document: Document) -> str | None:
    """Return the words of the first button that promises more, or None; what leads to an address is a link."""
    for element in document.root.iter(*PRESSABLE):
        href = element.get("href")
        if href and not href.startswith(("#", "javascript:")):
            continue
        words = " ".join(_text(element).split())
        if len(words) <= _LONGEST and _WORDS.fullmatch(words.strip(" .…»→↓+")):
            return words
    return None


def _text(element: etree._Element) -> str:
    if element.tag == "input":
        return (element.get("value") or "") if element.get("type") in ("button", "submit") else ""
    return "".join(element.itertext())
