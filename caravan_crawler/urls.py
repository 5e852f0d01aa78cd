"""The crawled site and the structure of its URLs.

The forms of URLs are known from links to the site. The newest is ``/{section}/{slug}/`` without a number (generation 4
in ``docs/site.md``). Older forms are still linked: ``/news/<slug>-<id>/``, ``/?p=<id>``, ``/amp/news/<slug>-<id>``
and ``/news/<slug>-<id>/amp/``.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qs, quote, unquote_to_bytes, urljoin, urlsplit

#: The real site.
PUBLIC_BASE = "https://www.caravan.kz/"
#: Hosts under which the real site is linked, on its own pages and on copies.
PUBLIC_HOSTS = frozenset({"www.caravan.kz", "caravan.kz"})

#: First path parts that never begin an article's own path.
NOT_SECTIONS = frozenset(
    "amp author authors avtor category comments cdn-cgi component feed info login page profile register rss search "
    "tag tags user users wp-admin wp-content wp-includes wp-json wp-login.php xmlrpc.php".split()
)
#: Those under which pages such as ``/info/kontakty/`` stand, and maybe articles, whose slugs are headlines.
_PAGES_AND_ARTICLES = frozenset(["info", "profile"])
#: The site's numbers have 4 to 9 digits and no leading zero.
_ID_AT_END = re.compile(r"-([1-9]\d{3,8})$")
# A slug may end in a year or a day, ``na-30112026``; it is not the article's number.
_YEAR_OR_DAY = re.compile(
    r"(?:(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2]))?(?:19|20)\d\d|(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
)
_SHORT_LINK_ID = re.compile(r"\d{1,9}")
#: File names of cameras and image libraries; WordPress has a page for each picture of an article.
_PICTURE = re.compile(r"(?:dscn?|img|image|photo|foto|pic|p|scan|screenshot|whatsapp-image)[-_]?\d", re.IGNORECASE)
#: Minimum of hyphens in a headline's slug; the name of a part of the site has fewer.
_HYPHENS_OF_A_HEADLINE = 3
#: Number of a later page after an article's path, and the hyphens from which a path is an article's.
_PART, _HYPHENS_OF_AN_ARTICLE = re.compile(r"[2-9]|[1-9]\d"), 2
# A last part that is a page of a listing: ``/news/2/``, ``/news/page2/``.
_PAGE_OF_A_LIST = re.compile(r"(?:page[-_]?)?\d{1,3}")
# Characters of a path that are not escaped. Reserved ones stay as written: ``%2F`` may differ from ``/``.
_PLAIN = re.compile(r"[A-Za-z0-9/_.~!$&'()*+,;=:@-]*")
_ESCAPED = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
# A path from the root that is an address of the site as written.
_ROOTED = re.compile(r"/(?!/)[A-Za-z0-9/_~-]*")
# In addition to letters, digits, ``-``, ``.`` and ``_``, which :func:`urllib.parse.quote` never escapes.
_UNRESERVED = "~"
# Characters that are not escaped in a path and in a query, as in Scrapy's requests; ``%`` begins an escape.
_UNESCAPED_IN_PATH = "!$%&'()*+,/:;=@~"
_UNESCAPED_IN_QUERY = "!$%&()*+,/:;=?@~"
_FILE = re.compile(r"\.\w{2,5}$")
#: End of a file's name that may be a page, and a name that is a number alone.
_PAGE_FILE, _NUMBER = re.compile(r"\.(?:s?html?|php|aspx?)$"), re.compile(r"\d{4,9}")
#: Scheme and host of a link that needs no joining.
_HOST = re.compile(r"https?://([^/?#\\\s]+)(?:[/?#]|$)")
_DEFAULT_PORT = re.compile(r":(?:80|443)$")
#: Number of a visit, which a Java server adds to each link of a client without cookies.
_SESSION = re.compile(r";jsessionid=[^/;]*", re.IGNORECASE)
_REMEMBERED_LINKS = 20_000
#: Characters of a URL that browsers and crawlers accept; PostgreSQL indexes no text over 2,704 bytes.
LONGEST_ADDRESS = 2083
# A path with one element or pattern of elements three times in a row leads nowhere new: relative links of a broken
# page produce endless paths of this kind.
_REPETITIONS, _LONGEST_PATTERN = 3, 8


def address_problem(url: str, longest: int = LONGEST_ADDRESS) -> str | None:
    """Return why a URL is not followed, as a message, or None: its length, or repeated path elements."""
    if len(url) > longest:
        return f"the address is longer than {longest} characters"
    if repeats_itself(url.partition("?")[0].partition("://")[2].partition("/")[2]):
        return "the address repeats its path elements"
    return None


def is_page_address(url: str) -> bool:
    """Whether ``url`` is an absolute URL that a page can have."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None and parts.port != 0
    except ValueError:
        return False


def repeats_itself(path: str) -> bool:
    """Whether a pattern of path elements is in the path three times in a row: ``/a/a/a/``, ``/a/b/a/b/a/b/``."""
    parts = [part for part in path.split("/") if part]
    if len(set(parts)) > len(parts) - (_REPETITIONS - 1):  # too few of them are equal
        return False
    for length in range(1, min(_LONGEST_PATTERN, len(parts) // _REPETITIONS) + 1):
        equal = 0
        for earlier, part in zip(parts, parts[length:], strict=False):
            equal = equal + 1 if part == earlier else 0
            if equal == length * (_REPETITIONS - 1):
                return True
    return False


@dataclass(frozen=True, slots=True)
class Address:
    """Facts about an article that its URL contains.

    ``path`` is its own path with the final slash, None for a short link; ``article_id`` is None if the path ends in no
    number; ``alias`` marks short links, AMP pages and an article's later pages, whose number is ``part``. ``written``
    is the URL's path if that is not the own path: of an AMP page, without the final slash, with doubled slashes.
    """

    path: str | None
    article_id: int | None
    alias: bool = False
    part: int = 1
    written: str | None = field(default=None, compare=False)

    @property
    def spelling(self) -> str:
        """Path of the URL as written, by which the URLs of one article differ."""
        return self.written or self.path or f"/?p={self.article_id}"

    @property
    def section(self) -> str | None:
        """First part of the own path."""
        return self.path.split("/", 2)[1] if self.path else None

    @property
    def key(self) -> str:
        """Unique key of the article: its number, else its own path."""
        return str(self.path if self.article_id is None else self.article_id)


def article_address(path: str, query: str = "") -> Address | None:
    """Read a URL's path and query; return None if they cannot be an article's.

    A path of two parts may be an article's even without a number; only its page decides. A longer one without a number
    is not: relative links of a broken page would make ever longer ones. Neither is the page of an article's picture,
    below the article's path (``/news/<slug>-<id>/dsc-04521/``, ``/news/<slug>-<id>/attachment/vid-4521/``). Later pages
    of an article are also below it (``/news/<slug>-<id>/2/``), and have its path.
    """
    parts = [part for part in path.split("/") if part]
    if not parts:
        number = parse_qs(query).get("p", [""])[0] if "p=" in query else ""
        return Address(None, int(number), alias=True) if _SHORT_LINK_ID.fullmatch(number) else None
    amp = parts[0] == "amp" or parts[-1] == "amp"
    if amp:
        parts = parts[1:] if parts[0] == "amp" else parts[:-1]
    parts, part = _without_part(parts)
    if len(parts) < 2 or _is_file(path) or _PAGE_OF_A_LIST.fullmatch(parts[-1]):
        return None
    found = _ID_AT_END.search(parts[-1])
    article_id = int(found[1]) if found and not _YEAR_OR_DAY.fullmatch(found[1]) else None
    if parts[-2] in ("page", "attachment") or (article_id is None and (_is_no_section(parts) or len(parts) > 2)):
        return None
    if len(parts) > 2 and (_is_headline(parts[-2]) or _PICTURE.match(parts[-1])):
        return None
    own = f"/{'/'.join(parts)}/"
    return Address(own, article_id, amp or part > 1, part, path if path != own and part == 1 else None)


def may_be_article(path: str) -> bool:
    """Whether a path that is no article's by :func:`article_address` may be one's in a form that is not known.

    Its last part is a headline or a number: ``/sport/boks/<slug>/``, ``/<slug>/``, ``/news/<slug>.html``. Sections,
    tags, files and pictures of an article have other paths.
    """
    parts = [part for part in path.split("/") if part]
    if not parts or _is_no_section(parts) or parts[-2:-1] in (["page"], ["attachment"]):
        return False
    name = _PAGE_FILE.sub("", parts[-1])
    is_below_article = len(parts) > 1 and _is_headline(parts[-2])
    is_number = _NUMBER.fullmatch(name) is not None and not _YEAR_OR_DAY.fullmatch(name)
    is_file = name == parts[-1] and _is_file(path)
    return (_is_headline(name) or is_number) and not (is_below_article or is_file or _PICTURE.match(name))


def _is_no_section(parts: list[str]) -> bool:
    """Whether a path begins as no article's does; headlines may stand under the names of some parts of the site."""
    return parts[0] in NOT_SECTIONS and not (parts[0] in _PAGES_AND_ARTICLES and _is_headline(parts[-1]))


def _is_file(path: str) -> bool:
    """Whether a path is that of a file: a slug may have a dot too, ``cherez-egov.kz/``, with a slash behind."""
    return _FILE.search(path) is not None


def _without_part(parts: list[str]) -> tuple[list[str], int]:
    """Return a path's parts without the number of an article's later page, and the number, else 1."""
    if len(parts) < 2 or not _PART.fullmatch(parts[-1]):
        return parts, 1
    own = parts[:-2] if len(parts) > 2 and parts[-2] == "page" else parts[:-1]
    if not own or (own[-1].count("-") < _HYPHENS_OF_AN_ARTICLE and not _is_headline(own[-1])):
        return parts, 1
    return own, int(parts[-1])


def _is_headline(part: str) -> bool:
    """Whether a part of a path is an article's slug, not the name of a part of the site."""
    found = _ID_AT_END.search(part)
    return part.count("-") >= _HYPHENS_OF_A_HEADLINE or (found is not None and not _YEAR_OR_DAY.fullmatch(found[1]))


def normal_path(path: str) -> str:
    """Return a path in one percent-encoding: only what must be escaped, in UTF-8 with capital hex digits."""
    if _PLAIN.fullmatch(path):
        return path
    path = quote(path, _UNESCAPED_IN_PATH, errors="replace")
    return _ESCAPED.sub(lambda escaped: quote(unquote_to_bytes(escaped[0]), safe=_UNRESERVED), path)


def slug_of(path: str) -> str:
    """Return the last part of an own path in lower case: a server may ignore the case of letters."""
    return path.rsplit("/", 2)[-2].lower()


#: The site has used two transliterations of Russian; their differences are removed before slugs are compared.
_SPELLINGS = str.maketrans({"y": "i", "j": "i", "w": "v", "q": "k", "-": None, "_": None})
_GROUP = {
    **dict.fromkeys(("shch", "shh", "sch"), "s"),
    "kh": "h",
    "zh": "z",
    "jj": "i",
    "ts": "c",
    **dict.fromkeys(("jo", "yo", "eh"), "e"),
    **dict.fromkeys(("ju", "yu", "iu"), "u"),
    **dict.fromkeys(("ja", "ya", "ia"), "a"),
}
_LETTER_GROUPS = re.compile("|".join(_GROUP))
#: Share of equal trigrams in two slugs of one headline, of which one is misspelt or transliterated differently.
_SAME_SLUG = 0.4


def is_same_slug(path: str, other: str) -> bool:
    """Whether the last parts of two paths may come from one headline; a number at the end is ignored."""
    first, second = _trigrams(path), _trigrams(other)
    smaller = min(len(first), len(second))
    return smaller > 0 and len(first & second) >= _SAME_SLUG * smaller


#: A smaller or rounder number at the end of a slug may come from the headline: ``shtraf-vyros-do-100000``.
_SURELY_A_NUMBER, _ROUND = 100_000, 100


def is_same_article(number: int, path: str, other: str) -> bool:
    """Whether two paths with the same number are certainly one article's; if not, only their pages decide."""
    is_its_own = number >= _SURELY_A_NUMBER and number % _ROUND != 0
    return path == other or (is_its_own and is_same_slug(path, other))


def may_be_one(first: Address, second: Address) -> bool:
    """Whether two addresses may be one article's: an old and a new one, or a short link and the article's own."""
    if first.key == second.key:
        return True
    if first.article_id is not None and second.article_id is not None:
        return False
    if first.path is None or second.path is None:
        return True
    if first.article_id is None and second.article_id is None:
        return slug_of(first.path) == slug_of(second.path)
    return is_same_slug(first.path, second.path)


def is_other_article(asked: Address, reached: Address) -> bool:
    """Whether a redirect has led to another article: one with another number and another slug.

    A misspelt path may lead to another slug even without a number.
    """
    if asked.key == reached.key:
        return False
    if asked.path is not None and reached.path is not None and is_same_slug(asked.path, reached.path):
        return False
    has_numbers = asked.article_id is not None and reached.article_id is not None
    is_misspelt = asked.path is not None and asked.spelling != asked.path
    return has_numbers or is_misspelt


def has_moved(path: str | None, number: int | None) -> bool:
    """Whether an article with this number has a path without it, to which older paths lead."""
    return path is not None and number is not None and not path.rstrip("/").endswith(f"-{number}")


def _trigrams(path: str) -> set[str]:
    slug = _ID_AT_END.sub("", path.rstrip("/").rpartition("/")[2].lower())
    letters = _LETTER_GROUPS.sub(lambda group: _GROUP[group[0]], slug).translate(_SPELLINGS)
    return {letters[place : place + 3] for place in range(max(1, len(letters) - 2))}


class Site:
    """The site crawled, by its ``base`` (``https://www.caravan.kz/``).

    The same host with and without ``www.`` is one site, and so are http and https. On a copy of the site,
    links to the real site mean the copy; only the copy is requested.
    """

    def __init__(self, base: str, longest_address: int = LONGEST_ADDRESS) -> None:
        self.base = base
        self.longest_address = longest_address
        self.on_refused: Callable[[str, str], None] | None = None
        """Called with a page's URL and a message, once per page, if a URL on it is not followed."""
        self._page_of_refusal = ""
        bare = urlsplit(base).netloc.lower().removeprefix("www.")
        self.hosts = frozenset({bare, f"www.{bare}"})
        is_original = bare == "caravan.kz" or bare.endswith(".caravan.kz")
        self._names = self.hosts if is_original else self.hosts | PUBLIC_HOSTS
        self._addresses: dict[str, Address | None] = {}
        """Cache of links from the root and whole ones; menus and trending links are on every page."""

    @property
    def is_local(self) -> bool:
        """Whether the site is served from this machine's loopback."""
        host = urlsplit(self.base).hostname or ""
        return host in {"localhost", "::1"} or host.startswith("127.")

    def canonical(self, address: Address) -> str:
        """Return the canonical URL: base and own path, else the short link."""
        if address.path is not None:
            return self.base + address.path.lstrip("/")
        return f"{self.base}?p={address.article_id}"

    def here(self, url: str) -> str:
        """Return the URL on this site that corresponds to ``url`` on another copy."""
        return self.base + path_of(url).lstrip("/")

    def resolve(self, href: str, page_url: str | None = None) -> str | None:
        """Return ``href`` on a page, by default the home page, as an absolute URL of this site; else None.

        ``http``, ``https``, with and without ``www.`` are one site; a fragment is removed. None for other schemes and
        hosts, and if :func:`address_problem` refuses the URL. Invalid characters are escaped as in a browser.
        """
        page_url = page_url or self.base
        url = self._resolved(href, page_url)
        if url is not None and (problem := address_problem(url, self.longest_address)):
            if page_url != self._page_of_refusal and self.on_refused is not None:
                self.on_refused(page_url, problem)
            self._page_of_refusal = page_url
            return None
        return url

    def _resolved(self, href: str, page_url: str) -> str | None:
        href = href.strip()
        if not href or href[0] == "#":
            return None
        is_whole = href.startswith(self.base)
        path = href[len(self.base) - 1 :] if is_whole else href
        if _ROOTED.fullmatch(path) and (is_whole or page_url.startswith(self.base)):
            return self.base + path[1:]  # as most links are; joining takes ten times as long
        host = _HOST.match(href)
        if host and not self._is_name(host[1]):
            return None
        try:
            parts = urlsplit(href if host else urljoin(page_url, href))
            if parts.scheme not in ("http", "https") or not self._is_name(parts.netloc):
                return None
        except ValueError:
            return None
        path = _SESSION.sub("", parts.path).lstrip("/").replace("\\", "/")
        if len(path) > 3 * self.longest_address:  # too long however it is escaped, which would take time
            return self.base + path
        path = normal_path(path)
        query = f"?{quote(parts.query, _UNESCAPED_IN_QUERY, errors='replace')}" if parts.query else ""
        return f"{self.base}{path}{query}"

    def address(self, href: str, page_url: str | None = None) -> Address | None:
        """Return the article's address for ``href`` on a page, by default the home page; or None."""
        if page_url is not None and not page_url.startswith(self.base):
            return self._address(href, page_url)  # a ``base`` element leads elsewhere
        if href in self._addresses:
            return self._addresses[href]
        address = self._address(href, page_url)
        is_whole = href.startswith(("/", "http://", "https://")) and len(href) <= self.longest_address
        # Not cached: a path that repeats itself is refused and counted on each page.
        if is_whole and (address is not None or not repeats_itself(href)):
            if len(self._addresses) >= _REMEMBERED_LINKS:
                self._addresses.clear()
            self._addresses[href] = address
        return address

    def _address(self, href: str, page_url: str | None) -> Address | None:
        url = self.resolve(href, page_url)
        if url is None:
            return None
        path, _, query = url[len(self.base) - 1 :].partition("?")
        return article_address(path, query)

    def is_host(self, netloc: str) -> bool:
        """Whether ``netloc`` is the crawled site itself, not another name of it in links."""
        netloc = netloc.lower()
        return netloc in self.hosts or _DEFAULT_PORT.sub("", netloc) in self.hosts

    def _is_name(self, netloc: str) -> bool:
        netloc = netloc.lower()
        if not netloc.isascii():  # a site at a Cyrillic name links to itself by it
            host, colon, port = netloc.partition(":")
            try:
                netloc = f"{host.encode('idna').decode()}{colon}{port}"
            except UnicodeError:
                return False
        return netloc in self._names or _DEFAULT_PORT.sub("", netloc) in self._names


def path_of(url: str) -> str:
    """Return path and query of a URL; they are the same on every copy of the site."""
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")
