"""The article's own topics: links to ``/tag/…`` under the text."""

import re
from urllib.parse import urljoin, urlsplit

from caravan_crawler.pages.blocks import Block
from caravan_crawler.site import Site

_TAG_PATH = re.compile(r"/tags?/[^/]+")
_LABEL = re.compile(r"(?:теги|тэги|метки|темы|тегтер|tags)?\s*:?[\s,#|•·]*", re.IGNORECASE)
_BETWEEN = re.compile(r"[\s,;#|•·/]*")


def tag_texts(block: Block, site: Site, page_url: str) -> list[str]:
    """Return the tags of a block that is nothing but links to topics, with or without ``Теги:``; else []."""
    tags: list[str] = []
    for index, (text, link) in enumerate(block.pieces):
        if link is None:
            # Ahead of the first link a label may stand, between links only marks.
            if not (_LABEL if not tags and index < 2 else _BETWEEN).fullmatch(text):
                return []
        elif link.get("rel") == "tag" or _is_topic_address(link.get("href") or "", site, page_url):
            words = " ".join(text.split()).strip("#, ")
            if words:
                tags.append(words)
        elif text.strip():
            return []
    return tags


def _is_topic_address(href: str, site: Site, page_url: str) -> bool:
    path = href if href.startswith("/") else urlsplit(urljoin(page_url, href)).path
    return _TAG_PATH.match(path) is not None and site.resolve(href, page_url) is not None
