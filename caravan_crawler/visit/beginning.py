"""Where a run begins, and what it turns to when nothing else is left."""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from typing import Any

from protego import Protego
from scrapy import Request
from scrapy.exceptions import DontCloseSpider
from scrapy.http import Response

from caravan_crawler.arguments import check_on_site
from caravan_crawler.keep import plan, runs
from caravan_crawler.keep.keeper import Consequences
from caravan_crawler.normalise.dates import ALMATY
from caravan_crawler.visit.frontier import Frontier, one_for_each_article
from caravan_crawler.visit.sitemaps import MAIN_SITEMAP
from caravan_crawler.visit.visitor import ARTICLE, FRONT, HOME, KNOWN_SECTIONS, REFRESH, RETRY, Visitor

NOT_MODIFIED = 304


class Beginner(Visitor):
    """The first requests of a run and the last ones: of pages named, of what earlier runs have left, of the rest."""

    campaign: runs.Campaign
    frontier: Frontier

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._asked_again: set[str] = set()
        self._sources_left = False

    def parse(self, response: Response, **kwargs: Any) -> Iterator[Any]:
        """Read an article's page and follow its links."""
        raise NotImplementedError

    def parse_named(self, response: Response) -> Iterator[Any]:
        """Read a page that the user named, and follow nothing."""
        raise NotImplementedError

    async def start(self) -> AsyncIterator[Any]:
        """Ask for the pages named, or for what earlier runs have left and the home page, where the rest begins."""
        if not self.leads:
            return
        for request in self.beginnings():
            yield request
        # What earlier runs have stored and could not publish.
        for record in plan.records_of(self.keeper.store, self.campaign.unpublished, self._asked_again):
            self.keeper.carry(record)
            yield record

    def beginnings(self) -> Iterator[Request]:
        """Return the first requests: for the pages named, or for what earlier runs have left and the home page."""
        return self._named() if self.arguments.urls else self._beginnings()

    def _named(self) -> Iterator[Request]:
        named = [check_on_site(url, self.site) for url in self.arguments.urls]
        urls = {url: self.site.address(url, self.site.base) for url in one_for_each_article(named, self.site)}
        keys = [str(address.key) for address in urls.values() if address]
        done = plan.read_since(self.keeper.store, keys, self.campaign.started_at) if self.campaign.runs else set()
        for url, address in urls.items():
            key = str(address.key) if address else None
            if key not in done:
                self._asked_again.add(key or "")
                yield self._request(url, self.parse_named, ARTICLE, meta={"key": key})

    def _beginnings(self) -> Iterator[Request]:
        store = self.keeper.store
        for url, is_speculative in plan.waiting(store, runs.scope_of(self.arguments)):
            yield from self._targets(self.discovery.take_up(url, is_speculative=is_speculative))
        yield from self.refresh()
        for url in self.keeper.failing.due:
            yield from self._targets(self.discovery.take_up(url, has_failed=True), RETRY)
        if self.sitemaps.can_cover_period:
            # They may make all other sources unnecessary; if not, those come when nothing is left to do.
            self._sources_left = True
            yield self._sitemap(MAIN_SITEMAP, optional=True)
        else:
            yield from self._sources()

    def _sources(self) -> Iterator[Request]:
        """Ask for the home page, from which the other sources follow, or for those."""
        if self.agenda.is_just_read(HOME):
            yield from self._elsewhere(list(KNOWN_SECTIONS))
        else:
            yield self._request(self.site.base, self.parse_home, FRONT)

    def refresh(self) -> Iterator[Request]:
        """Ask again for the articles younger than ``refresh_days``, with what the server gave to tell a change by."""
        first_day = datetime.now(ALMATY).date() - timedelta(days=self.arguments.refresh_days - 1)
        due = plan.due_for_refresh(self.keeper.store, first_day.isoformat(), self.campaign.started_at)
        for article in due if self.arguments.refresh_days else ():
            url = self.site.here(article.url)
            address = self.site.address(url, self.site.base)
            is_wanted = self.period.wants(article.section, article.date_published)
            if address is None or not is_wanted or not self.keeper.failing.may_be_asked(url):
                continue
            self.frontier.note(address.key, address.path)
            self._asked_again.add(article.key)
            meta = {"key": article.key, "handle_httpstatus_list": [NOT_MODIFIED]}
            # What is in no feed yet has to come whole.
            conditions = {} if article.run_id in self.campaign.unpublished else article.conditions
            yield self._request(url, self.parse, REFRESH, meta=meta, headers=conditions)

    def on_robots(self, robotparser: Any, request: Request) -> None:
        """Take the sitemaps that robots.txt names."""
        rules = getattr(robotparser, "rp", None)
        if isinstance(rules, Protego):
            self._sitemaps += [url for url in rules.sitemaps if url not in self._sitemaps]
            if any(path != MAIN_SITEMAP and not is_optional for path, is_optional in self._roots().items()):
                self.sitemaps.others_are_named()

    def _sources_now(self) -> list[Request]:
        """Return the first requests for the sources that sitemaps might have made unnecessary, and did not."""
        if not self._sources_left:
            return []
        self._sources_left = False
        return [] if self.sitemaps.covers_period else [*self._sources()]

    def on_idle(self) -> None:
        """When nothing is left to do: pages of lists held back or given up, shifted tops, short links."""
        requests = self._sources_now() or self._list_requests(self.lists.when_idle())
        self._keep_lists(Consequences())
        self.crawler.stats.set_value("caravan/abandoned_lists", self.lists.abandoned)
        requests = requests or [*self._targets(self.discovery.take_aside())]
        if not requests:
            requests = [
                self._request(url, self.parse, ARTICLE, meta={"key": str(key)})
                for key, url in self.frontier.take_short_links()
            ]
        for request in requests:
            self.crawler.engine.crawl(request)
        if requests:
            raise DontCloseSpider
        self.discovery.drop_aside()
