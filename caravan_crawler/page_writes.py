"""The result of one page: the spider yields it, ``PageCommitMiddleware`` commits it."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

#: Reason: the URL leads to another article than the one it names.
OTHER_ARTICLE = "other_article"
#: Key in ``Request.meta``, and in that of a waiting article: a feed, a sitemap or a listing names it as an article.
NAMED = "named"


class Failure(NamedTuple):
    """Why a page could not be read: a stats key and a message."""

    reason: str
    message: str


@dataclass
class PageWrites:
    """The result of one page, stored in one transaction: with its item if it has one, else without."""

    asked_url: str = ""
    """The URL that was requested."""
    asked_key: str | None = None
    """The key of the article that was requested."""
    article_key: str | None = None
    """The article that the page is of, if any."""
    has_item: bool = False
    """Whether the article's item follows."""
    other_kind: str | None = None
    """If the requested URL has no article, the kind of its page; ``alias`` for a redirect to an article."""
    failure: Failure | None = None
    """Why the page was not read, or only in part."""
    is_unmodified: bool = False
    """Whether the server responded with 304."""
    links: list[tuple[str, str]] = field(default_factory=list)
    """Key and URL of each article found."""
    aside: list[tuple[str, str]] = field(default_factory=list)
    """Key and URL of each speculative URL that is deferred."""
    named: set[str] = field(default_factory=set)
    """Keys of those ``links`` that a feed, a sitemap or a listing's card names as articles."""
    aliases: list[tuple[str, str]] = field(default_factory=list)
    """Further URLs of articles, each with the article's key."""
    sources: list[dict[str, Any]] = field(default_factory=list)
    """Rows of listings and sitemaps, the page's own among them."""
    new_lists: list[dict[str, Any]] = field(default_factory=list)
    """Rows of listings met first here."""
    reach: dict[str, Any] = field(default_factory=dict)
    """``meta`` for the requests to ``links`` (:class:`~caravan_crawler.frontier.speculative_urls.Reach`)."""
    found_by: dict[str, str] = field(default_factory=dict)
    """Field to reader."""
    etag: str | None = None
    """Header of the response, as is ``last_modified``."""
    last_modified: str | None = None
    page_facts: dict[str, bool] = field(default_factory=dict)
    """For an article's page, whether it has rates, weather and trending topics."""
