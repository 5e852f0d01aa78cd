"""Filter by period and sections, from the dates in listings, feeds and sitemaps."""

from datetime import UTC, date, datetime

from caravan_crawler.arguments import CrawlArguments
from caravan_crawler.normalise.dates import decide_publication, parse_date
from caravan_crawler.pages.article import ArticleReading


class Period:
    """Filter of articles by the dates and sections of their links.

    The pipeline filters again by the article's own date.
    """

    def __init__(self, arguments: CrawlArguments) -> None:
        self._since = arguments.since
        self._until = arguments.until
        self._sections = arguments.sections

    @property
    def is_bounded(self) -> bool:
        """Whether the run has a period."""
        return self._since is not None or self._until is not None

    @property
    def bounds(self) -> tuple[date | None, date | None]:
        """First and last day of the period; None for each that is not set."""
        return self._since, self._until

    def has_section(self, section: str | None) -> bool:
        """Whether a section is requested; an unknown section (None) may be."""
        return section is None or not self._sections or section in self._sections

    def wants(self, section: str | None, published: str | None) -> bool:
        """Whether the section and day are requested; an article without a day only if there is no period."""
        if not self.has_section(section):
            return False
        if published is None:
            return not self.is_bounded
        day = date.fromisoformat(published)
        return not (self._since and day < self._since) and not (self._until and day > self._until)

    def is_before(self, day: date | None) -> bool:
        """Whether ``day`` is known and before the period."""
        return day is not None and self._since is not None and day < self._since

    def is_open_to(self, printed: str | None) -> bool:
        """Whether an article with this date in a listing may be in the period; without a date it may.

        ``5 августа`` is this year or earlier. It may be before the period, but is never treated as after it.
        """
        if printed is None or not self.is_bounded:
            return True
        parsed = parse_date(printed, datetime.now(UTC))
        if parsed.day is None:
            return True
        if self._until and parsed.day > self._until and not parsed.inferred:
            return False
        return not (self._since and parsed.day < self._since)


def day_of(printed: str | None) -> date | None:
    """Return the day of a printed date, read now, or None."""
    if printed is None:
        return None
    try:
        return date.fromisoformat(printed)  # most are days already
    except ValueError:
        return parse_date(printed, datetime.now(UTC)).day


def day_of_article(article: ArticleReading) -> date | None:
    """Return the day an article was published, or None if its page has none."""
    return decide_publication(article.date_published, article.date_structured, datetime.now(UTC)).date.day
