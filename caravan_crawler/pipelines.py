"""Item pipelines in the order in which they run; ``ITEM_PIPELINES`` in settings.py lists them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from scrapy import Spider
from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem
from scrapy.settings import Settings
from scrapy.statscollectors import MemoryStatsCollector
from scrapy.utils.misc import build_from_crawler, load_object

from caravan_crawler.addons import CrawlerComponent
from caravan_crawler.arguments import CrawlArguments
from caravan_crawler.extensions.crawl_store import CrawlStore
from caravan_crawler.items import Article, ExchangeRate, TrendingEntry, Weather
from caravan_crawler.normalise.dates import decide_publication, future_day
from caravan_crawler.normalise.numbers import parse_count, parse_rate
from caravan_crawler.normalise.text import clean, encodable
from caravan_crawler.store.article_history import ChangeType
from caravan_crawler.store.article_store import article_key


class CountingPipeline(CrawlerComponent):
    """A pipeline that counts under ``caravan/<name>/…``."""

    name = ""

    def count(self, event: str) -> None:
        """Count one event."""
        self.crawler.stats.inc_value(f"caravan/{self.name}/{event}")


_CLEANED: dict[type, tuple[str, ...]] = {
    Article: ("headline", "lede", "body", "photo_credit", "source"),
    TrendingEntry: ("topic", "headline"),
    Weather: ("city",),
}
_RAW = ("date_published_raw", "views_raw")


class TextPipeline(CountingPipeline):
    """Normalise texts: NFC, no invisible characters, single spaces; raw texts only lose unencodable characters."""

    name = "normalise/text"

    def process_item(self, item: Any) -> Any:
        """Clean the item's texts in place."""
        for field in _CLEANED.get(type(item), ()):
            text = getattr(item, field)
            if text:
                cleaned = clean(text)
                if cleaned != text:
                    self.count("changed")
                    setattr(item, field, cleaned or None)
        if isinstance(item, Article):
            item.authors = [clean(name) for name in item.authors]
            item.tags = [clean(tag) for tag in item.tags]
            item.images = [encodable(url) for url in item.images]
            for link in item.links:
                link.text, link.url = clean(link.text), encodable(link.url)
            for field in _RAW:
                if text := getattr(item, field):
                    setattr(item, field, encodable(text))
        return item


class DatePipeline(CountingPipeline):
    """Choose between the printed date and the metadata's, which wins only if none is printed.

    Counts each verdict (``printed``, ``refined``, ``structured``, ``disagree``, ``missing``) and the
    reason of each refusal (``unreadable``, ``impossible``, ``too_early``, ``future``).
    """

    name = "normalise/dates"

    def process_item(self, item: Any) -> Any:
        """Set ``date_published`` and ``published_at`` in ISO 8601, in place."""
        if isinstance(item, Article):
            # An article left by an earlier run passes this pipeline again. It has no metadata any more, so its stored
            # time is used instead.
            stamp = item.published_at or item.date_published
            printed = item.date_published_raw if item.date_published_raw != stamp else None
            decision = decide_publication(printed, stamp, datetime.fromisoformat(item.observed_at))
            day = decision.date.day
            item.date_published = day.isoformat() if day else None
            item.published_at = decision.date.moment
            self.count(decision.verdict)
            if decision.date.problem and item.date_published_raw:
                self.count(decision.date.problem)
        return item


class RatePipeline(CountingPipeline):
    """Parse a rate into a Decimal; an unreadable or implausible one stays raw and is counted."""

    name = "normalise/rates"

    def process_item(self, item: Any) -> Any:
        """Set the item's ``rate``, in place."""
        if isinstance(item, ExchangeRate):
            item.rate = parse_rate(item.rate_raw)
            self.count("read" if item.rate is not None else "refused")
        return item


class ViewsPipeline(CountingPipeline):
    """Parse a view count; an unreadable one stays raw and is counted."""

    name = "normalise/views"

    def process_item(self, item: Any) -> Any:
        """Set the item's ``views``, in place."""
        if isinstance(item, Article) and item.views_raw is not None:
            item.views = parse_count(item.views_raw)
            self.count("read" if item.views is not None else "refused")
        return item


class PeriodPipeline(CountingPipeline):
    """Drop articles outside of ``sections`` or of the period from ``since`` to ``until``, and count each.

    If a period is given, articles without a date are dropped too; not those of a day to come, which the next runs
    read again.
    """

    name = "dropped"

    def process_item(self, item: Any) -> Any:
        """Return the item or drop it."""
        if not isinstance(item, Article):
            return item
        arguments: CrawlArguments = self.crawler.spider.arguments  # type: ignore[union-attr]
        day = item.date_published or future_day(item.date_published_raw)
        if arguments.sections and item.section not in arguments.sections:
            reason = "other_section"
        elif arguments.is_bounded and day is None:
            reason = "undated"
        elif not arguments.wants(item.section, day):
            reason = "outside_period"
        else:
            return item
        self.count(reason)
        raise DropItem(f"{reason}: {item.url}", log_level="DEBUG")


class StorePipeline(CountingPipeline):
    """Store each item; pass on all but unchanged articles and those that lost a field."""

    name = "articles"

    def process_item(self, item: Any) -> Any:
        """Return the item or drop it."""
        crawl_store = CrawlStore.used_by(self.crawler)
        article_store = crawl_store.articles
        if not isinstance(item, Article):
            article_store.add_page_fact(item)
            return item
        key = article_key(item)
        if crawl_store.is_at_limit and not item.is_stored:
            # Requested before the limit was reached. Its page is not committed, so the next run reads it.
            article_store.discard_page(key)
            self.crawler.stats.inc_value("caravan/dropped/limit")
            raise DropItem(f"limit: {item.url}", log_level="DEBUG")
        change_type = article_store.add_article(item, key)
        self.count(change_type)
        if change_type in (ChangeType.UNCHANGED, ChangeType.LOST_FIELDS):
            raise DropItem(f"{change_type}: {item.url}", log_level="DEBUG")
        if change_type is not ChangeType.CARRIED:
            crawl_store.count_article()
        return item


def value_pipelines(settings: Mapping[str, Any]) -> list[Any]:
    """Return the pipelines that normalise values, in their order, for use without a crawl."""
    known = Settings(dict(settings))
    crawler = Crawler(Spider, known)
    crawler.stats = MemoryStatsCollector(crawler)
    order = sorted(known.getwithbase("ITEM_PIPELINES").items(), key=lambda item: item[1])
    classes = [load_object(path) for path, place in order if place is not None]
    return [build_from_crawler(one, crawler) for one in classes if not issubclass(one, (PeriodPipeline, StorePipeline))]


def run_pipelines(pipelines: Iterable[Any], item: Any) -> Any:
    """Return an item as :func:`value_pipelines` make it."""
    for pipeline in pipelines:
        item = pipeline.process_item(item)
    return item
