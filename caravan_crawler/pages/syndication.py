"""RSS feeds and sitemaps: lists of addresses for machines, with a stamp beside each."""

import gzip
import io
import re
import zlib
from dataclasses import dataclass

from lxml import etree

#: A sitemap holds at most 50 MB by its protocol; what inflates to more is no sitemap.
LARGEST = 50 * 1024 * 1024

#: Sitemaps that WordPress and its SEO plugins write for other things than articles.
_NOT_ARTICLES = re.compile(
    r"(?:categor|taxonom|post_tag|[-_/]tag|author|users?[-_]|posts-page|page-sitemap|attachment|image|video)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """An address and the stamp beside it: ``pubDate`` of a feed, ``lastmod`` of a sitemap; None if there is none."""

    url: str
    stamp: str | None


@dataclass(frozen=True, slots=True)
class Sitemap:
    """A sitemap's ``pages``, or the further ``sitemaps`` an index names."""

    pages: tuple[Entry, ...]
    sitemaps: tuple[Entry, ...]


def _root_of(body: bytes) -> etree._Element | None:
    if body[:2] == b"\x1f\x8b":
        try:
            body = gzip.GzipFile(fileobj=io.BytesIO(body)).read(LARGEST)
        except (OSError, EOFError, zlib.error):
            return None
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, remove_comments=True)
    try:
        return etree.fromstring(body.strip(), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None


def _name(element: etree._Element) -> str:
    return element.tag.rpartition("}")[2].rpartition(":")[2].lower() if isinstance(element.tag, str) else ""


def _texts(element: etree._Element) -> dict[str, str]:
    texts: dict[str, str] = {}
    for child in element:
        value = (child.text or "").strip() or (child.get("href") or "").strip()
        if value:
            texts.setdefault(_name(child), value)
    return texts


def read_feed(body: bytes) -> tuple[Entry, ...] | None:
    """Return a feed's entries (RSS or Atom), newest first as it has them; None where it is no feed.

    The entry's link is preferred to its ``guid``, which on WordPress is the short link.
    """
    try:
        return _feed_entries(body)
    except UnicodeDecodeError:  # lxml lets surrogates pass that no text can hold
        return None


def _feed_entries(body: bytes) -> tuple[Entry, ...] | None:
    root = _root_of(body)
    if root is None or _name(root) not in ("rss", "feed", "rdf"):
        return None
    entries = []
    for element in root.iter():
        if _name(element) not in ("item", "entry"):
            continue
        texts = _texts(element)
        url = texts.get("link") or texts.get("guid") or texts.get("id")
        if url:
            entries.append(Entry(url, texts.get("pubdate") or texts.get("published") or texts.get("date")))
    return tuple(entries)


def read_sitemap(body: bytes) -> Sitemap | None:
    """Return a sitemap's entries; None where the body is no sitemap."""
    try:
        return _sitemap_entries(body)
    except UnicodeDecodeError:
        return None


def _sitemap_entries(body: bytes) -> Sitemap | None:
    root = _root_of(body)
    if root is None or _name(root) not in ("urlset", "sitemapindex"):
        return None
    entries = []
    for element in root:
        texts = _texts(element)
        if url := texts.get("loc"):
            entries.append(Entry(url, texts.get("lastmod")))
    if _name(root) == "urlset":
        return Sitemap(tuple(entries), ())
    return Sitemap((), tuple(entry for entry in entries if not _NOT_ARTICLES.search(entry.url.rsplit("/", 1)[-1])))
