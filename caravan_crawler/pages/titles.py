"""The headline in the page's title, without the site's name."""

import re
from collections.abc import Iterator

from caravan_crawler.pages.metadata import StructuredData

_SITE = r"[«\"“]?(?:караван|caravan)(?:\.kz)?[»\"”]?"
_SUFFIX = re.compile(rf"\s+[-–—|:]\s+(?:газета\s+)?{_SITE}(?:\s*[-–—|]\s*.{{0,60}})?$", re.IGNORECASE)
# Forms of other themes; headlines may end or begin like them.
_WIDE_SUFFIX = re.compile(rf"\s+(?:[-–—|:«»·•]|&laquo;)\s+(?:[^|«»·•]{{0,40}}\s)?{_SITE}$", re.IGNORECASE)
_PREFIX = re.compile(rf"^(?:газета\s+)?{_SITE}(?:\s+[-–—|:»·•]|:)\s+(?:[^»]{{1,40}}\s+»\s+)*", re.IGNORECASE)


def without_suffix(title: str) -> str:
    """Return ``title`` without one `` - Караван`` at its end."""
    return _SUFFIX.sub("", title).strip()


def _without_site(title: str) -> Iterator[str]:
    """Yield ``title`` without the site's suffix, as it is, and without the site's name in other forms."""
    forms = [form.sub("", title).strip() for form in (_SUFFIX, _WIDE_SUFFIX, _PREFIX)]
    yield from filter(None, dict.fromkeys([forms[0], title, *forms[1:]]))


def title_candidates(structured: StructuredData) -> Iterator[str]:
    """Yield what may be the headline, the likeliest first; a cut title ends in an ellipsis."""
    for title in (
        structured.title,
        structured.article_text("headline"),
        structured.text("og:title"),
        structured.text("twitter:title"),
    ):
        if title:
            yield from _without_site(title)
