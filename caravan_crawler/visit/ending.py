"""The end of a run before its time, in order: what was read is kept, nothing more is asked."""

from scrapy.crawler import Crawler
from scrapy.utils.defer import deferred_from_coro

#: Why the run ends before all is read, for what still waits to be sent.
_ENDING_STAT = "caravan/ended_by"


class RunEndsError(Exception):
    """A request was not sent, as the run ends."""


def end_run(crawler: Crawler, reason: str) -> None:
    """Close the spider with ``reason`` as its ``finish_reason``; a second call changes nothing."""
    if crawler.stats.get_value(_ENDING_STAT) or crawler.engine.spider is None:
        return
    crawler.stats.set_value(_ENDING_STAT, reason)
    deferred_from_coro(crawler.engine.close_spider_async(reason=reason))


def is_ending(crawler: Crawler) -> bool:
    """Whether the run is being ended by :func:`end_run` or was stopped by a signal."""
    return not crawler.engine.running or crawler.stats.get_value(_ENDING_STAT) is not None
