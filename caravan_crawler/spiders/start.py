"""Start requests of a run, and the requests made when the spider is idle."""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from typing import Any

from protego import Protego
from scrapy import Request
from scrapy.exceptions import DontCloseSpider
from scrapy.http import Response
from scrapy.utils.defer import deferred_from_coro

from caravan_crawler.arguments import check_on_site
from caravan_crawler.failures import is_ending
from caravan_crawler.frontier.articles import Frontier, one_for_each_article
from caravan_crawler.frontier.sitemaps import MAIN_SITEMAP
from caravan_crawler.normalise.dates import ALMATY
from caravan_crawler.spiders.base import ARTICLE, FRONT, HOME, KNOWN_SECTIONS, REFRESH, RETRY, BaseSpider
from caravan_crawler.store import crawl_state
from caravan_crawler.store.article_store import PageWrites
from caravan_crawler.store.publication import LeftRecords

NOT_MODIFIED = 304


class StartRequests(BaseSpider):
    """First and last requests of a run: named pages, leftovers of earlier runs, and sources."""

    resumed_runs: crawl_state.ResumedRuns
    left: LeftRecords
    frontier: Frontier

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._sources_left = False
        self._is_publishing = False

    def parse(self, response: Response, **kwargs: Any) -> Iterator[Any]:
        """Read an article's page and follow its links."""
        raise NotImplementedError

    def parse_named(self, response: Response) -> Iterator[Any]:
        """Read a page that the user named; follow no links."""
        raise NotImplementedError

    async def start(self) -> AsyncIterator[Any]:
        """Request the named pages, or the leftovers of earlier runs and the sources."""
        for request in self._named() if self.arguments.urls else self._beginnings():
            yield request

    def _named(self) -> Iterator[Request]:
        named = [check_on_site(url, self.site) for url in self.arguments.urls]
        urls = {url: self.site.address(url, self.site.base) for url in one_for_each_article(named, self.site)}
        keys = [str(address.key) for address in urls.values() if address]
        done = (
            crawl_state.read_since(self.article_store.store, keys, self.resumed_runs.started_at)
            if self.resumed_runs.runs
            else set()
        )
        for url, address in urls.items():
            key = str(address.key) if address else None
            if key not in done:
                yield self._request(url, self.parse_named, ARTICLE, meta={"key": key})

    def _beginnings(self) -> Iterator[Request]:
        store = self.article_store.store
        for url, is_speculative in crawl_state.waiting(store, crawl_state.scope_of(self.arguments)):
            yield from self._targets(self.discovery.take_up(url, is_speculative=is_speculative))
        yield from self._refresh()
        for url in self.article_store.failing.due:
            yield from self._targets(self.discovery.take_up(url, has_failed=True), RETRY)
        if self.sitemaps.can_cover_period:
            # Sitemaps may make all other sources unnecessary; if not, those are requested when idle.
            self._sources_left = True
            yield self._sitemap(MAIN_SITEMAP, optional=True)
        else:
            yield from self._sources()

    def _sources(self) -> Iterator[Request]:
        """Request the home page, which leads to the other sources, or these if it was just read."""
        if self.schedule.is_just_read(HOME):
            yield from self._elsewhere(list(KNOWN_SECTIONS))
        else:
            yield self._request(self.site.base, self.parse_home, FRONT)

    def _refresh(self) -> Iterator[Request]:
        """Request articles younger than ``refresh_days`` again, with conditional headers."""
        first_day = datetime.now(ALMATY).date() - timedelta(days=self.arguments.refresh_days - 1)
        due = crawl_state.due_for_refresh(self.article_store.store, first_day.isoformat(), self.resumed_runs.started_at)
        for article in due if self.arguments.refresh_days else ():
            url = self.site.here(article.url)
            address = self.site.address(url, self.site.base)
            is_wanted = self.period.wants(article.section, article.date_published)
            if address is None or not is_wanted or not self.article_store.failing.may_be_asked(url):
                continue
            self.frontier.note(address.key, address.path)
            meta = {"key": article.key, "handle_httpstatus_list": [NOT_MODIFIED]}
            yield self._request(url, self.parse, REFRESH, meta=meta, headers=article.conditions)

    def on_robots(self, robotparser: Any, request: Request) -> None:
        """Add the sitemaps that robots.txt names."""
        rules = getattr(robotparser, "rp", None)
        if isinstance(rules, Protego):
            self._sitemaps += [url for url in rules.sitemaps if url not in self._sitemaps]
            if any(path != MAIN_SITEMAP and not is_optional for path, is_optional in self._roots().items()):
                self.sitemaps.others_are_named()

    def _sources_now(self) -> list[Request]:
        """Return the requests for the other sources if the sitemaps did not cover the period."""
        if not self._sources_left:
            return []
        self._sources_left = False
        return [] if self.sitemaps.covers_period else [*self._sources()]

    def on_idle(self) -> None:
        """Make the remaining requests; if there are none, publish earlier runs' records and end the run."""
        if not self._finds_more() and not self._is_publishing:
            self._is_publishing = True
            deferred_from_coro(self._end_with_left())
        raise DontCloseSpider

    def _finds_more(self) -> bool:
        """Make the requests that wait for idle: held or failed listing pages, deferred URLs, short links.

        Return whether there were any.
        """
        requests = self._sources_now() or self._list_requests(self.lists.when_idle())
        self._keep_lists(PageWrites())
        self.crawler.stats.set_value("caravan/abandoned_lists", self.lists.abandoned)
        requests = requests or [*self._targets(self.discovery.take_aside())]
        if not requests:
            requests = [
                self._request(url, self.parse, ARTICLE, meta={"key": str(key)})
                for key, url in self.frontier.take_short_links()
            ]
        for request in requests:
            self.crawler.engine.crawl(request)
        if not requests:
            self.discovery.drop_aside()
        return bool(requests)

    async def _end_with_left(self) -> None:
        await self._publish_left()
        if not is_ending(self.crawler):
            await self.crawler.engine.close_spider_async(reason="finished")

    async def _publish_left(self) -> None:
        """Send the records that earlier runs stored but did not publish through the pipelines.

        This comes last, so that an article read again is published once, in its latest state, or as stored if its page
        failed.
        """
        for record in self.left.take():
            if is_ending(self.crawler):
                return
            self.article_store.carry(record)
            await self.crawler.engine.scraper.start_itemproc_async(record, response=None)
