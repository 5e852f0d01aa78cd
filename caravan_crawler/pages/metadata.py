"""Metadata of a page: title, meta elements, link relations, JSON-LD.

It is evidence, not proof: canonicals point to the home page, authors are called
"admin", titles are cut. The readers in ``readers.py`` weigh it against what is printed.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from html import unescape
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode

from caravan_crawler.normalise.text import clean
from caravan_crawler.pages.labels import fold

#: Types of schema.org for an article; ``https://schema.org/NewsArticle`` and ``schema:NewsArticle`` are the same.
_ARTICLE_TYPES = frozenset(
    "article newsarticle blogposting socialmediaposting liveblogposting reportagenewsarticle analysisnewsarticle "
    "opinionnewsarticle backgroundnewsarticle reviewnewsarticle askpublicnewsarticle techarticle report "
    "advertisercontentarticle satiricalarticle".split()
)
_PUBLISHED = ("article:published_time", "datepublished")
_MODIFIED = ("article:modified_time", "og:updated_time", "datemodified")
#: Other names of a page's date, which may be no article's.
_DATES = (
    "og:article:published_time parsely-pub-date sailthru.date cxenseparse:publishtime dc.date.issued dc.date "
    "publish-date pubdate originalpublicationdate date".split()
)
#: Attributes that name what a meta element says.
_KEYS = ("property", "name", "itemprop")
#: Objects in which an article may be; one elsewhere (``isRelatedTo``, ``itemListElement``) is another article.
_AROUND_ARTICLE = ("@graph", "mainEntity", "mainEntityOfPage")
_DEEPEST = 8
#: Stamps of a page whose microdata is looked at; each look may visit the whole page.
_MOST_STAMPS = 20
# Around the JSON there may be comments, CDATA, a byte order mark, a semicolon.
_OPENING = ("//", "/*", "*/", "<!--", "-->", "<![CDATA[", ">")
_CLOSING = ("//", "/*", "*/", "-->", "<!", "]]>", ";")
#: Month and year of the second generation's date, in its first inline script.
_MONTH_AND_YEAR = re.compile(r"\S*Date\S*?[\s=:,('\"]+(?P<month>\d{1,2})-(?P<year>\d{4})\b")
#: Seconds or milliseconds since 1970, from 2001 on.
_EPOCH = re.compile(r"1\d{9}(?:\d{3})?")
#: One without an end reaches to the end of the text: else each quotation mark in it would be tried.
_STRING = r'"(?:[^"\\]|\\.)*(?:"|\Z)'
_TRAILING_COMMA = re.compile(rf"({_STRING})|,(?=\s*[}}\],])", re.DOTALL)
#: A backslash before a letter with which it makes no escape.
_INVALID_ESCAPE = re.compile(r"(\\[\\\"/bfnrt]|\\u[0-9a-fA-F]{4})|\\")
_COMMENT = re.compile(rf"({_STRING})|//[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
#: Names of schema.org may have a prefix, or be whole addresses.
_PREFIX = re.compile(r"^(?:schema:|https?://schema\.org/)")


def _object(pairs: list[tuple[str, Any]]) -> Any:
    """Return an object of JSON-LD with plain names; of a value with its type or language, the value."""
    found = {_PREFIX.sub("", key): value for key, value in pairs}
    return found.get("@value", found)


_DECODER = json.JSONDecoder(strict=False, object_pairs_hook=_object)  # editors paste raw line breaks into strings


@dataclass
class StructuredData:
    """The page's metadata. ``meta`` maps ``name``, ``property`` or ``itemprop`` to its first content."""

    title: str | None = None
    base: str | None = None
    """``href`` of the first ``base`` element."""
    meta: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    """Link relation to its first address: ``canonical``, ``shortlink``, ``amphtml`` …"""
    feeds: list[str] = field(default_factory=list)
    """Addresses of RSS and Atom feeds."""
    published: list[str] = field(default_factory=list)
    """Contents of all ``article:published_time``, then of all ``datePublished``."""
    article_tags: list[str] = field(default_factory=list)
    """Contents of ``article:tag``."""
    articles: list[dict[str, Any]] = field(default_factory=list)
    """The JSON-LD objects of an article's type."""
    page_author: object = None
    """The author of the JSON-LD object of the page itself: some plugins describe no article, only a ``WebPage``."""
    page_published: object = None
    """``datePublished`` of that object."""
    people: dict[str, Any] = field(default_factory=dict)
    """The JSON-LD objects with a name, by their ``@id``: the graphs of plugins refer to an author by it."""
    scripts: list[str] = field(default_factory=list)
    """Texts of the inline scripts of type ``text/javascript``, for the second generation's date."""
    language: str = ""
    url: str = ""
    """The page's address."""

    def text(self, key: str) -> str | None:
        """Return a meta element's content, or None where there is none."""
        return self.meta.get(key) or None

    @cached_property
    def article(self) -> dict[str, Any]:
        """The JSON-LD object of the page's own article; {} where there is none.

        It is the one that has the page's title or address; else the first that has not another address than the page.
        """
        title = fold(unescape(self.title or self.text("og:title") or ""))
        others = []
        for article in self.articles:
            headline = fold(unescape(_text(article, "headline") or _text(article, "name")))
            slug = _slug(_text(article, "url") or _text(article, "mainEntityOfPage") or _text(article, "@id"))
            if (headline and title.startswith(headline)) or (slug and slug == _slug(self.url)):
                return article
            if not slug or not headline:
                others.append(article)
        return others[0] if others else {}

    def article_text(self, key: str) -> str | None:
        """Return a text property of the JSON-LD article, or None."""
        value = self.article.get(key)
        return clean(unescape(value)) or None if isinstance(value, str) else None

    @property
    def author_names(self) -> list[str]:
        """The names of the JSON-LD article's authors that are people by their type, or of the page's."""
        people = list(_flat(self.article.get("author") or self.page_author))
        people = [{"@type": "Person", "name": person} if isinstance(person, str) else person for person in people]
        known = [self.people.get(str(each.get("@id")), each) for each in people if isinstance(each, dict)]
        # Plugins for search engines give name and "@id" alone, or refer to a person of their graph.
        named = [
            each.get("name") or " ".join(filter(None, (_text(each, "givenName"), _text(each, "familyName"))))
            for each in known
            if "@type" not in each or "person" in _types(each)
        ]
        names = [name for value in named for name in (value if isinstance(value, list) else [value])]
        return [name for name in names if isinstance(name, str) and name]

    @property
    def month_of_script(self) -> str | None:
        """Year and month of the second generation's date, ``2022-03``, by the first script; None of other pages."""
        found = _MONTH_AND_YEAR.search(self.scripts[0]) if self.scripts else None
        return f"{found['year']}-{int(found['month']):02}" if found else None

    @property
    def page_stamps(self) -> list[str]:
        """The timestamps of the page itself, which need not be an article."""
        stamps = [self.page_published, *(self.text(key) for key in _DATES)]
        return [_without_epoch(stamp) for stamp in stamps if isinstance(stamp, str)]

    @property
    def modified(self) -> list[str]:
        """The timestamps of the article's last change."""
        return [*filter(None, map(self.text, _MODIFIED)), *self.article_stamps("dateModified")]

    def article_stamps(self, key: str) -> list[str]:
        """Return the timestamps of a property of the JSON-LD article, which may be a list of them.

        One in seconds or milliseconds since 1970 becomes ISO 8601.
        """
        value = self.article.get(key)
        values = [
            _stamp_in(each) if isinstance(each, dict) else each
            for each in (value if isinstance(value, list) else [value])
        ]
        texts = [str(each) for each in values if isinstance(each, (str, int)) and not isinstance(each, bool)]
        return [_without_epoch(text) for each in texts if (text := clean(each))]


def read_structured_data(tree: LexborHTMLParser, url: str) -> StructuredData:
    """Collect the metadata of the page at ``url``; nothing in it can make this fail."""
    root = tree.root
    data = StructuredData(language=(root.attributes.get("lang") or "") if root else "", url=url)
    stamps: dict[str, list[tuple[str, LexborNode]]] = {key: [] for key in _PUBLISHED}
    for node in tree.css("title, meta, link, script, base"):
        tag, attributes = node.tag, node.attributes
        if tag == "script":
            _read_script(node, (attributes.get("type") or "").split(";")[0].strip().lower(), data)
        elif tag == "meta":
            content = _cleaned(attributes.get("content") or "")
            for key in {(attributes.get(name) or "").lower() for name in _KEYS} if content else ():
                data.meta.setdefault(key, content)
                if key in _PUBLISHED:
                    stamps[key].append((content, node))
                if key == "article:tag":
                    data.article_tags.append(content)
        elif tag == "base":
            data.base = data.base or attributes.get("href")
        elif tag == "link":
            _read_link(attributes, data)
        elif data.title is None:
            data.title = _cleaned(" ".join(node.text().split()))
    data.published = [_without_epoch(stamp) for key in _PUBLISHED for stamp in _own_stamps(stamps[key])]
    return data


def _own_stamps(stamps: list[tuple[str, LexborNode]]) -> list[str]:
    """Return the contents, of several those of the page or of its headline: the others are of other articles."""
    first = stamps[:_MOST_STAMPS]
    own = [content for content, node in first if _is_of_page(node)] if len(stamps) > 1 else []
    return own or [content for content, _ in stamps]


def _is_of_page(node: LexborNode) -> bool:
    """Whether an element is in no microdata, or in that around an ``h1``."""
    around = node.parent
    while around is not None and "itemscope" not in around.attributes:
        around = around.parent
    return around is None or around.css_first("h1") is not None


def _read_link(attributes: dict[str, str | None], data: StructuredData) -> None:
    relations = (attributes.get("rel") or "").lower().split()
    href = attributes.get("href") or ""
    for relation in relations:
        data.links.setdefault(relation, href)
    if "alternate" in relations and href and (attributes.get("type") or "").endswith(("rss+xml", "atom+xml")):
        data.feeds.append(href)


def _read_script(node: LexborNode, kind: str, data: StructuredData) -> None:
    if kind == "text/javascript":
        data.scripts.append(node.text())
    elif kind == "application/ld+json":
        for parsed in _parsed(node.text()):
            objects = list(_objects(parsed))
            data.articles += [each for each in objects if not _types(each).isdisjoint(_ARTICLE_TYPES)]
            for each in objects:
                if "webpage" in _types(each):
                    data.page_author = data.page_author or each.get("author")
                    data.page_published = data.page_published or each.get("datePublished")
            data.people |= {str(each["@id"]): each for each in objects if "@id" in each and "name" in each}


def _stamp_in(value: dict[str, Any]) -> Any:
    """Return the timestamp in an object: a date as PHP writes it, with its zone."""
    stamp, zone = value.get("date"), value.get("timezone")
    if not isinstance(stamp, str):
        return None
    known = {"UTC": "+00:00", "Asia/Almaty": ""}.get(str(zone), str(zone))
    return stamp + known if not known or known[0] in "+-" else None


def _without_epoch(stamp: str) -> str:
    """Return a timestamp in seconds or milliseconds since 1970 in ISO 8601, any other as it is."""
    if not _EPOCH.fullmatch(stamp):
        return stamp
    return datetime.fromtimestamp(int(stamp[:10]), UTC).isoformat()


def _cleaned(text: str) -> str:
    """Return ``text`` without the characters that nobody sees: the headline printed has none either."""
    return text.strip() if text.isprintable() else clean(text)


# JSON-LD as it is found on pages: wrapped in comments, with trailing commas, quotation marks as entities, several
# objects in a row. What is still no JSON is repaired in this order, the mildest repair first.


def _parsed(text: str) -> Iterator[Any]:
    bare = _unwrapped(text)
    for repair in _REPAIRS:
        try:
            yield from _values(repair(bare))
        except (ValueError, RecursionError):
            continue
        return
    yield from _article_in(bare)


def _article_in(text: str) -> Iterator[Any]:
    """Yield type, headline, date and author of the one article in a text that no repair makes JSON."""
    found = {
        key: re.findall(rf'"{key}"\s*:\s*("[^"]*")\s*[,}}]', text) for key in ("@type", "headline", "datePublished")
    }
    kinds = [kind for kind in found["@type"] if kind.strip('"').lower() in _ARTICLE_TYPES]
    if len(kinds) != 1 or len(found["datePublished"]) != 1:
        return
    names = re.findall(r'"author"\s*:\s*\{[^{}]*"name"\s*:\s*"([^"]*)"', text)
    article: dict[str, Any] = {"@type": kinds[0].strip('"'), "datePublished": found["datePublished"][0].strip('"')}
    article |= {"headline": found["headline"][0].strip('"')} if len(found["headline"]) == 1 else {}
    yield article | ({"author": [{"@type": "Person", "name": name} for name in names]} if names else {})


def _unwrapped(text: str) -> str:
    """Return a text without the comments and other marks around it."""
    start, end, before = 0, len(text), -1
    while before != end - start:
        before = end - start
        while start < end and (text[start].isspace() or text[start] == "\ufeff"):
            start += 1
        while start < end and (text[end - 1].isspace() or text[end - 1] == "\ufeff"):
            end -= 1
        start += next((len(mark) for mark in _OPENING if text.startswith(mark, start, end)), 0)
        end -= next((len(mark) for mark in _CLOSING if text.endswith(mark, start, end)), 0)
    return text[start:end]


def _values(text: str) -> list[Any]:
    """Return the JSON values of a text, of which there may be several in a row."""
    values = []
    position = 0
    while position < len(text):
        value, end = _DECODER.raw_decode(text, position)
        values.append(value)
        position = end
        while position < len(text) and (text[position] in ",;" or text[position].isspace()):
            position += 1
    return values


def _without_trailing_commas(text: str) -> str:
    return _TRAILING_COMMA.sub(lambda found: found[1] or "", text)


def _without_invalid_escapes(text: str) -> str:
    return _without_trailing_commas(_INVALID_ESCAPE.sub(r"\1", text))


def _without_what_is_no_json(text: str) -> str:
    """Drop what a program wrote around the object, such as a warning, and comments."""
    begin = re.search(r"[{\[](?=\s*(?:[\"{\[\]}]|//|/\*))", text)
    end = max(text.rfind("}"), text.rfind("]")) + 1
    return _without_invalid_escapes(
        _COMMENT.sub(lambda found: found[1] or "", text[begin.start() : end] if begin else text)
    )


_REPAIRS: tuple[Callable[[str], str], ...] = (
    str,
    _without_trailing_commas,
    _without_invalid_escapes,
    _without_what_is_no_json,
    lambda text: _without_trailing_commas(unescape(text)),
)


def _objects(node: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    if isinstance(node, list) and depth < _DEEPEST:
        for item in node:
            yield from _objects(item, depth + 1)
    elif isinstance(node, dict) and depth < _DEEPEST:
        yield node
        for key in _AROUND_ARTICLE:
            yield from _objects(node.get(key), depth + 1)


def _flat(value: Any, depth: int = 0) -> Iterator[Any]:
    """Yield the values of a list and of the lists in it."""
    if isinstance(value, list) and depth < _DEEPEST:
        for each in value:
            yield from _flat(each, depth + 1)
    else:
        yield value


def _types(node: dict[str, Any]) -> set[str]:
    kinds = node.get("@type")
    names = [kind for kind in (kinds if isinstance(kinds, list) else [kinds]) if isinstance(kind, str)]
    return {re.split(r"[/#:]", name)[-1].lower() for name in names}


def _text(node: dict[str, Any], key: str) -> str:
    """Return a text property, of several the first; of an object its ``@id``."""
    value = node.get(key)
    value = value[0] if isinstance(value, list) and value else value
    value = value.get("@id") if isinstance(value, dict) else value
    return value if isinstance(value, str) else ""


def _slug(url: str) -> str:
    """Return the last part of a URL's path: it is the same under every alias of an article."""
    path = url.partition("#")[0].partition("?")[0].partition("://")[2].rstrip("/")
    return path.rpartition("/")[2] if "/" in path else ""
