"""The article's own topics: links to ``/tag/…`` under the text."""

import re

from caravan_crawler.pages.blocks import Block
from caravan_crawler.urls import Site

_TAG_PATH = re.compile(r"/tags?/[^/]+")
_LABELS = re.compile(
    r"(?:\s|[,;:#|•·/]|теги|тэги|метки|темы|тегтер|tags|рубрик[аи]|категори[яи]|опубликовано\s+в)*", re.IGNORECASE
)
_TAG_LINE = re.compile(r"(?:теги|тэги|метки|ключевые\s+слова|тегтер|tags)\s*:\s*(?P<tags>\S.*)", re.IGNORECASE)
_HASHTAG = re.compile(r"#\w[\w\-]*")


def tag_texts(block: Block, site: Site, page_url: str) -> list[str]:
    """Return the tags of a block that is nothing but links to topics, with or without ``Теги:``; else [].

    Without links it is ``Теги: …``, with commas between, or words with a ``#`` each.
    """
    if len(block.text) > 400:
        return []
    if not block.has_links:
        return _plain_tags(block.text) if block.text[0] == "#" or ":" in block.text[:20] else []
    tags: list[str] = []
    for text, link in block.pieces:
        words = " ".join(text.split()).strip("#, ")
        if link is None:
            if not _LABELS.fullmatch(text):
                return []
        elif _is_topic_address(link.get("href") or "", site, page_url) or link.get("rel") == "tag":
            tags += [words] if words else []
        elif words and "tag" not in (link.get("rel") or "").split():
            return []  # themes give the section's link next to the topics rel="category tag"
    return tags


def may_hold_tags(block: Block) -> bool:
    """Whether a block is not in a menu or the page's foot; an article may have a foot of its own, with its tags."""
    if block.zone != "footer":
        return block.zone != "nav"
    return any(True for _ in block.element.iterancestors("article"))


def _plain_tags(text: str) -> list[str]:
    if text[0] == "#":
        words = text.replace(",", " ").split()
        return [word[1:] for word in words] if all(_HASHTAG.fullmatch(word) for word in words) else []
    match = _TAG_LINE.fullmatch(text)
    return [tag for part in match["tags"].split(",") if (tag := part.strip(" #."))] if match else []


def _is_topic_address(href: str, site: Site, page_url: str) -> bool:
    url = site.resolve(href, page_url)
    return url is not None and _TAG_PATH.match(url[len(site.base) - 1 :]) is not None
