"""The headline as the page's metadata gives it, without the site's suffix."""

import re
from collections.abc import Iterator

from caravan_crawler.pages.structured import StructuredData

_SUFFIX = re.compile(
    r"\s+[-–—|:]\s+(?:газета\s+)?[«\"“]?(?:караван|caravan)(?:\.kz)?[»\"”]?(?:\s*[-–—|]\s*.{0,60})?$", re.IGNORECASE
)


def without_suffix(title: str) -> str:
    """Return ``title`` without one `` - Караван`` at its end."""
    return _SUFFIX.sub("", title).strip()


def title_candidates(structured: StructuredData) -> Iterator[str]:
    """Yield what may be the headline, the likeliest first; a cut title ends in an ellipsis."""
    for title in (
        structured.title,
        structured.article_text("headline"),
        structured.text("og:title"),
        structured.text("twitter:title"),
    ):
        if title:
            stripped = without_suffix(title)
            if stripped:
                yield stripped
            if stripped != title:
                yield title
