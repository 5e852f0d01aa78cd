"""Articles that earlier runs left to this one: found but not read, failed and due again, or due for a refresh."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from caravan_crawler.arguments import CrawlArguments, check_on_site
from caravan_crawler.frontier.articles import Discovery, Frontier, Target, one_for_each_article
from caravan_crawler.frontier.period import Period
from caravan_crawler.normalise.dates import ALMATY
from caravan_crawler.store import crawl_state
from caravan_crawler.store.article_store import ArticleStore
from caravan_crawler.store.crawl_state import ResumedRuns
from caravan_crawler.urls import Site


class Refresh(NamedTuple):
    """An article to read again: its key, its URL, and the headers of a conditional request."""

    key: str
    url: str
    headers: dict[str, str]


class EarlierRuns:
    """Articles that a run requests first, before it reads any source."""

    def __init__(
        self,
        site: Site,
        period: Period,
        arguments: CrawlArguments,
        frontier: Frontier,
        discovery: Discovery,
        article_store: ArticleStore,
        resumed: ResumedRuns,
    ) -> None:
        self._site = site
        self._period = period
        self._arguments = arguments
        self._frontier = frontier
        self._discovery = discovery
        self._article_store = article_store
        self._resumed = resumed

    def named(self) -> Iterator[tuple[str | None, str]]:
        """Yield key and URL of each page of ``urls`` that the resumed runs have not read."""
        checked = [check_on_site(url, self._site) for url in self._arguments.urls]
        urls = {url: self._site.address(url, self._site.base) for url in one_for_each_article(checked, self._site)}
        keys = [str(address.key) for address in urls.values() if address]
        store = self._article_store.store
        done = crawl_state.read_since(store, keys, self._resumed.started_at) if self._resumed.runs else set()
        for url, address in urls.items():
            key = str(address.key) if address else None
            if key not in done:
                yield key, url

    def unread(self) -> Iterator[Target]:
        """Yield the articles that runs of this kind have found but not read."""
        scope = crawl_state.scope_of(self._arguments)
        for url, is_speculative in crawl_state.waiting(self._article_store.store, scope):
            yield from self._discovery.take_up(url, is_speculative=is_speculative)

    def failed(self) -> Iterator[Target]:
        """Yield the articles that failed and are due again."""
        for url in self._article_store.failing.due:
            yield from self._discovery.take_up(url, has_failed=True)

    def due_for_refresh(self) -> Iterator[Refresh]:
        """Yield the articles published in the last ``refresh_days`` days that the resumed runs have not read."""
        days = self._arguments.refresh_days
        if not days:
            return
        first_day = datetime.now(ALMATY).date() - timedelta(days=days - 1)
        store = self._article_store.store
        for article in crawl_state.due_for_refresh(store, first_day.isoformat(), self._resumed.started_at):
            url = self._site.here(article.url)
            address = self._site.address(url, self._site.base)
            is_wanted = self._period.wants(article.section, article.date_published)
            if address is not None and is_wanted and self._article_store.failing.may_be_asked(url):
                self._frontier.note(address.key, address.path)
                yield Refresh(article.key, url, article.conditions)
