"""Downloader middlewares: robots.txt by RFC 9309, origin, proxies, conditions, false encodings, the identity."""

import codecs
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares import httpcompression, httpproxy, robotstxt
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.robotstxt import RobotParser
from scrapy.utils.httpobj import urlparse_cached

from caravan_crawler.addons import CrawlerComponent
from caravan_crawler.downloadhandlers import header
from caravan_crawler.extensions.crawl_store import CrawlStore
from caravan_crawler.failures import (
    PERMANENT,
    RefusedError,
    RobotsUnreadError,
    RunEndsError,
    end_run,
    error_message,
    is_unanswered,
)
from caravan_crawler.outcome import IDENTITY_STAT, OTHER_SITE_STAT
from caravan_crawler.pages.encoding import utf_16_as_utf_8
from caravan_crawler.store.store import IDENTITY, identity_problem, site_identity
from caravan_crawler.urls import Site, address_problem, path_of


class RobotsTxtMiddleware(robotstxt.RobotsTxtMiddleware):
    """RFC 9309, 2.3.1: without robots.txt (4xx) everything is allowed, with an unreachable one nothing.

    Scrapy's middleware parses any body as rules, even an error page's, and allows everything if robots.txt is
    unreachable.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._errors: dict[str, Exception] = {}

    def process_request_2(self, rp: RobotParser | None, request: Request) -> None:
        """Refuse requests to a host whose robots.txt had no valid response."""
        netloc = urlparse_cached(request).netloc
        error = self._errors.get(netloc)
        if isinstance(error, RunEndsError):  # neither robots.txt nor the page was requested
            raise RunEndsError(str(error))
        if error is not None:
            problem = error_message(error)
            raise RobotsUnreadError(f"robots.txt could not be read ({problem}), so nothing may be requested")
        # Scrapy gives the rules only to the first two of several requests that wait for them.
        rules = self._parsers[netloc]
        assert isinstance(rules, RobotParser)
        super().process_request_2(rules, request)

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        kind = response.status // 100
        # 429 does not mean that there are no rules.
        if kind not in (2, 4) or response.status == HTTPStatus.TOO_MANY_REQUESTS:
            raise IgnoreRequest(f"HTTP {response.status}")
        rules = response.body if kind == 2 else b""
        if (decoded := utf_16_as_utf_8(rules, None)) is not None:  # Scrapy reads UTF-8 only; some editors save UTF-16
            rules = decoded
        await super()._parse_robots(response.replace(body=rules), netloc, request)

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        self._errors[netloc] = exc
        super()._robots_error(exc, netloc)


class OffsiteMiddleware(CrawlerComponent):
    """Refuse requests, redirects included, to other hosts or ports and to overlong URLs.

    Scrapy's own middleware allows subdomains and other ports.
    """

    def process_request(self, request: Request) -> None:
        """Refuse a request to another host or port, or with an overlong URL."""
        site: Site | None = getattr(self.crawler.spider, "site", None)
        if site is None:  # `scrapy shell` and others use another spider, with URLs from the user
            return
        parts = urlsplit(request.url)
        if parts.scheme not in ("http", "https") or not site.is_host(parts.netloc):
            raise RefusedError("offsite", f"offsite: {parts.netloc}")
        if problem := address_problem(request.url, site.longest_address):
            raise RefusedError("address", problem)


class OriginMiddleware(CrawlerComponent):
    """Request pages where the site redirects all of them for good: with or without ``www.``, by https.

    Else each page would be two requests, the second one without conditions. The first such redirect shows the origin;
    if a redirect leads away from it, pages are requested as named again.
    """

    _there: str | None = None
    _is_settled = False

    def process_request(self, request: Request) -> Request | None:
        """Return the request at the site's origin; None if it is there, is redirected, or no redirect was seen."""
        origin = _origin(request.url)
        if earlier := request.meta.get("redirect_urls"):
            self._learn(_origin(earlier[-1]), origin, path_of(earlier[-1]) == path_of(request.url), request.meta)
            return None
        site: Site | None = getattr(self.crawler.spider, "site", None)
        if self._there in (None, origin) or site is None or not site.is_host(urlparse_cached(request).netloc):
            return None
        meta = {**request.meta, "redirect_urls": [request.url], "redirect_reasons": [PERMANENT[0]]}
        return request.replace(url=f"{self._there}{path_of(request.url)}", meta=meta, dont_filter=True)

    def _learn(self, before: str, origin: str, is_same_page: bool, meta: dict[str, Any]) -> None:
        """Note where a redirect has led from the origin ``before``."""
        if self._is_settled:
            self._there = None if before == self._there != origin else self._there
        elif before != origin and is_same_page and meta.get("redirect_reasons", [None])[-1] in PERMANENT:
            self._there, self._is_settled = origin, True


def _origin(url: str) -> str:
    """Return scheme and host of a URL: ``https://caravan.kz``."""
    return url.removesuffix(path_of(url))


class HttpProxyMiddleware(httpproxy.HttpProxyMiddleware):
    """Scrapy's middleware, but a site on loopback is asked without the proxy, and a failure names the proxy."""

    def process_request(self, request: Request) -> None:  # type: ignore[override]  # no deprecated spider
        """Set the proxy of the environment (``http_proxy``), unless the site is on loopback."""
        if "proxy" in request.meta or not Site(request.url).is_local:
            super().process_request(request)

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Add the proxy, without user and password, to the message of a request without a response."""
        if (proxy := request.meta.get("proxy")) and is_unanswered(type(exception).__name__):
            exception.add_note(f"through the proxy {proxy}")


#: Headers of a conditional request, and responses of servers that refuse the condition, not the page.
_CONDITIONS = ("If-None-Match", "If-Modified-Since")
_REFUSALS = frozenset([400, 412, 428, 500, 501])


class ConditionsMiddleware:
    """Ask without conditions where a server refuses them, and where it redirects: they are of the old URL's page."""

    def process_request(self, request: Request) -> None:
        """Remove the conditions of a redirected request."""
        if "redirect_times" in request.meta:
            for name in _CONDITIONS:
                request.headers.pop(name, None)

    def process_response(self, request: Request, response: Response) -> Request | Response:
        """Return the request without its conditions if they may be the reason of the error; else the response."""
        has_conditions = any(name in request.headers for name in _CONDITIONS)
        if not has_conditions or response.status not in _REFUSALS:
            return response
        plain = request.replace(dont_filter=True)
        for name in _CONDITIONS:
            plain.headers.pop(name, None)
        return plain


#: Bytes checked to decide whether a body is plain text.
_LOOKED_AT = 1024
#: Control characters that text does not contain, but compressed data nearly always does.
_CONTROLS = bytes(sorted(set(range(0x20)) - set(b"\t\n\f\r")))
#: Shortest body, in bytes, recognised as plain text: in UTF-8, and in any other charset.
_SHORTEST_UTF8, _SHORTEST_OTHER = 16, 256


class HttpCompressionMiddleware(httpcompression.HttpCompressionMiddleware):
    """Scrapy's middleware, but it accepts a plain body with a false ``Content-Encoding``, as browsers do.

    Scrapy raises an error, which loses the page, or for robots.txt the whole site. A damaged compressed body is
    still an error.
    """

    @staticmethod
    def _decode(body: bytes, encoding: bytes, max_size: int) -> bytes:
        return body if is_plain(body) else httpcompression.HttpCompressionMiddleware._decode(body, encoding, max_size)


def is_plain(body: bytes) -> bool:
    """Whether the body is plain text: no control characters, and long enough to exclude chance.

    Compressed data contains all byte values.
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


class SiteIdentity(CrawlerComponent):
    """Downloader middleware that ends the run if the site is not the store's.

    The first response, for robots.txt, identifies the site, and the store records it. A run that receives another
    identity, or none where one is expected, stores nothing.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._store = CrawlStore.used_by(crawler).store
        self._held: str | None = None
        """The store's identity, once a response has been compared with it."""

    def process_response(self, request: Request, response: Response) -> Response:
        """Let the response pass, or end the run."""
        said = (header(response, HEADER) or "")[:_LONGEST]
        # A response without the header may be a proxy's, unless it is the first good one.
        if not said and (self._held is not None or response.status >= _BAD):
            return response
        if self._held is None:
            self._held = site_identity(self._store.rows)
        if self._held is None:
            self._store.note(IDENTITY, said)
            self._held = said
        if said:
            self._crawler.stats.set_value(IDENTITY_STAT, said)
        if problem := identity_problem(self._held, said):
            self._crawler.stats.set_value(OTHER_SITE_STAT, f"{self._store.name} holds {problem}")
            end_run(self._crawler, "other_site")
            raise IgnoreRequest("the site is another one than that of the store")
        return response
