"""From a saved page to its records, through the crawl's own readers and pipelines."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from scrapy import Spider
from scrapy.crawler import Crawler
from scrapy.settings import Settings
from scrapy.statscollectors import MemoryStatsCollector
from scrapy.utils.misc import build_from_crawler, load_object

from caravan_crawler.archive.saved import SavedPage, Skipped
from caravan_crawler.items import Article, ExchangeRate, TrendingEntry, Weather
from caravan_crawler.keep.keeper import article_key
from caravan_crawler.normalise.text import encodable
from caravan_crawler.pages.bounds import Bounds
from caravan_crawler.pages.charset import declared_charset
from caravan_crawler.pages.document import parse_document
from caravan_crawler.pages.kind import UNSOUND
from caravan_crawler.pages.page import read_page
from caravan_crawler.pipelines.keep import StorePipeline
from caravan_crawler.pipelines.period import PeriodPipeline
from caravan_crawler.records import article_record, page_records, stamp
from caravan_crawler.site import Site
from caravan_crawler.visit.changes import Changes

logger = logging.getLogger(__name__)

#: Which records are kept is asked elsewhere.
_LEFT_OUT = (PeriodPipeline, StorePipeline)


@dataclass
class Reading:
    """What one page of an archive gave: ``what`` it is, a kind of page or why it is none, and its records.

    ``keys`` are the article's number and path, under either of which a run knows it; ``shown`` the lines around
    the article, where they differ from the page's before it.
    """

    what: str
    observed_at: str = ""
    key: str = ""
    keys: tuple[str, ...] = ()
    article: Article | None = None
    found_by: dict[str, str] = field(default_factory=dict)
    etag: str | None = None
    last_modified: str | None = None
    shown: list[TrendingEntry | ExchangeRate | Weather] = field(default_factory=list)


class Reader:
    """Reads the pages of one site, in their order."""

    def __init__(self, settings: dict[str, Any], base: str) -> None:
        """``base`` is the site's address; ``settings`` name the pipelines."""
        self._site = Site(base)
        self._bounds = Bounds.of(Settings(settings))
        self._pipelines = value_pipelines(settings)

    def read(self, pages: Iterable[SavedPage | Skipped]) -> Iterator[Reading]:
        """Yield what each page gives, in their order."""
        changes = Changes()
        for page in pages:
            yield Reading(page.reason) if isinstance(page, Skipped) else self._read(page, changes)

    def _read(self, page: SavedPage, changes: Changes) -> Reading:
        try:
            return self._reading(page, changes)
        except Exception:
            logger.exception("The reader broke on %s", page.url)
            return Reading("reader_error", stamp(page.observed_at))

    def _reading(self, page: SavedPage, changes: Changes) -> Reading:
        if not self._site.is_host(urlsplit(page.url).netloc):
            return Reading("other_site")
        charset = declared_charset(page.content_type)
        document = parse_document(page.body, page.url, self._site, charset, self._bounds)
        reading = read_page(document)
        if reading.kind in UNSOUND:
            return Reading(reading.kind, stamp(page.observed_at))
        result = Reading(reading.kind, stamp(page.observed_at))
        article = reading.article
        if article is not None and article.address is not None:
            address = article.address
            record = article_record(article, self._site, document.url, page.observed_at)
            result.article = self._normalised(record)
            result.key = article_key(record)
            result.keys = tuple(str(key) for key in (address.article_id, address.path) if key is not None)
            result.found_by = article.found_by
            result.etag, result.last_modified = (
                encodable(value) if value else None for value in (page.etag, page.last_modified)
            )
        if changes.is_new("page", reading.surroundings):
            records = page_records(reading, self._site, page.observed_at)
            result.shown = [self._normalised(record) for record in records]
        return result

    def _normalised(self, record: Any) -> Any:
        for pipeline in self._pipelines:
            record = pipeline.process_item(record)
        return record


def value_pipelines(settings: Mapping[str, Any]) -> list[Any]:
    """Return the pipelines that normalise, in their order."""
    known = Settings(dict(settings))
    crawler = Crawler(Spider, known)
    crawler.stats = MemoryStatsCollector(crawler)
    order = sorted(known.getwithbase("ITEM_PIPELINES").items(), key=lambda item: item[1])
    classes = [load_object(path) for path, place in order if place is not None]
    return [build_from_crawler(one, crawler) for one in classes if not issubclass(one, _LEFT_OUT)]
