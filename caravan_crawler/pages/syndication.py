"""RSS feeds and sitemaps: lists of URLs with timestamps.

Servers send them after PHP warnings, truncated, compressed twice, or in another encoding than declared. Therefore they
are not parsed as XML: the tags are read one by one, entities other than XML's own and document types are ignored, and
an error in one entry does not affect others. It takes linear time.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urljoin, urlsplit

from caravan_crawler.normalise.text import encodable
from caravan_crawler.pages.encoding import Loss, decode, inflate

_ROOTS = frozenset(["urlset", "sitemapindex", "rss", "feed", "rdf"])
_ENTRIES = frozenset(["url", "sitemap", "item", "entry"])
#: Element of Google's news extension, which contains ``news:publication_date``.
_NEWS = "news"
_DEEPEST = 16
#: Most tags that are read: a sitemap has at most 50,000 URLs by its protocol, but may have pictures for each.
_MOST_ENTRIES = 100_000
_MOST_TAGS = 5_000_000
_TOKEN = re.compile(
    r"""<!\[CDATA\[(?P<cdata>.*?)(?:\]\]>|\Z)
    |<!--.*?(?:-->|\Z)
    |<[!?][^>]*+(?:>|\Z)
    |<(?P<closing>/?)(?:[\w.\-]++:)?(?P<name>[\w.\-]++)(?P<attributes>(?:[^<>"']++|"[^"<]*+"|'[^'<]*+'|["'])*+)>""",
    re.DOTALL | re.VERBOSE,
)
_ATTRIBUTE = re.compile(r"""(?<![\w.\-:])(?:[\w.\-]++:)?([\w.\-]++)\s*+=\s*+(?:"([^"]*)"|'([^']*)')""")
#: Before its list a feed or sitemap may have warnings, in which some markup stands; a page has this.
_PAGE = re.compile(r"<(?:html|body)[\s>]", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:(amp|lt|gt|quot|apos)|#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6}));")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
#: Share of lines that are URLs in a text sitemap; one may be broken.
_ADDRESSES_OF_TEXT = 0.9
_LINE_OF_TEXT = re.compile(r"https?://[^\s<>]+", re.IGNORECASE)
_WITHOUT_SCHEME = re.compile(r"www\.[\w\-]+\.", re.IGNORECASE)
_SITEMAP_FILE = re.compile(r"\.xml(?:\.gz)?$", re.IGNORECASE)

#: Sitemaps of WordPress and its plugins for SEO that name no articles: categories, tags, authors, pages, attachments.
#: Only whole names count, since a name such as ``post-video-sitemap`` or ``sitemap-news`` is one of articles.
_NOT_ARTICLES = re.compile(
    r"wp-sitemap-(?:taxonomies-.+|users|posts-(?:page|attachment))(?:-\d+)?"
    r"|sitemap-(?:tax-.+|authors?|pt-page(?:-\d+)*|categor(?:y|ies)|post[-_]tags?|tags?|attachments?)(?:-\d+)?"
    r"|(?:category|categories|post[-_]tag|tags?|authors?|users?|page|attachment|post_format)-sitemap(?:-?\d+)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A URL, when it was ``published`` and last ``updated``, as printed, and its ``title``.

    An article was published on the day of its update or earlier.
    """

    url: str
    published: str | None = None
    updated: str | None = None
    title: str | None = field(default=None, compare=False)

    @property
    def stamp(self) -> str | None:
        """The better of the two."""
        return self.published or self.updated


class Form(StrEnum):
    """Form of a list of URLs; it is read even if another form is expected at its URL."""

    FEED = "feed"
    SITEMAP = "sitemap"
    INDEX = "sitemap index"
    TEXT = "text"
    """A sitemap of one address a line."""


@dataclass(frozen=True, slots=True)
class Syndication:
    """A feed's or sitemap's ``pages``, in its order, and the further ``sitemaps`` an index names.

    ``skipped`` are sitemaps of an index that name no articles; ``loss`` says that it is not read whole;
    ``without_address`` is the number of entries in which no address was found.
    """

    form: Form
    pages: tuple[Entry, ...] = ()
    sitemaps: tuple[Entry, ...] = ()
    skipped: tuple[Entry, ...] = ()
    loss: Loss | None = None
    without_address: int = 0


def read_syndication(body: bytes, url: str = "", declared: str | None = None) -> Syndication | None:
    """Return what a feed or sitemap lists; None where the body is neither, as an error page is none.

    ``url`` is its address, which relative addresses in it are joined to; ``declared`` the charset of its header.
    """
    content, loss = inflate(body)
    text = decode(content, declared)
    form, entries, its_loss = _read_tags(text)
    if form is None:
        return _read_lines(text, loss)
    base = _based(url, entries.base)
    pages = [entry for tags in entries.pages if (entry := _entry(tags, base)) is not None]
    sitemaps = [entry for tags in entries.sitemaps if (entry := _entry(tags, base)) is not None]
    nameless = len(entries.pages) + len(entries.sitemaps) - len(pages) - len(sitemaps)
    if form is Form.SITEMAP:  # some programs list sitemaps as if they were pages
        pages, misplaced = _parted(pages)
        sitemaps += misplaced
    wanted = [entry for entry in sitemaps if not _names_no_articles(entry.url)]
    skipped = [entry for entry in sitemaps if _names_no_articles(entry.url)]
    its_loss = (loss or its_loss) if its_loss else None
    return Syndication(form, tuple(pages), tuple(wanted), tuple(skipped), its_loss, nameless)


# Tags


@dataclass
class _Tags:
    """Texts of the elements directly in an entry, by name, and the targets of its links."""

    base: str | None = None
    texts: dict[str, str] = field(default_factory=dict)
    links: list[dict[str, str]] = field(default_factory=list)
    is_permanent: bool = True
    """Whether a ``guid`` is said to be an address."""


@dataclass
class _Entries:
    pages: list[_Tags] = field(default_factory=list)
    sitemaps: list[_Tags] = field(default_factory=list)
    base: str | None = None

    def add(self, name: str, entry: _Tags) -> None:
        """Add an entry by the name of its element."""
        (self.sitemaps if name == "sitemap" else self.pages).append(entry)


def _read_tags(text: str) -> tuple[Form | None, _Entries, Loss | None]:
    """Return the form, None where it is no XML of the kind; the entries; and what is lost of them."""
    found = _Entries()
    root: str | None = None
    entry: _Tags | None = None
    open_names: list[str] = []
    """The elements open within the entry, the entry first."""
    pieces: list[str] = []
    is_closed = False
    position = 0
    for number, token in enumerate(_TOKEN.finditer(text)):
        if number == _MOST_TAGS or len(found.pages) + len(found.sitemaps) == _MOST_ENTRIES:
            return _form(root, found), found, "too_large"
        if entry is not None and len(open_names) > 1:
            pieces.append(_unescape(text[position : token.start()]))
        position = token.end()
        if token["cdata"] is not None:
            pieces.append(token["cdata"])
            continue
        if token["name"] is None:
            continue
        name = token["name"].lower()
        if token["closing"]:
            if entry is not None and name in open_names:
                _close(entry, name, open_names, pieces)
                if not open_names:
                    found.add(name, entry)
                    entry = None
            elif name in _ROOTS:
                is_closed = True
                if entry is not None:
                    found.add(open_names[0], entry)
                    entry = None
            continue
        is_empty = token["attributes"].endswith("/")
        if entry is None:
            if name in _ROOTS:
                if root is None and _PAGE.search(text, 0, token.start()):
                    break
                root = root or name
                is_closed = is_empty
                found.base = found.base or _attributes(token["attributes"]).get("base")
            elif name in _ENTRIES and not is_empty and root is not None:
                entry, open_names, pieces = _Tags(_base(token["attributes"])), [name], []
        elif name == open_names[0]:  # the one before was never closed
            found.add(name, entry)
            entry, open_names, pieces = _Tags(_base(token["attributes"])), [name], []
        elif len(open_names) == 1:
            pieces.clear()
            _open(entry, name, _attributes(token["attributes"]) if name in ("link", "guid") else {})
            if not is_empty:
                open_names.append(name)
        elif not is_empty and len(open_names) < _DEEPEST:
            if open_names[1] == _NEWS:
                pieces.clear()
            open_names.append(name)
    if entry is not None:
        found.add(open_names[0], entry)  # what is closed in it is whole
    return _form(root, found), found, None if is_closed else "cut"


def _form(root: str | None, found: _Entries) -> Form | None:
    if root is None:
        return None
    if root in ("rss", "feed", "rdf"):
        return Form.FEED
    return Form.INDEX if root == "sitemapindex" or (found.sitemaps and not found.pages) else Form.SITEMAP


def _open(entry: _Tags, name: str, attributes: dict[str, str]) -> None:
    if name == "link" and "href" in attributes:
        entry.links.append(attributes)
    elif name == "guid":
        entry.is_permanent = attributes.get("ispermalink", "true").strip().lower() != "false"


def _close(entry: _Tags, name: str, open_names: list[str], pieces: list[str]) -> None:
    """Close an element and those within it that were left open; keep its text where it stands directly in the entry."""
    while open_names[-1] != name:
        open_names.pop()
    open_names.pop()
    is_own = len(open_names) == 1
    if is_own or (len(open_names) == 2 and open_names[1] == _NEWS and name == "publication_date"):
        value = encodable(" ".join("".join(pieces).split()))
        if value:
            entry.texts.setdefault(name, value)


def _base(attributes: str) -> str | None:
    """Return the ``xml:base`` of an element, which few have."""
    return _attributes(attributes).get("base") if "base" in attributes else None


def _attributes(text: str) -> dict[str, str]:
    return {
        name.lower(): _unescape(double or single).strip() for name, double, single in _ATTRIBUTE.findall(text[:4096])
    }


def _unescape(text: str) -> str:
    """Return a text with XML's own entities resolved; no document type adds to them."""
    return _ENTITY.sub(_character, text) if "&" in text else text


def _character(entity: re.Match[str]) -> str:
    if entity[1]:
        return _ENTITIES[entity[1]]
    number = int(entity[2]) if entity[2] else int(entity[3], 16)
    is_character = number in (9, 10, 13) or 0x20 <= number < 0xD800 or 0xE000 <= number < 0x110000
    return chr(number) if is_character else ""


# Entries


def _entry(tags: _Tags, base: str) -> Entry | None:
    href = next((href for href in _addresses(tags) if href), None)
    url = _join(_based(base, tags.base), href) if href else None
    if url is None:
        return None
    published, updated = (
        next((tags.texts[name] for name in names if name in tags.texts), None) for names in (_PUBLISHED, _UPDATED)
    )
    return Entry(url, published, updated, tags.texts.get("title"))


#: RSS, Atom, Dublin Core, Atom 0.3 and Google's sitemaps of news; and what says when something was last changed.
_PUBLISHED = ("pubdate", "published", "publication_date", "issued", "created", "date")
_UPDATED = ("lastmod", "updated", "modified")


def _addresses(tags: _Tags) -> Iterator[str | None]:
    """Yield an entry's addresses, the best first.

    FeedBurner puts its own link before the article's. A link with a ``rel`` is the article's only if that is
    ``alternate``, not ``self``, ``edit``, ``replies`` or ``enclosure``. On WordPress the ``guid`` is the short link.
    """
    texts = tags.texts
    yield texts.get("loc")
    yield texts.get("origlink")
    yield texts.get("link")
    links = [link for link in tags.links if _is_alternate(link.get("rel", ""))]
    for link in sorted(links, key=lambda link: "html" not in link.get("type", "html")):
        yield link["href"]
    for name in ("guid", "id"):
        if _LINE_OF_TEXT.fullmatch(texts.get(name, "")) or (name == "guid" and tags.is_permanent):
            yield texts.get(name)


def _is_alternate(rel: str) -> bool:
    """Whether a link's relations, of which one may be a whole URL, are none or the article's own page."""
    words = rel.lower().split()
    return not words or any(word.rpartition("/")[2] == "alternate" for word in words)


def _join(base: str, href: str) -> str | None:
    """Return an address as an absolute URL, or as it is where there is no base; None where it is none."""
    href = href.replace("&amp;", "&").strip()
    if _WITHOUT_SCHEME.match(href):
        href = f"http://{href}"
    try:
        return encodable(urljoin(base, href)) or None
    except ValueError:
        return None


def _based(base: str, further: str | None) -> str:
    """Return the base within an element that has a ``further`` one; a broken one is ignored."""
    return (_join(base, further) if further else None) or base


def _names_no_articles(url: str) -> bool:
    try:
        name = urlsplit(url).path.rpartition("/")[2]
    except ValueError:
        return False
    return _NOT_ARTICLES.fullmatch(_SITEMAP_FILE.sub("", name)) is not None


# Text


def _read_lines(text: str, loss: Loss | None) -> Syndication | None:
    """Return a sitemap of one address a line; None where other lines are among them."""
    lines = [line.strip() for line in text.splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    if loss and lines:
        lines.pop()  # it may be cut
    addresses = [line for line in lines if _LINE_OF_TEXT.fullmatch(line)]
    if not lines or len(addresses) < _ADDRESSES_OF_TEXT * len(lines):
        return None
    pages, sitemaps = _parted(map(Entry, addresses))
    return Syndication(Form.TEXT, tuple(pages), tuple(sitemaps), loss=loss)


def _parted(entries: Iterable[Entry]) -> tuple[list[Entry], list[Entry]]:
    """Return the entries of pages, and those of sitemaps by their names."""
    pages: list[Entry] = []
    sitemaps: list[Entry] = []
    for entry in entries:
        (sitemaps if _SITEMAP_FILE.search(entry.url) else pages).append(entry)
    return pages, sitemaps
