"""The polite download handler: pauses, bounded headers, and a resolver of names."""

import asyncio
import logging
import random
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from http import HTTPStatus
from ipaddress import IPv4Address, IPv4Network
from time import monotonic
from typing import Any

from scrapy import Request, signals
from scrapy.core.downloader import Slot
from scrapy.core.downloader.handlers import http11
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler
from scrapy.exceptions import CannotResolveHostError
from scrapy.extensions.throttle import AutoThrottle
from scrapy.http import Response
from scrapy.resolver import CachingThreadedResolver
from scrapy.utils.asyncio import create_looping_call
from scrapy.utils.httpobj import urlparse_cached
from twisted.internet.abstract import isIPv6Address
from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import DNSLookupError
from twisted.web.iweb import IResponse

from caravan_crawler.addons import CrawlerComponent
from caravan_crawler.failures import HeadersTooLargeError, end_run, is_ending, is_unanswered, raise_if_ending
from caravan_crawler.normalise.text import encodable
from caravan_crawler.outcome import CRAWL_DELAY_STAT, RETRY_AFTER_STAT

logger = logging.getLogger(__name__)
#: The longest pause, as a multiple of the first.
_MOST = 30


class Backoff:
    """Exponential back-off; ``start`` is the longest first pause in seconds.

    The jitter keeps several crawlers from retrying at the same moment.
    """

    def __init__(self, start: float) -> None:
        self._start = start
        self._bad = 0

    def bad(self) -> float:
        """Count a bad response; return the seconds to wait: start * 2^(n-1) * (0.5 to 1), at most 30 * start."""
        self._bad += 1
        # The exponent is capped too, as 2.0 ** 1024 overflows.
        longest = self._start * 2.0 ** min(self._bad - 1, _MOST)
        return min(longest * random.uniform(0.5, 1), _MOST * self._start)  # noqa: S311 (no secret)

    def good(self) -> None:
        """Reset the count after a good response."""
        self._bad = 0


#: Cap on Retry-After in seconds (366 days), so that any number can be computed with.
_LONGEST = 366 * 86_400.0


def retry_after(response: Response) -> float | None:
    """Return the seconds of ``Retry-After``, or None if it is absent, invalid or in the past.

    A date is compared with the response's own Date, in case the server's clock is wrong.
    """
    value = (header(response, "Retry-After") or "").strip()
    if value.isascii() and value.isdigit():
        seconds = float(value)
    else:
        moment = _moment(value)
        sent = _moment(header(response, "Date") or "") or datetime.now(UTC)
        seconds = (moment - sent).total_seconds() if moment else 0.0
    return min(seconds, _LONGEST) if seconds > 0 else None


def _moment(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


#: Interim responses (1xx) allowed before the final one; Twisted logs each.
_MOST_INTERIM = 10


class _BoundedParser(http11._LenientHTTPClientParser):
    longest: int
    header_bytes = 0
    interim = 0

    def lineReceived(self, line: bytes) -> None:  # noqa: N802 (Twisted's name)
        self.header_bytes += len(line) + len(self.delimiter)
        if self.header_bytes > self.longest:
            raise self._too_large()
        super().lineReceived(line)

    def lineLengthExceeded(self, line: bytes) -> None:  # noqa: N802 (Twisted's name)
        raise self._too_large()

    def allHeadersReceived(self) -> None:  # noqa: N802 (Twisted's name)
        self.interim += self.response.code < 200
        if self.interim > _MOST_INTERIM:
            raise HeadersTooLargeError(f"more than {_MOST_INTERIM} interim responses came before the response")
        super().allHeadersReceived()  # type: ignore[no-untyped-call]

    def _too_large(self) -> HeadersTooLargeError:
        return HeadersTooLargeError(f"the headers are larger than DOWNLOAD_MAX_HEADER_BYTES ({self.longest})")


class _BoundedProtocol(http11._LenientHTTP11ClientProtocol):
    longest: int

    def request(self, request: Any) -> "Deferred[IResponse]":
        response = super().request(request)
        parser: Any = self._parser
        # Twisted hard-codes the parser's class; Scrapy replaces it in the same way.
        parser.__class__ = _BoundedParser
        parser.longest = parser.MAX_LENGTH = self.longest
        return response


class _BoundedFactory(http11._LenientHTTP11ClientFactory):
    def __init__(self, longest: int, *args: Any) -> None:
        super().__init__(*args)  # type: ignore[no-untyped-call]
        self._longest = longest

    def buildProtocol(self, addr: Any) -> _BoundedProtocol:  # noqa: N802 (Twisted's name)
        protocol = _BoundedProtocol(self._quiescentCallback)  # type: ignore[no-untyped-call]
        protocol.longest = self._longest
        return protocol


def headers_problem(error: BaseException) -> HeadersTooLargeError | None:
    """Return the HeadersTooLargeError that caused a failed download, or None."""
    reasons = getattr(error.__cause__, "reasons", None) or ()
    values = (getattr(reason, "value", reason) for reason in reasons)
    return next((value for value in values if isinstance(value, HeadersTooLargeError)), None)


#: Seconds between two checks, while a request waits, whether the run ends.
POLL_INTERVAL = 0.2
#: Statuses with which Retry-After asks for a pause; with a redirect it has another meaning.
_BUSY = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


class Throttle(CrawlerComponent):
    """Pauses between requests; an extension, so that all download handlers share one.

    The handler awaits :meth:`wait` before it sends a request, and calls :meth:`answered` or :meth:`unanswered`
    after it, before the downloader takes the next one.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._longest = crawler.settings.getfloat("RETRY_AFTER_MAX")
        self._backoff = Backoff(crawler.settings.getfloat("BACKOFF_START"))
        self._until = 0.0
        self._lock = asyncio.Lock()

    def seconds_left(self) -> float:
        """Return the seconds left of the pause; 0 or less if there is none."""
        return self._until - monotonic()

    async def wait(self, request: Request) -> None:
        """Wait until ``request`` may be sent; raise :class:`RunEndsError` if the run ends first.

        Waiting requests are sent one by one, with the download delay between them.
        """
        raise_if_ending(self._crawler)
        if self.seconds_left() <= 0 and not self._lock.locked():
            return
        slot = self._slot(request)
        async with self._lock:
            wait = max(self.seconds_left(), slot.delay if slot else 0.0)
            while wait > 0:
                await asyncio.sleep(min(wait, POLL_INTERVAL))
                raise_if_ending(self._crawler)
                wait = max(wait - POLL_INTERVAL, self.seconds_left())
        if slot is not None:
            slot.lastseen = monotonic()  # the delay to the next request counts from now

    def answered(self, response: Response) -> None:
        """Register a response: 429 and 5xx are bad, all others good."""
        if response.status < HTTPStatus.INTERNAL_SERVER_ERROR and response.status != HTTPStatus.TOO_MANY_REQUESTS:
            self._backoff.good()
            return
        pause = self._backoff.bad()
        asked = retry_after(response) if response.status in _BUSY else None
        if asked is None:
            self._pause(pause, "backoff")
        elif asked <= self._longest:
            logger.info("The site asks for a pause of %.0f seconds (HTTP %d)", asked, response.status)
            self._pause(asked, "retry_after")
        elif not is_ending(self._crawler):
            logger.error("The site asks for a pause of %.0f seconds, so the run ends", asked)
            self._crawler.stats.set_value(RETRY_AFTER_STAT, round(asked))
            end_run(self._crawler, "retry_after")

    def unanswered(self) -> None:
        """Register a failed or timed-out connection."""
        self._pause(self._backoff.bad(), "backoff")

    def _pause(self, seconds: float, reason: str) -> None:
        self._crawler.stats.inc_value(f"caravan/pauses/{reason}")
        self._until = max(self._until, monotonic() + seconds)

    def _slot(self, request: Request) -> Slot | None:
        downloader = self._crawler.engine.downloader
        return downloader.slots.get(downloader.get_slot_key(request))


_RECEIVED_AT = "received_at"


class PoliteDownloadHandler(HTTP11DownloadHandler):
    """Download handler that waits for the throttle, and reports each result to it."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        longest = crawler.settings.getint("DOWNLOAD_MAX_HEADER_BYTES")
        self._pool._factory = partial(_BoundedFactory, longest)  # type: ignore[assignment]
        # `scrapy inspect` runs without extensions, and sends few requests.
        self._throttle = crawler.get_extension(Throttle) or Throttle(crawler)

    async def download_request(self, request: Request) -> Response:
        """Return the response; raise Scrapy's download errors, HeadersTooLargeError or RunEndsError."""
        await self._throttle.wait(request)
        try:
            response = await super().download_request(request)
        except CannotResolveHostError as error:
            self._throttle.unanswered()
            # Twisted drops the resolver's message.
            refusal = refusals.get(urlparse_cached(request).hostname or "")
            raise CannotResolveHostError(refusal or str(error)) from error
        except Exception as error:
            if is_unanswered(type(error).__name__):
                self._throttle.unanswered()
            if problem := headers_problem(error):
                raise problem from error  # no retry: the server would send such headers again
            raise
        self._throttle.answered(response)
        request.meta[_RECEIVED_AT] = datetime.now(UTC)
        return response


def header(response: Response, name: str) -> str | None:
    """Return a response header as text that can be stored, or None."""
    value = response.headers.get(name)
    return encodable(value.decode("latin-1")) if value else None


def received_at(answered: Request | Response) -> datetime:
    """Return when a response, or a request's response, was received, in UTC; an archive stores the same time.

    For a response not from the network, such as one from Scrapy's cache, this is now.
    """
    return answered.meta.get(_RECEIVED_AT) or datetime.now(UTC)


#: Seconds from which the delay is logged as a warning: 100 requests then take hours.
_LONG = 60


class CrawlDelay(CrawlerComponent):
    """Obey robots.txt's Crawl-delay if longer than the delay set; above ``CRAWL_DELAY_MAX`` the run ends."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self._polling = create_looping_call(self._let_go)
        crawler.signals.connect(self.robots_parsed, signals.robots_parsed)
        crawler.signals.connect(self.engine_stopped, signals.engine_stopped)

    def robots_parsed(self, robotparser: Any, request: Request) -> None:
        """Set the delay of the host's slot, and its concurrency to 1."""
        settings = self.crawler.settings
        if not self._polling.running:
            self._polling.start(POLL_INTERVAL, now=False)
        delay = robotparser.crawl_delay(settings["ROBOTSTXT_USER_AGENT"] or settings["USER_AGENT"])
        if not delay or not delay > settings.getfloat("DOWNLOAD_DELAY"):  # it may be NaN
            return
        if delay > settings.getfloat("CRAWL_DELAY_MAX"):
            logger.error("robots.txt asks for %s seconds between requests, so the run ends", delay)
            self.crawler.stats.set_value(CRAWL_DELAY_STAT, delay)
            end_run(self.crawler, "crawl_delay")
            return
        downloader = self.crawler.engine.downloader
        key = downloader.get_slot_key(request)
        # Scrapy drops an unused slot after a minute, and creates the next one from these settings.
        downloader.per_slot_settings[key] = {"delay": float(delay), "concurrency": 1, "jitter": 0.0}
        if slot := downloader.slots.get(key):
            slot.delay, slot.concurrency, slot.jitter = max(slot.delay, float(delay)), 1, 0.0
        if throttle := self.crawler.get_extension(AutoThrottle):
            throttle.mindelay = max(throttle.mindelay, delay)
            throttle.maxdelay = max(throttle.maxdelay, delay)
        if delay < _LONG:
            logger.info("robots.txt asks for %s seconds between requests", delay)
        else:
            message = "robots.txt asks for %s seconds between requests, which is obeyed: 100 requests take %.1f hours"
            logger.warning(message, delay, 100 * delay / 3600)

    def engine_stopped(self) -> None:
        """Stop the looping call."""
        if self._polling.running:
            self._polling.stop()

    def _let_go(self) -> None:
        """Release delayed requests when the run ends, as Scrapy waits for them; the handler sends nothing."""
        if not is_ending(self.crawler):
            return
        downloader = self.crawler.engine.downloader
        for slot in downloader.slots.values():
            slot.delay = 0.0
            if slot.latercall:
                slot.latercall.cancel()
                slot.latercall = None
                downloader._process_queue(slot)


_PUBLIC_DOMAIN = "caravan.kz"

#: Networks without public hosts, from IANA's special-purpose registry, that ``is_global`` of a Python from 3.11 on does
#: not know.
_SPECIAL = [
    IPv4Network(network)
    for network in "192.0.0.0/24 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.175.48.0/24 224.0.0.0/4".split()
]

#: Refused names and reasons in this process, as a resolver's error message does not reach the caller.
refusals: dict[str, str] = {}


class PublicResolver(CachingThreadedResolver):
    """Scrapy's resolver of IPv4 addresses, which accepts only public ones for names under caravan.kz.

    Otherwise a forged DNS answer could make the crawler read a service of its own network. Other sites that the user
    requests, such as ``http://intranet/``, may have any address.
    """

    def getHostByName(self, name: str, timeout: Sequence[int] = ()) -> "Deferred[str]":  # noqa: N802 (Twisted's name)
        """Return the IPv4 address of ``name``; fail with DNSLookupError if there is none or it is refused.

        A literal IPv6 address (``http://[::1]:8000/``) is its own.
        """
        if isIPv6Address(name):
            return succeed(name)
        found = super().getHostByName(name, timeout)
        return found.addCallback(_checked, name) if is_public_name(name) else found


def is_public_name(name: str) -> bool:
    """Whether ``name`` is the public site's or one under it."""
    name = name.lower().rstrip(".")
    return name == _PUBLIC_DOMAIN or name.endswith("." + _PUBLIC_DOMAIN)


def is_public_address(address: str) -> bool:
    """Whether an IPv4 address is a host's on the internet: not private, loopback, link-local, multicast or reserved."""
    ip = IPv4Address(address)
    return ip.is_global and not any(ip in network for network in _SPECIAL)


def _checked(address: str, name: str) -> str:
    if is_public_address(address):
        return address
    refusal = f"{name} leads to {address}, which is no public address"
    refusals[name.lower()] = refusal
    raise DNSLookupError(refusal)
