"""Downloader middlewares: robots.txt by RFC 9309, off-site requests, false content encodings, the site's identity."""

import codecs
from http import HTTPStatus
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.exceptions import IgnoreRequest, NotConfigured
from scrapy.http import Response

from caravan_crawler.failures import end_run, error_words
from caravan_crawler.outcome import IDENTITY_STAT, OTHER_SITE_STAT
from caravan_crawler.spiders.base import header
from caravan_crawler.store import origin
from caravan_crawler.store.store import Store
from caravan_crawler.urls import Site, address_problem


class RobotsUnreadError(Exception):
    """A request was not sent, as robots.txt could not be read: nothing may be asked then."""


class RobotsTxtGuard:
    """RFC 9309, 2.3.1: without robots.txt (4xx) everything may be asked, with an unreadable one nothing.

    Scrapy's own middleware, which must come before this one, reads the body of any answer as rules, that of an
    error page among them, and takes an unreachable robots.txt for permission.
    """

    def __init__(self, crawler: Crawler) -> None:
        if not crawler.settings.getbool("ROBOTSTXT_OBEY"):
            raise NotConfigured
        self._sound: set[str] = set()
        self._problems: dict[str, str] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "RobotsTxtGuard":
        """Scrapy's constructor."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Refuse whatever is asked of a host whose robots.txt gave no sound answer."""
        host = urlsplit(request.url).netloc
        if not _is_robots(request) and host not in self._sound:
            # What Scrapy's own middlewares raise about a response never comes to this one.
            problem = self._problems.get(host, "it redirects without end, or its body is broken")
            raise RobotsUnreadError(f"robots.txt could not be read ({problem}), so nothing may be asked")

    def process_response(self, request: Request, response: Response) -> Response:
        """Note an answer of robots.txt, which after its retries is the last one."""
        if not _is_robots(request):
            return response
        status = response.status
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            self._sound.add(_host(request))
            return response
        # Who answers "too many requests" has not said that there are no rules.
        is_absent = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
        if not is_absent or status == HTTPStatus.TOO_MANY_REQUESTS:
            self._problems[_host(request)] = f"HTTP {status}"
            raise IgnoreRequest("robots.txt could not be read")
        self._sound.add(_host(request))
        return response.replace(body=b"")

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Note that robots.txt could not be fetched; IgnoreRequest spares the log a second line about it."""
        if _is_robots(request):
            self._problems[_host(request)] = error_words(exception)
            raise IgnoreRequest("robots.txt could not be read") from exception


def _is_robots(request: Request) -> bool:
    """Whether Scrapy's middleware made this request: it alone sets this."""
    return bool(request.meta.get("dont_obey_robotstxt"))


def _host(request: Request) -> str:
    """Return the host and port robots.txt was first asked of, before any redirect."""
    asked: list[str] = request.meta.get("redirect_urls") or [request.url]
    return urlsplit(asked[0]).netloc


class OffsiteMiddleware:
    """Refuses requests to other hosts and ports and to addresses without end, those of redirects among them.

    Scrapy's own middleware would let subdomains and other ports pass.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "OffsiteMiddleware":
        """Scrapy's constructor."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Let the request pass or refuse it."""
        site: Site | None = getattr(self._crawler.spider, "site", None)
        if site is None:  # `scrapy shell` and others have a spider of their own, and the user says where it goes
            return
        parts = urlsplit(request.url)
        if parts.scheme not in ("http", "https") or not site.is_host(parts.netloc):
            raise IgnoreRequest(f"offsite: {parts.netloc}")
        if problem := address_problem(request.url, site.longest_address):
            raise IgnoreRequest(problem)


#: So many bytes show whether a body is plain.
_LOOKED_AT = 1024
#: No page is without these; packed bytes are seldom without others.
_CONTROLS = bytes(sorted(set(range(0x20)) - set(b"\t\n\f\r")))
#: So many bytes of UTF-8, or of any charset, are no accident of packing.
_SHORTEST_UTF8, _SHORTEST_OTHER = 16, 256


class Unpacking(HttpCompressionMiddleware):
    """Scrapy's middleware, which passes on a plain body under a false ``Content-Encoding``, as a browser shows it.

    Scrapy raises an error there, so that a page is lost, or with robots.txt the whole site. A body that is packed and
    damaged is still an error.
    """

    @staticmethod
    def _decode(body: bytes, encoding: bytes, max_size: int) -> bytes:
        return body if is_plain(body) else HttpCompressionMiddleware._decode(body, encoding, max_size)


def is_plain(body: bytes) -> bool:
    """Whether the body is text, and not packed: without control characters, and long enough for that to mean something.

    Each of the packings has a header or a stream of bits, in which all bytes occur.
    """
    start = body[:_LOOKED_AT]
    if start.translate(None, _CONTROLS) != start:
        return False
    if len(body) >= _SHORTEST_OTHER:
        return True
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return False
    return len(body) >= _SHORTEST_UTF8


#: A sample site names itself by its seed, generation and number of articles; other sites send no such header.
HEADER = "X-Sample-Site"
_LONGEST = 200
_BAD = 400


class SiteIdentity:
    """Downloader middleware that ends a run whose site is another one than that of the store.

    The first response of all, which is that for robots.txt, tells who the site is, and the store notes it. A run that
    meets another name, or where there should be one none, stores nothing.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._held: str | None = None
        self._is_known = False

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "SiteIdentity":
        """Scrapy's constructor."""
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Response:
        """Let the response pass, or end the run."""
        store: Store | None = getattr(getattr(self._crawler.spider, "article_store", None), "store", None)
        if store is None:
            return response
        said = (header(response, HEADER) or "")[:_LONGEST]
        # A page without the name may be of a proxy that stands before the site, unless it is the first good one.
        if not said and (self._is_known or response.status >= _BAD):
            return response
        if self._held is None:
            self._held = origin.identity(store.rows)
        if self._held is None:
            store.execute_all(*origin.note_identity(said))
            self._held = said
        self._is_known = True
        if said:
            self._crawler.stats.set_value(IDENTITY_STAT, said)
        if problem := origin.identity_problem(self._held, said):
            self._crawler.stats.set_value(OTHER_SITE_STAT, f"{store.name} holds {problem}")
            end_run(self._crawler, "other_site")
            raise IgnoreRequest("the site is another one than that of the store")
        return response
