"""Metadata of a page: title, meta elements, link relations, JSON-LD, elements with known names.

It is evidence, not proof: canonicals point to the home page, authors are called
"admin", titles are cut. The readers in ``article.py`` weigh it against what is printed.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from caravan_crawler.normalise.text import clean

_ARTICLE_TYPES = frozenset(
    ["Article", "NewsArticle", "BlogPosting", "ReportageNewsArticle", "AnalysisNewsArticle", "OpinionNewsArticle"]
)
_PUBLISHED = ("article:published_time", "datepublished")


@dataclass
class StructuredData:
    """The page's metadata. ``meta`` maps ``name``, ``property`` or ``itemprop`` to its first content."""

    title: str | None = None
    base: str | None = None
    """``href`` of the first ``base`` element."""
    meta: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    """Link relation to its first address: ``canonical``, ``shortlink``, ``amphtml`` …"""
    published: list[str] = field(default_factory=list)
    """Contents of all ``article:published_time``, then of all ``datePublished``."""
    article_tags: list[str] = field(default_factory=list)
    """Contents of ``article:tag``."""
    article: dict[str, Any] = field(default_factory=dict)
    """The first JSON-LD object of an article's type."""
    times: list[etree._Element] = field(default_factory=list)
    """The ``time`` elements, in order."""
    language: str = ""

    def text(self, key: str) -> str | None:
        """Return a meta element's content, or None where there is none."""
        return self.meta.get(key) or None

    def article_text(self, key: str) -> str | None:
        """Return a text property of the JSON-LD article, or None."""
        value = self.article.get(key)
        return clean(value) or None if isinstance(value, str) else None

    def article_texts(self, key: str) -> list[str]:
        """Return the texts of a property of the JSON-LD article, which may be a list of them."""
        value = self.article.get(key)
        values = value if isinstance(value, list) else [value]
        return [text for each in values if isinstance(each, str) and (text := clean(each))]


def read_structured_data(root: etree._Element) -> StructuredData:
    """Collect the page's metadata, in one pass over its elements; nothing in it can make this fail."""
    data = StructuredData(language=root.get("lang") or "")
    stamps: dict[str, list[str]] = {key: [] for key in _PUBLISHED}
    for element in root.iter("title", "meta", "link", "script", "base", "time"):
        tag = element.tag
        if tag == "time":
            data.times.append(element)
        elif tag == "script":
            if element.get("type") == "application/ld+json":
                _read_json_ld(element.text or "", data)
        elif tag == "meta":
            key = element.get("property") or element.get("name") or element.get("itemprop")
            content = _cleaned(element.get("content") or "")
            if key and content:
                key = key.lower()
                data.meta.setdefault(key, content)
                if key in _PUBLISHED:
                    stamps[key].append(content)
                if key == "article:tag":
                    data.article_tags.append(content)
        elif tag == "base":
            data.base = data.base or element.get("href")
        elif tag == "link":
            for relation in (element.get("rel") or "").lower().split():
                data.links.setdefault(relation, element.get("href") or "")
        elif data.title is None and not _is_in_drawing(element):
            data.title = _cleaned(" ".join("".join(element.itertext()).split()))
    data.published = [stamp for key in _PUBLISHED for stamp in stamps[key]]
    return data


def _cleaned(text: str) -> str:
    """Return ``text`` without the characters that nobody sees: the headline printed has none either."""
    return text.strip() if text.isprintable() else clean(text)


def _is_in_drawing(title: etree._Element) -> bool:
    return any(True for _ in title.iterancestors("svg"))


def _read_json_ld(text: str, data: StructuredData) -> None:
    try:
        # Editors paste raw line breaks into strings, so control characters are let pass.
        parsed = json.loads(re.sub(r"^[\s\ufeff]*<!\[CDATA\[|\]\]>\s*$|^\s*\ufeff", "", text), strict=False)
    except (ValueError, RecursionError):
        return
    if not data.article:
        data.article = next((node for node in _objects(parsed) if _types(node) & _ARTICLE_TYPES), {})


def _objects(node: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    if isinstance(node, list) and depth < 8:
        for item in node:
            yield from _objects(item, depth + 1)
    elif isinstance(node, dict) and depth < 8:
        yield node
        for key in ("@graph", "mainEntity", "mainEntityOfPage"):
            yield from _objects(node.get(key), depth + 1)


def _types(node: dict[str, Any]) -> set[str]:
    kinds = node.get("@type")
    return {kind for kind in (kinds if isinstance(kinds, list) else [kinds]) if isinstance(kind, str)}
