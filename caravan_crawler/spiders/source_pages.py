"""The sources of links: how the spider reads listings, feed and sitemaps, and stores why a page was not read."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

from protego import Protego
from scrapy import Request, Spider
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.http import Response
from twisted.python.failure import Failure as RequestFailure

from caravan_crawler.arguments import CrawlArguments
from caravan_crawler.crawl_stats import CrawlStats
from caravan_crawler.failures import RunEndsError
from caravan_crawler.frontier.articles import Target
from caravan_crawler.frontier.discovery import Discovery
from caravan_crawler.frontier.listings import Listings
from caravan_crawler.frontier.schedule import ABSENT, FEED, KNOWN_SECTIONS, Child, Sitemaps, SourceSchedule
from caravan_crawler.frontier.speculative_urls import FOUND_ON, Reach
from caravan_crawler.outcome import NO_SECTION_STAT, OTHER_SITE_STAT
from caravan_crawler.page_writes import PageWrites
from caravan_crawler.pages.listing import read_listing
from caravan_crawler.pages.page import NOT_PARSED, PageKind, PageReading, says_nothing_is_here
from caravan_crawler.pages.syndication import Form, Syndication
from caravan_crawler.pages.to_items import ChangeFilter, page_records
from caravan_crawler.spiders import http
from caravan_crawler.spiders.http import (
    WORTH_RETRYING,
    FailedRequest,
    Page,
    Requests,
    ResponseReader,
    writes_of,
    writes_of_request,
)
from caravan_crawler.urls import Site, listing_of, path_of


class SourcesSpider(Spider):
    """The part of the spider that reads listings, feed and sitemaps; :class:`CaravanSpider` reads articles.

    A callback stores the result of its page by :attr:`commit`, then yields items and requests. Its errback stores why
    the page was not fetched, and requests what takes its place.
    """

    # ``extensions/crawl_store.py`` sets these before the crawl starts, from what earlier runs stored.
    discovery: Discovery
    schedule: SourceSchedule
    sitemaps: Sitemaps
    commit: Callable[[PageWrites], None]
    """Stores the result of a page; called before the page's item is yielded, if it has one."""
    sections: set[str]
    """With the argument ``sections``: those of the stored articles, and those that the home page links to."""

    # ``CaravanSpider`` sets these.
    crawl_stats: CrawlStats
    requests: Requests
    responses: ResponseReader
    reach: Reach

    def __init__(self, arguments: CrawlArguments, site: Site, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.arguments = arguments
        self.site = site
        self.reset()

    def reset(self) -> None:
        """Forget listings under way and page facts seen, as a worker does when it becomes the leader."""
        self.lists = Listings(self.arguments.since, is_bounded=self.arguments.is_bounded)
        self._changes = ChangeFilter()

    def source_requests(self, sections: Iterable[str]) -> Iterator[Request]:
        """Request the sources other than the home page that are due."""
        if not self.schedule.is_just_read(FEED):
            yield self.requests.page(FEED, (self.parse_feed, self.feed_failed), http.FRONT)
        named_sections = [f"/{section}/" for section in sorted(self.arguments.sections)]
        for path in dict.fromkeys([*named_sections, *sections, *self.schedule.known_lists]):
            is_leading = path == KNOWN_SECTIONS[0] or path in named_sections
            yield from self.listing_requests(path, is_optional=path not in named_sections, must=is_leading)
        for child, is_optional in self.sitemaps.due():
            yield self.requests.sitemap(child, is_optional=is_optional)

    def on_robots(self, robotparser: Any) -> None:
        """Register the sitemaps that robots.txt names."""
        rules = getattr(robotparser, "rp", None)
        for url in rules.sitemaps if isinstance(rules, Protego) else ():
            if resolved := self.site.resolve(url):
                self.sitemaps.add_named(path_of(resolved))

    def page_facts(self, page: Page, reading: PageReading) -> Iterator[Any]:
        """Yield trending entries, rates and weather that differ from those of the page before."""
        if self._changes.is_new("page", reading.surroundings):
            # Build the list first: pages are read concurrently, and a block's records belong together.
            records = page_records(reading, self.site, page.received_at)
            yield from [record for record in records if self._changes.is_new(*record.change_key())]

    # Listings

    def listing_requests(self, path: str, *, is_optional: bool = True, must: bool = False) -> Iterator[Request]:
        """Request a listing from its top if due or ``must``, and from where an earlier run stopped.

        The top of one that is not optional is always read, else a run would not notice that the site has no such
        section because the run before has just noticed it.
        """
        if self.lists.is_begun(path) or not self.is_section(path):
            return
        state = self.schedule.list_state(path)
        is_due = must or self.schedule.is_list_due(path)
        from_top = not is_optional or (is_due and not self.schedule.is_just_read(path))
        if from_top or state.open:
            pages = self.lists.begin(path, state, from_top=from_top)
            yield from self.requests.listing_pages(pages, is_optional=is_optional)

    def is_section(self, path: str | None) -> bool:
        """Whether a section, or its listing, is requested."""
        return self.arguments.has_section(path and path.strip("/"))

    def parse_list(self, response: Response, walk: int) -> Iterator[Any]:
        """Read a listing page, for the walk with this number; request its articles and the next page."""
        page = self.responses.page(response)
        if page.kind is PageKind.ERROR and says_nothing_is_here(page.document):
            self.crawl_stats.count("absent/nothing_here")
            self.note_missing_section(page.writes)
            yield from self._end_list(page.writes, walk)
        elif page.reading is not None:
            yield from self._read_list(page, page.reading, walk)
        elif again := self.retry_or_fail(page):
            yield again
        else:
            yield from self._skip_list_page(response.url, walk)

    def list_failed(self, failure: RequestFailure) -> Iterator[Request]:
        """End the walk if the listing has no such page, else continue with the next one."""
        if (failed := self.sent(failure)) is None or self.note_forbidden(failed):
            return
        walk = failed.request.cb_kwargs["walk"]
        if failed.is_absent:
            self.crawl_stats.count(f"absent/{failed.reason}")
            yield from self._end_list(failed.writes, walk)
            return
        self.fail_request(failed)
        if failed.is_gone:
            self.note_missing_section(failed.writes)
        yield from self._skip_list_page(failed.request.url, walk)

    def _read_list(self, page: Page, reading: PageReading, walk: int) -> Iterator[Any]:
        document, writes, listing = page.document, page.writes, read_listing(page.document)
        links = [(card.address, card.url) for card in listing.cards if self.arguments.is_open_to(card.date)]
        if not any(card.address.section == path_of(writes.asked_url).strip("/") for card in listing.cards):
            self.note_missing_section(writes)
        self.responses.warn_of_links(document)
        writes.reach = {FOUND_ON: listing.path}
        targets = self.discovery.look_at(links, document.base_url, writes, is_named=True)
        if targets and self.sitemaps.name_everything:
            self.sitemaps.are_incomplete = True
        around = frozenset(line.address.key for line in reading.trending)
        is_named = self.sitemaps.name_everything
        following = self.lists.read(walk, listing, around, len(targets), is_named_elsewhere=is_named)
        self.commit_lists(writes)
        self.crawl_stats.reading(reading)
        yield from self.page_facts(page, reading)
        yield from self.requests.articles(targets, meta=writes.reach)
        if not self.reach.is_over(listing.path):  # else the next run continues here
            yield from self.requests.listing_pages(following)

    def _end_list(self, writes: PageWrites, walk: int) -> Iterator[Request]:
        following = self.lists.ended(walk)
        self.commit_lists(writes)
        yield from self.requests.listing_pages(following)

    def _skip_list_page(self, url: str, walk: int) -> Iterator[Request]:
        following = self.lists.failed(walk, listing_of(urlsplit(url).path)[1])
        self.commit_lists()
        yield from self.requests.listing_pages(following)

    def commit_lists(self, writes: PageWrites | None = None) -> None:
        """Store the progress of the listings, with the result of a page."""
        writes = writes or PageWrites()
        changed = self.lists.take_changed().items()
        writes.sources += [self.schedule.read_now(path, state=state.to_json()) for path, state in changed]
        self.commit(writes)

    def note_missing_section(self, writes: PageWrites) -> None:
        """Record that a requested section lists no article; sitemaps may still name some."""
        if (section := path_of(writes.asked_url).strip("/")) in self.arguments.sections:
            known = ", ".join(sorted(self.sections - {section}))
            self.crawler.stats.set_value(NO_SECTION_STAT, f"'{section}'" + (f"; it has {known}" if known else ""))

    # Feed and sitemaps

    def parse_feed(self, response: Response) -> Iterator[Any]:
        """Follow the entries of the feed; if all are new, request their sections' listings too."""
        writes, feed = writes_of(response), self.responses.syndication(response)
        if feed is None:
            yield from self._unreadable(response, "feed")
            return
        known_before = self.discovery.known
        children, targets = self._named_in(feed, writes)
        are_all_new = self.discovery.known == known_before
        sections = {address.section for target in targets if (address := self.site.address(target.url))}
        lists = [f"/{section}/" for section in sorted(filter(None, sections))] if are_all_new else []
        writes.sources.append(self.schedule.read_now(FEED))
        writes.sources += self.schedule.due_lists(path for path in lists if not self.lists.is_begun(path))
        self._commit_syndication(feed, writes, "feed")
        yield from map(self.requests.sitemap, children)
        yield from self.requests.articles(targets)
        for path in lists:
            yield from self.listing_requests(path, must=True)

    def feed_failed(self, failure: RequestFailure) -> None:
        """Store why the feed was not fetched."""
        if (failed := self.sent(failure)) is not None and not self.note_forbidden(failed):
            self.fail_request(failed)

    def parse_sitemap(self, response: Response, stamp: str | None = None) -> Iterator[Any]:
        """Follow a sitemap's articles and the sitemaps an index names; ``stamp`` is its ``lastmod`` in the index."""
        writes, sitemap = writes_of(response), self.responses.syndication(response)
        if sitemap is None:
            yield from self._unreadable(response, "sitemap", stamp)
            return
        children, targets = self._named_in(sitemap, writes)
        if any(self.site.address(entry.url) for entry in sitemap.pages[:100]):
            self.sitemaps.names_articles = True
        self.sitemaps.read(writes, stamp, is_index=sitemap.form is Form.INDEX, is_whole=sitemap.loss is None)
        self._commit_syndication(sitemap, writes, "sitemap")
        yield from map(self.requests.sitemap, children)
        yield from self.requests.articles(targets)

    def sitemap_failed(self, failure: RequestFailure) -> None:
        """Store why a sitemap was not fetched; the site may not have an optional one."""
        if (failed := self.sent(failure)) is None or self.note_forbidden(failed):
            return
        if failed.is_absent:
            self.crawl_stats.count(f"absent/{failed.reason}")
            self.sitemaps.mark_read(failed.writes, ABSENT)
            self.commit(failed.writes)
        else:
            self.fail_request(failed)
            self.sitemaps.mark_failed(path_of(failed.writes.asked_url))

    def _named_in(self, read: Syndication, writes: PageWrites) -> tuple[list[Child], list[Target]]:
        """Return the sitemaps and the articles to request that a feed or a sitemap names."""
        named = ((self.site.resolve(entry.url), entry.stamp) for entry in read.sitemaps)
        children = self.sitemaps.find([Child(path_of(url), stamp) for url, stamp in named if url], writes)
        is_in_period = self.sitemaps.is_month_wanted(path_of(writes.asked_url))
        targets, left = self.discovery.look_at_entries(read.pages, writes, is_in_period=is_in_period)
        if left:
            self.crawl_stats.count("skipped/entry_without_stamp", left)
            words = "%d entries of %s have no date and are left to the next run (MAX_UNDATED)"
            self.logger.warning(words, left, writes.asked_url)
            self.sitemaps.covers_period = False  # some of them may be in the period
        return children, targets

    def _commit_syndication(self, read: Syndication, writes: PageWrites, what: str) -> None:
        """Count and store a feed or sitemap, with a failure if a part could not be read."""
        self.crawl_stats.page(PageKind.FEED if read.form is Form.FEED else PageKind.SITEMAP)
        if read.skipped:
            self.crawl_stats.count("skipped/sitemap_of_no_articles", len(read.skipped))
        if read.loss is not None:
            why = {"cut": "it breaks off", "too_large": "it is larger than a sitemap may be"}[read.loss]
            number = len(read.pages) + len(read.sitemaps)
            self.crawl_stats.fail(writes, f"{what}_{read.loss}", f"{why}; {number} addresses are read")
        self.commit(writes)

    def _unreadable(self, response: Response, what: str, stamp: str | None = None) -> Iterator[Request]:
        """Handle a feed or sitemap that is none; a page in place of an optional one is no failure."""
        writes, path = writes_of(response), path_of(writes_of(response).asked_url)
        page = self.responses.page(response) if b"<html" in response.body[:4096].lower() else None
        if page is not None and page.kind in WORTH_RETRYING:
            if again := self.retry_or_fail(page):
                yield again
            else:
                self.sitemaps.mark_failed(path)
        elif page is not None and response.meta.get("optional") and not self.sitemaps.was_there(path):
            self.crawl_stats.page(PageKind.OTHER)
            self.crawl_stats.count("absent/soft_404")
            self.sitemaps.mark_read(writes, ABSENT)
            self.commit(writes)
        else:
            if what == "sitemap":
                self.sitemaps.mark_unreadable(writes, stamp)
            else:
                self.sitemaps.mark_failed(path)
            words = "a page" if page is not None else "something else" if response.body else "empty"
            self.commit(self.crawl_stats.fail(writes, f"{what}_unreadable", f"it is no {what} but {words}"))

    # Failures

    def on_dropped(self, request: Request) -> None:
        """Handle a redirect to a page requested before; it is a failure unless it leads to an article."""
        writes = writes_of_request(request)
        if writes.asked_url == request.url:
            return
        if request.callback == self.parse_sitemap:  # WordPress has one sitemap under two names
            self.sitemaps.mark_read(writes, None)
            self.commit(writes)
        elif self.site.address(request.url) is None:
            self.fail(writes, "redirected", f"it redirects to {request.url}")
            self.note_missing_section(writes)
            for other in self.requests.articles(self.another(writes)):
                self.crawler.engine.crawl(other)
        elif writes.asked_key is not None:
            writes.other_kind = "alias"
            self.commit(writes)

    def sent(self, failure: RequestFailure) -> FailedRequest | None:
        """Return a request that has failed; None if it was not sent, as the run ends: the next run sends it."""
        if isinstance(failure.value, RunEndsError) or self.crawler.stats.get_value(OTHER_SITE_STAT):
            self.crawl_stats.count("unasked")
            return None
        return FailedRequest(failure)

    def note_forbidden(self, failed: FailedRequest) -> bool:
        """Return whether robots.txt forbids the page; if so, store that, and no run requests it again."""
        if failed.is_forbidden:
            self.crawl_stats.count("forbidden")
            self.logger.info("Forbidden by robots.txt: %s", failed.request.url)
            self.commit(failed.writes)
        return failed.is_forbidden

    def retry(self, page: Page) -> Request | None:
        """Return the request to repeat for a truncated or blocked page, until the retries are used up."""
        request = page.response.request
        assert request is not None
        if page.kind not in WORTH_RETRYING:
            return None
        return get_retry_request(request, spider=self, reason=f"page is {page.kind}")

    def retry_or_fail(self, page: Page) -> Request | None:
        """Return the retry of a page that cannot be used, or store its failure."""
        if again := self.retry(page):
            return again
        if page.kind is not None and page.kind not in NOT_PARSED:
            self.crawl_stats.page(page.kind)
        self.fail(page.writes, *page.problem)
        return None

    def another(self, writes: PageWrites) -> list[Target]:
        """Return the next URL of the requested article, as this one did not lead to it."""
        if writes.asked_key is None or self.arguments.urls:
            return []
        return self.discovery.another(writes.asked_key, writes.asked_url)

    def fail_request(self, failed: FailedRequest) -> None:
        """Count and store a page that was not fetched."""
        self.fail(failed.writes, failed.reason, failed.words)

    def fail(self, writes: PageWrites, reason: str, words: str) -> None:
        """Count and store a failed page, without what was found on it."""
        self.commit(self.crawl_stats.fail(PageWrites(writes.asked_url, writes.asked_key), reason, words))
