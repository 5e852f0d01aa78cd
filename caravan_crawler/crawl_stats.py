"""Stats of a crawl under ``caravan/``, and the detector of an outage of the site."""

import logging
from collections.abc import Callable

from scrapy.crawler import Crawler

from caravan_crawler.failures import RobotsUnreadError, end_run, is_refusal, is_unanswered
from caravan_crawler.items import FORBIDDEN, NOT_PARSED, OTHER_ARTICLE, UNSOUND, Failure, PageKind, PageWrites
from caravan_crawler.outcome import UNKNOWN_ENTRY_STAT, UNKNOWN_NEXT_STAT, entries_problem
from caravan_crawler.pages.page import PageReading

logger = logging.getLogger(__name__)

_MOST_UNANSWERED = 5
_MOST_REFUSED = 20


class OutageDetector:
    """Count consecutive pages without a response, or refused, each after all its retries.

    ``on_outage`` is called once, with a message.
    """

    def __init__(self, on_outage: Callable[[str], None]) -> None:
        self._on_outage = on_outage
        self._unanswered = 0
        self._refused = 0
        self._is_over = False

    def good(self) -> None:
        """Reset the counts: the site responded."""
        self._unanswered = self._refused = 0

    def bad(self, answered: bool) -> None:
        """Count a failed page: refused (5xx, 403, 429, challenge) if ``answered``, else without a response."""
        if answered:
            self._refused += 1
            self._unanswered = 0
        else:
            self._unanswered += 1
        if self._unanswered >= _MOST_UNANSWERED:
            message = f"{self._unanswered} pages in a row got no answer"
        elif self._refused >= _MOST_REFUSED:
            message = f"{self._refused} pages in a row were refused"
        else:
            return
        if not self._is_over:
            self._is_over = True
            self._on_outage(message)


class CrawlStats:
    """Count pages by kind, readers by fields found, and failures by reason; store the last failure.

    Every page and failure passes here, so this class also detects an outage, which ends the run.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._outage = OutageDetector(self._end)
        self._missed: set[str] = set()
        self._unasked = 0
        self._last_unasked = ("", "")

    def count(self, event: str, number: int = 1) -> None:
        """Count an event: ``pages/article``, ``absent/http_404`` …"""
        self._crawler.stats.inc_value(f"caravan/{event}", number)

    def page(self, kind: PageKind | None) -> None:
        """Count a page by its kind, if it was parsed; :meth:`fail` judges one of an unsound kind."""
        if kind is None or kind in NOT_PARSED:
            return
        self.count(f"pages/{kind}")
        if kind not in UNSOUND:
            self._outage.good()

    def reading(self, reading: PageReading) -> None:
        """Count a page, and for an article what each field's reader found or missed."""
        self.page(reading.kind)
        if reading.article is None:
            return
        for field, reader in reading.article.found_by.items():
            self.count(f"read/{field}/{reader}")
        for field in reading.missing:
            self.count(f"missing/{field}")
        for part, is_shown in reading.parts.items():
            self.count(f"read/{part}/visible_text" if is_shown else f"missing/{part}")

    def fail(self, writes: PageWrites, failure: Failure) -> PageWrites:
        """Count and log a failed page; return its writes with the failure."""
        writes.failure = failure
        reason, message = failure
        self.count(f"failed/{reason}")
        self._crawler.stats.set_value("caravan/last_failure", f"{writes.asked_url}: {message}")
        if reason == RobotsUnreadError.__name__:  # the same for every page that waits: one line at the end
            self._unasked += 1
            self._last_unasked = writes.asked_url, message
        else:
            logger.warning("Not read: %s (%s)", writes.asked_url, message)
        if is_unanswered(reason) or is_refusal(reason):
            self._outage.bad(answered=is_refusal(reason))
        else:
            self._outage.good()
        return writes

    def fail_again(self, writes: PageWrites, failure: Failure) -> PageWrites:
        """Return the result of a page whose failure is settled: it is stored, and does not count as a failed page."""
        self.count("absent/failed_before")
        writes.failure = failure
        return writes

    def miss(self, writes: PageWrites, failure: Failure, *, has_other_url: bool, is_sure: bool) -> PageWrites:
        """Return the result of a URL that did not lead to its article.

        An article counts as failed once, with the last of its URLs. Failures of its other URLs (``has_other_url``) are
        only stored. Without ``is_sure``, the URL may never have had an article, and the links of its page are kept.
        """
        key = writes.asked_key
        is_counted = key is None or is_refusal(failure.reason) or not (has_other_url or key in self._missed)
        if is_counted and failure.reason != OTHER_ARTICLE:
            self._missed.add(key or "")
            return self.fail(writes.bare() if is_sure else writes, failure)
        self.count("absent/wrong_address")
        logger.debug("A wrong address: %s (%s)", writes.asked_url, failure.message)
        return writes.bare(failure=failure)

    def forbidden(self, writes: PageWrites, url: str) -> PageWrites:
        """Count a page that robots.txt forbids, at ``url`` after redirects; return its result.

        Later runs request an article again, because the rules may be a mistake. The failure does not count as one.
        """
        self.count("forbidden")
        logger.info("Forbidden by robots.txt: %s", url)
        if writes.asked_key is not None and url == writes.asked_url:
            writes.failure = Failure(FORBIDDEN, "robots.txt forbids it")
        elif writes.asked_key is not None:
            writes.failure = Failure("redirected", f"it redirects to {url}, which robots.txt forbids")
        return writes

    def refused(self, page_url: str, problem: str) -> None:
        """Count and log a URL that is not followed."""
        self.count("refused/address")
        logger.info("Not followed, on %s: %s", page_url, problem)

    def unknown_next(self, path: str, url: str) -> None:
        """Count and log a listing's link to its next page that is not understood."""
        self.count("refused/next_page")
        self._crawler.stats.set_value(UNKNOWN_NEXT_STAT, url)
        logger.warning("The list %s is not read further: its next page is at an address of unknown form: %s", path, url)

    def entries(self, number: int, unknown: int, last_unknown: str | None) -> None:
        """Count entries of feeds and sitemaps, and those at addresses of unknown form; log that if notable."""
        self.count("entries", number)
        if unknown:
            self.count("refused/entry_address", unknown)
            self._crawler.stats.set_value(UNKNOWN_ENTRY_STAT, last_unknown)
        if problem := entries_problem(self._crawler.stats.get_stats()):
            logger.warning("%s", problem)

    def close(self) -> None:
        """Log how many pages were not requested without robots.txt."""
        if self._unasked:
            url, message = self._last_unasked
            logger.warning("Not read: %s (%s)", url if self._unasked == 1 else f"{self._unasked} pages", message)

    def _end(self, message: str) -> None:
        logger.error("The run ends: %s", message)
        self._crawler.stats.set_value("caravan/outage", message)
        end_run(self._crawler, "outage")
