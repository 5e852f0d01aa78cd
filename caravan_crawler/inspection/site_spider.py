"""The spider of ``scrapy inspect --site``: a few sources and a dozen articles of different years."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import Any, ClassVar, NamedTuple

from protego import Protego
from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.settings import BaseSettings
from twisted.python.failure import Failure

from caravan_crawler import failures
from caravan_crawler.addons import CrawlerComponent
from caravan_crawler.console import note_stop_signals
from caravan_crawler.downloadhandlers import header, received_at
from caravan_crawler.failures import RefusedError, RobotsUnreadError, RunEndsError
from caravan_crawler.frontier.schedule import FEED, KNOWN_SECTIONS, MAIN_SITEMAP, OTHER_SITEMAPS
from caravan_crawler.inspection.facts import Answer, Asked, FactReader, Facts, Found, Inspection, Role
from caravan_crawler.inspection.findings import FORBIDDEN
from caravan_crawler.outcome import CRAWL_DELAY_STAT, RETRY_AFTER_STAT
from caravan_crawler.pages.document import Bounds
from caravan_crawler.pipelines import value_pipelines
from caravan_crawler.spiders.requests import LOCAL_DELAYS
from caravan_crawler.urls import Address, Site

#: Sitemaps of robots.txt to request: it may list many, and two are enough to judge them.
_ROBOTS_SITEMAPS = 2
#: Candidates per source, spread evenly over its entries: a sitemap may have 50,000.
_FROM_ONE_SOURCE = 60
#: How much it counts that an article has a trait in common with one requested before.
_WEIGHTS = {"year": 4, "form": 3, "section": 2, "source": 1}
_MOST_TELLING = (Role.SITEMAP, Role.FEED, Role.LISTING, Role.HOME, Role.ARTICLE, Role.ROBOTS)


class _Candidate(NamedTuple):
    """An article that may be requested, with the traits in which articles differ."""

    found: Found
    article: str
    traits: dict[str, str]


def _candidate(found: Found, address: Address, source: str) -> _Candidate:
    form = "plain" if address.article_id is None else "numbered"
    if address.path is None or address.alias:
        form = "short" if address.path is None else "amp"
    # Without a year, assume that the articles of one source are of the same time.
    year = (found.month or found.day or "")[:4] or source
    traits = {"year": year, "form": form, "section": address.section or "", "source": source}
    return _Candidate(found, address.key, traits)


class SamplePlan:
    """Chooses each page by the facts of the pages before it.

    Half of the requests are for articles. ``used`` returns the number of requests sent so far, with redirects
    and retries, so that the site never gets more than ``most``.
    """

    def __init__(self, site: Site, inspection: Inspection, most: int, used: Callable[[], int]) -> None:
        self._site = site
        self._inspection = inspection
        self._most = most
        self._used = used
        self._asked: set[str] = set()
        self._seen: set[tuple[str, str]] = set()
        self._taken = {name: Counter[str]() for name in _WEIGHTS}

    def pages(self) -> Iterator[Asked]:
        """Yield pages to request; add the facts of each to the inspection before taking the next one."""
        for asked in self._sources():
            kept = self._most // 2 if self._all_found() else 1
            if asked.url not in self._asked and self._used() < self._most - kept:
                self._asked.add(asked.url)
                yield asked
        while self._used() < self._most and (one := self._next_article()) is not None:
            source = one.traits["source"]
            yield Asked(one.found.url, Role.ARTICLE, source, one.found.is_promised, one.found.month)

    def _sources(self) -> Iterator[Asked]:
        yield self._source(MAIN_SITEMAP, Role.SITEMAP)
        for url in self._inspection.robots.sitemaps[:_ROBOTS_SITEMAPS]:
            if resolved := self._site.resolve(url, self._site.base):
                yield Asked(resolved, Role.SITEMAP, "robots.txt", is_promised=True)
        yield Asked(self._site.base, Role.HOME)
        yield self._source(FEED, Role.FEED)
        sitemaps = [one for one in self._inspection.facts if one.asked.role is Role.SITEMAP and one.source]
        if not self._sitemaps() and not any(one.source and one.source.found for one in sitemaps):
            yield from (self._source(path, Role.SITEMAP) for path in OTHER_SITEMAPS)
        children = self._children()
        yield from children[:2]
        yield from self._listing()
        if (home := self._last(Role.HOME)) and home.source and home.source.feed:
            yield Asked(home.source.feed, Role.FEED, home.url, is_promised=True)
        yield from (self._source(path, Role.SITEMAP) for path in OTHER_SITEMAPS)
        yield from children[2:4]

    def _source(self, path: str, role: Role) -> Asked:
        return Asked(self._site.base + path.lstrip("/"), role)

    def _last(self, role: Role) -> Facts | None:
        return next((one for one in reversed(self._inspection.facts) if one.asked.role is role), None)

    def _sitemaps(self) -> list[tuple[Found, str]]:
        """Return the sitemaps that indexes list, each with the URL of its index."""
        return [(one, facts.url) for facts in self._inspection.facts if facts.source for one in facts.source.sitemaps]

    def _children(self) -> list[Asked]:
        """Return sitemaps of an index: the newest, the oldest, the last one without a month, one in the middle."""
        sitemaps = self._sitemaps()
        # A stamp is the time of a sitemap's last change; a month in its name says more about its articles.
        are_months = any(one.month for one, _ in sitemaps)
        ages = [one.month if are_months else one.day for one, _ in sitemaps]
        order = [sitemaps[place] for age, place in sorted((age, place) for place, age in enumerate(ages) if age)]
        undated = [pair for pair, age in zip(sitemaps, ages, strict=True) if not age]
        if not order:  # newest last, as WordPress orders them
            order, undated = undated, []
        chosen = [*order[-1:], *order[:1], *undated[-1:], *order[len(order) // 2 :][:1], *undated[:1]]
        return [
            Asked(one.url, Role.SITEMAP, index, is_promised=True, month=one.month)
            for one, index in dict.fromkeys(chosen)
        ]

    def _listing(self) -> Iterator[Asked]:
        home = self._last(Role.HOME)
        linked = home.source.sections if home and home.source else []
        busy = Counter(f"/{one.address.section}/" for one in self._all_found() if one.address and one.address.section)
        busiest = max(linked, key=lambda path: busy[path], default=KNOWN_SECTIONS[0])
        path = KNOWN_SECTIONS[0] if KNOWN_SECTIONS[0] in linked else busiest
        url = self._site.base + path.lstrip("/")
        yield Asked(url, Role.LISTING, home.url if home and linked else "", is_promised=bool(linked))
        listing = self._last(Role.LISTING)
        if listing and listing.source and listing.source.found:
            following = listing.source.next_page
            yield Asked(following or f"{url}page/2/", Role.LISTING, listing.url, is_promised=following is not None)

    def _all_found(self) -> list[Found]:
        return [one for facts in self._inspection.facts if facts.source for one in facts.source.found]

    def _next_article(self) -> _Candidate | None:
        """Return the candidate that has least in common with the articles requested before."""
        best = min(filter(self._has_room, self._candidates()), key=self._likeness, default=None)
        if best is not None:
            self._asked.add(best.found.url)
            self._seen.add((best.article, best.traits["form"]))
            for name, value in best.traits.items():
                self._taken[name][value] += 1
        return best

    def _candidates(self) -> Iterable[_Candidate]:
        """Return the articles that were not requested, each once in each form of its URL."""
        # If several sources list an article, a sitemap is the most informative: it often has the month too.
        sources = sorted(self._inspection.facts, key=lambda one: _MOST_TELLING.index(one.asked.role))
        listed = [(found, one.url) for one in sources if one.source for found in _spread(one.source.found)]
        listed += [(alias, one.url) for one in self._inspection.articles for alias in one.aliases]
        candidates: dict[tuple[str, str], _Candidate] = {}
        for found, source in listed:
            if found.address is not None and found.url not in self._asked:
                candidate = _candidate(found, found.address, source)
                candidates.setdefault((candidate.article, candidate.traits["form"]), candidate)
        return (one for key, one in candidates.items() if key not in self._seen)

    def _has_room(self, one: _Candidate) -> bool:
        form = one.traits["form"]
        return form not in ("amp", "short") or not self._taken["form"][form]  # one is enough to judge them

    def _likeness(self, one: _Candidate) -> int:
        likeness = sum(_WEIGHTS[name] * self._taken[name][value] for name, value in one.traits.items())
        # A link without an article id that no source lists as an article may be a contact page.
        return likeness + (0 if one.found.is_promised else 4)


def _spread(found: list[Found]) -> list[Found]:
    """Return an evenly spread sample that includes the first and the last."""
    if len(found) <= _FROM_ONE_SOURCE:
        return found
    step = (len(found) - 1) / (_FROM_ONE_SOURCE - 1)
    return [found[round(index * step)] for index in range(_FROM_ONE_SOURCE)]


#: Consecutive requests without a response, each after its retries, after which the site counts as unreachable.
_MOST_UNANSWERED = 3
#: Reason of a request beyond the limit.
_LIMIT = "limit"
_PAGES = (Role.HOME, Role.LISTING, Role.ARTICLE)

#: Callback with each answer, its facts, and the inspection so far.
OnFacts = Callable[[Answer, Facts, Inspection], None]


class InspectionSpider(Spider):
    """Sends at most ``most`` requests to a site, including robots.txt, redirects and retries.

    It requests the page ``only``, or what a plan chooses.
    """

    name = "inspect_site"
    _reader: FactReader
    # All else is as in a crawl; addons.SpiderAddon disables store, feeds and outcome.
    custom_settings: ClassVar[dict[str, Any]] = {  # type: ignore[misc]
        "CONCURRENT_REQUESTS": 1,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
        "DUPEFILTER_CLASS": "scrapy.dupefilters.BaseDupeFilter",
        "HTTPERROR_ALLOW_ALL": True,  # an error page is a finding
    }

    def __init__(self, base: str, most: int, on_facts: OnFacts, only: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.site = Site(base)
        self.inspection = Inspection(base, datetime.now(UTC))
        self.most = most
        self.signal = 0
        self._on_facts = on_facts
        self._unanswered = 0
        plan = SamplePlan(self.site, self.inspection, most, lambda: self.inspection.requests)
        self._pages = plan.pages() if only is None else iter([Asked(only, Role.LISTING)])

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> "InspectionSpider":
        """Scrapy's constructor."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        if spider.site.is_local:
            crawler.settings.setdict(LOCAL_DELAYS, priority="spider")
        spider._reader = FactReader(spider.site, value_pipelines(crawler.settings), Bounds.of(crawler.settings))
        crawler.signals.connect(spider.on_robots, signals.robots_parsed)
        crawler.signals.connect(spider.on_engine_started, signals.engine_started)
        return spider

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """Add the request counter behind the robots.txt and offsite middlewares, whose refusals send nothing."""
        super().update_settings(settings)
        middlewares = {**settings["DOWNLOADER_MIDDLEWARES"], f"{__name__}.{RequestLimit.__name__}": 120}
        # Set the whole dict: the process's settings would override single keys.
        settings.set("DOWNLOADER_MIDDLEWARES", middlewares, priority="spider")

    async def start(self) -> AsyncIterator[Any]:
        """Yield the first request; Scrapy's middleware requests robots.txt before it."""
        for request in self._next():
            yield request

    def parse(self, response: Response, **kwargs: Any) -> Iterator[Request]:
        """Read an HTML page; the browser renders only requests with this callback."""
        return self._take(self._answer(response, kwargs["asked"]))

    def parse_source(self, response: Response, asked: Asked) -> Iterator[Request]:
        """Read a feed or a sitemap."""
        return self._take(self._answer(response, asked))

    def failed(self, failure: Failure) -> Iterator[Request]:
        """Record why there is no response, and continue unless the inspection has to end."""
        request: Request = failure.request  # type: ignore[attr-defined]
        reason = failures.reason(failure)
        if reason in (RunEndsError.__name__, _LIMIT):
            return  # closed() records why the run ends
        message = FORBIDDEN if reason == "robots" else failures.message(failure)
        if reason == RobotsUnreadError.__name__:
            self.inspection.robots.problem = message
            return  # nothing may be requested
        asked = request.cb_kwargs["asked"]
        if reason == "robots" and asked.url == self.site.base:
            self.inspection.robots.allows_home = False
        self._unanswered = 0 if failures.is_answer(failure) else self._unanswered + 1
        answer = Answer(asked, request.url, datetime.now(UTC), problem=message)
        yield from self._take(answer)

    def closed(self, reason: str) -> None:
        """Record why the inspection ended early, when Scrapy closes the spider."""
        if pause := self.crawler.stats.get_value(RETRY_AFTER_STAT):
            self.inspection.ended = f"the site asks for a pause of {pause} seconds"
        elif delay := self.crawler.stats.get_value(CRAWL_DELAY_STAT):
            self.inspection.ended = f"robots.txt asks for {delay:g} seconds between requests"
        elif reason != "finished":
            self.inspection.ended = f"the inspection was ended: {reason}"

    def on_engine_started(self) -> None:
        """Record which signal stops the inspection; Scrapy does the stopping."""
        note_stop_signals(partial(setattr, self, "signal"))

    def on_robots(self, robotparser: Any, request: Request) -> None:
        """Record the rules, delay and sitemaps of robots.txt."""
        robots, settings = self.inspection.robots, self.settings
        agent = settings["ROBOTSTXT_USER_AGENT"] or settings["USER_AGENT"]
        robots.allows_home = bool(robotparser.allowed(self.site.base, agent))
        robots.crawl_delay = robotparser.crawl_delay(agent)
        rules = getattr(robotparser, "rp", None)
        if isinstance(rules, Protego):
            robots.sitemaps = list(dict.fromkeys(rules.sitemaps))

    def on_robots_answer(self, request: Request, response: Response) -> None:
        """Record the response for robots.txt itself."""
        self.inspection.robots.status = response.status
        asked = Asked(request.url, Role.ROBOTS)
        answer = Answer(asked, response.url, datetime.now(UTC), response.status, response.body)
        self._on_facts(answer, Facts(asked, response.url, response.status, "robots"), self.inspection)

    def _answer(self, response: Response, asked: Asked) -> Answer:
        self._unanswered = 0
        content_type = header(response, "Content-Type") or ""
        is_challenged = header(response, "cf-mitigated") == "challenge"
        at, status, body = received_at(response), response.status, response.body
        return Answer(asked, response.url, at, status, body, content_type, is_challenged)

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


class RequestLimit(CrawlerComponent):
    """Downloader middleware: count each request, and refuse those beyond the spider's ``most``."""

    def __init__(self, crawler: Crawler) -> None:
        assert isinstance(crawler.spider, InspectionSpider)
        self._spider = crawler.spider

    def process_request(self, request: Request) -> None:
        """Count the request, or refuse it."""
        if self._spider.inspection.requests >= self._spider.most:
            raise RefusedError(_LIMIT, "the limit of requests is reached")
        self._spider.inspection.requests += 1

    def process_response(self, request: Request, response: Response) -> Response:
        """Pass the last response for robots.txt to the spider, as Scrapy's middleware does not."""
        if request.meta.get("dont_obey_robotstxt") and response.status != HTTPStatus.NOT_MODIFIED:
            self._spider.on_robots_answer(request, response)
        return response
