"""The spider of an inspection: one request after the other, each chosen by what the ones before have shown.

It is started by ``scrapy inspect --site`` only and is no spider of the project's list.
"""

import signal
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import Any, ClassVar

from protego import Protego
from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.settings import BaseSettings
from twisted.python.failure import Failure

from caravan_crawler.inspection.choice import Choice
from caravan_crawler.inspection.facts import Answer, Asked, Facts, Inspection, Role
from caravan_crawler.inspection.oddities import FORBIDDEN
from caravan_crawler.inspection.reading import FactReader
from caravan_crawler.outcome import CRAWL_DELAY_STAT, RETRY_AFTER_STAT
from caravan_crawler.pages.bounds import Bounds
from caravan_crawler.reparse.reader import value_pipelines
from caravan_crawler.site import Site
from caravan_crawler.visit import failures
from caravan_crawler.visit.ending import RunEndsError
from caravan_crawler.visit.handler import received_at
from caravan_crawler.visit.robots import RobotsUnreadError
from caravan_crawler.visit.visitor import header

#: On this machine's loopback nobody is disturbed, unless robots.txt or the user asks for a delay.
_LOCAL_MANNERS: dict[str, Any] = {"DOWNLOAD_DELAY": 0, "AUTOTHROTTLE_ENABLED": False, "BACKOFF_START": 0.02}
#: Requests in a row without an answer, each after its retries, after which the site counts as unreachable.
_MOST_UNANSWERED = 3
_LIMIT_REACHED = "the limit of requests is reached"
_PAGES = (Role.HOME, Role.LISTING, Role.ARTICLE)

#: Called with each answer, what was read on it, and what is known so far.
OnFacts = Callable[[Answer, Facts, Inspection], None]


class InspectionSpider(Spider):
    """Asks a site for at most ``most`` pages, robots.txt, redirects and retries among them."""

    name = "inspect_site"
    _reader: FactReader
    # Robots, delay, back-off, retries and limits are those of a crawl; its store, feeds and verdict are not needed.
    custom_settings: ClassVar[dict[str, Any]] = {  # type: ignore[misc]
        "ARCHIVE": False,
        "CONCURRENT_REQUESTS": 1,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
        "DUPEFILTER_CLASS": "scrapy.dupefilters.BaseDupeFilter",
        "EXTENSIONS": {
            "caravan_crawler.visit.patience.Patience": 0,
            "caravan_crawler.visit.crawl_delay.CrawlDelay": 0,
        },
        "FEEDS": {},
        "HTTPERROR_ALLOW_ALL": True,  # an error page is a finding
    }

    def __init__(self, base: str, most: int, on_facts: OnFacts, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.site = Site(base)
        self.inspection = Inspection(base, datetime.now(UTC))
        self.most = most
        self.signal = 0
        self._on_facts = on_facts
        self._unanswered = 0
        self._pages = Choice(self.site, self.inspection, most, lambda: self.inspection.requests).pages()

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> "InspectionSpider":
        """Scrapy's constructor."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        if spider.site.is_local:
            crawler.settings.setdict(_LOCAL_MANNERS, priority="spider")
        spider._reader = FactReader(spider.site, value_pipelines(crawler.settings), Bounds.of(crawler.settings))
        crawler.signals.connect(spider.on_robots, signals.robots_parsed)
        crawler.signals.connect(spider.on_engine_started, signals.engine_started)
        return spider

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """Add what counts the requests: behind the refusals of robots.txt and other hosts, which send nothing."""
        super().update_settings(settings)
        middlewares = {**settings["DOWNLOADER_MIDDLEWARES"], f"{__name__}.{RequestLimit.__name__}": 120}
        # As a whole: a process puts its own settings over the parts of a crawler's.
        settings.set("DOWNLOADER_MIDDLEWARES", middlewares, priority="spider")

    async def start(self) -> AsyncIterator[Any]:
        """Begin; robots.txt is asked for by Scrapy's middleware before the first page."""
        for request in self._next():
            yield request

    def parse(self, response: Response, **kwargs: Any) -> Iterator[Request]:
        """Read a page in HTML; the browser shows what this method reads."""
        return self._take(self._answer(response, kwargs["asked"]))

    def parse_source(self, response: Response, asked: Asked) -> Iterator[Request]:
        """Read a feed or a sitemap."""
        return self._take(self._answer(response, asked))

    def failed(self, failure: Failure) -> Iterator[Request]:
        """Note why nothing came, and go on where that makes sense."""
        request: Request = failure.request  # type: ignore[attr-defined]
        reason = failures.reason(failure)
        if reason == RunEndsError.__name__:
            return  # closed() says why
        words = FORBIDDEN if reason == "robots" else failures.words(failure)
        if words == _LIMIT_REACHED:
            return
        if reason == RobotsUnreadError.__name__:
            self.inspection.robots.problem = words
            return  # nothing may be asked
        asked = request.cb_kwargs["asked"]
        if reason == "robots" and asked.url == self.site.base:
            self.inspection.robots.allows_home = False
        self._unanswered = 0 if failures.is_answer(failure) else self._unanswered + 1
        answer = Answer(asked, request.url, datetime.now(UTC), problem=words)
        yield from self._take(answer)

    def closed(self, reason: str) -> None:
        """Note why the inspection ended before its time, when Scrapy closes the spider."""
        if pause := self.crawler.stats.get_value(RETRY_AFTER_STAT):
            self.inspection.ended = f"the site asks to be left alone for {pause} seconds"
        elif delay := self.crawler.stats.get_value(CRAWL_DELAY_STAT):
            self.inspection.ended = f"robots.txt asks for {delay:g} seconds between requests"
        elif reason != "finished":
            self.inspection.ended = f"the inspection was ended: {reason}"

    def on_engine_started(self) -> None:
        """Note which signal stops the inspection, and leave the stopping to Scrapy."""
        for number in (signal.SIGINT, signal.SIGTERM):
            handler: Any = signal.getsignal(number)
            if callable(handler):
                signal.signal(number, partial(self._note_signal, handler))

    def _note_signal(self, handler: Callable[[int, Any], Any], number: int, frame: Any) -> None:
        self.signal = number
        handler(number, frame)

    def on_robots(self, robotparser: Any, request: Request) -> None:
        """Take what robots.txt allows and names."""
        robots, settings = self.inspection.robots, self.settings
        agent = settings["ROBOTSTXT_USER_AGENT"] or settings["USER_AGENT"]
        robots.allows_home = bool(robotparser.allowed(self.site.base, agent))
        robots.crawl_delay = robotparser.crawl_delay(agent)
        rules = getattr(robotparser, "rp", None)
        if isinstance(rules, Protego):
            robots.sitemaps = list(dict.fromkeys(rules.sitemaps))

    def on_robots_answer(self, request: Request, response: Response) -> None:
        """Take the answer of robots.txt itself."""
        self.inspection.robots.status = response.status
        asked = Asked(request.url, Role.ROBOTS)
        answer = Answer(asked, response.url, datetime.now(UTC), response.status, response.body)
        self._on_facts(answer, Facts(asked, response.url, response.status, "robots"), self.inspection)

    def _answer(self, response: Response, asked: Asked) -> Answer:
        self._unanswered = 0
        is_challenged = header(response, "cf-mitigated") == "challenge"
        return Answer(
            asked,
            response.url,
            received_at(response),
            response.status,
            response.body,
            header(response, "Content-Type") or "",
            is_challenged,
        )

    def _take(self, answer: Answer) -> Iterator[Request]:
        facts = self._reader.read(answer)
        self.inspection.facts.append(facts)
        self._on_facts(answer, facts, self.inspection)
        if self._unanswered >= _MOST_UNANSWERED:
            self.inspection.ended = f"{self._unanswered} pages in a row got no answer: {answer.problem}"
            return
        yield from self._next()

    def _next(self) -> Iterator[Request]:
        if (asked := next(self._pages, None)) is not None:
            callback = self.parse if asked.role in _PAGES else self.parse_source
            yield Request(asked.url, callback=callback, errback=self.failed, cb_kwargs={"asked": asked})


class RequestLimit:
    """Counts every request that is sent, and sends no more than the spider's ``most``."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "RequestLimit":
        """Scrapy's constructor."""
        return cls(crawler)

    @property
    def _spider(self) -> InspectionSpider:
        assert isinstance(self._crawler.spider, InspectionSpider)
        return self._crawler.spider

    def process_request(self, request: Request) -> None:
        """Count the request, or refuse it."""
        if self._spider.inspection.requests >= self._spider.most:
            raise IgnoreRequest(_LIMIT_REACHED)
        self._spider.inspection.requests += 1

    def process_response(self, request: Request, response: Response) -> Response:
        """Show the spider the last answer of robots.txt; Scrapy's middleware keeps it to itself."""
        if request.meta.get("dont_obey_robotstxt") and response.status != HTTPStatus.NOT_MODIFIED:
            self._spider.on_robots_answer(request, response)
        return response
