"""The article's own topics: links to ``/tag/…`` under the text."""

import re

from caravan_crawler.pages.blocks import Block
from caravan_crawler.site import Site

_TAG_PATH = re.compile(r"/tags?/[^/]+")
_LABELS = re.compile(
    r"(?:\s|[,;:#|•·/]|теги|тэги|метки|темы|тегтер|tags|рубрик[аи]|категори[яи]|опубликовано\s+в)*", re.IGNORECASE
)


def tag_texts(block: Block, site: Site, page_url: str) -> list[str]:
    """Return the tags of a block that is nothing but links to topics, with or without ``Теги:``; else []."""
    if len(block.text) > 400 or not block.has_links:
        return []
    tags: list[str] = []
    for text, link in block.pieces:
        words = " ".join(text.split()).strip("#, ")
        if link is None:
            if not _LABELS.fullmatch(text):
                return []
        elif _is_topic_address(link.get("href") or "", site, page_url) or link.get("rel") == "tag":
            tags += [words] if words else []
        elif words and "tag" not in (link.get("rel") or "").split():
            return []  # themes give the section's link beside the topics rel="category tag"
    return tags


def _is_topic_address(href: str, site: Site, page_url: str) -> bool:
    url = site.resolve(href, page_url)
    return url is not None and _TAG_PATH.match(url[len(site.base) - 1 :]) is not None
