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
    """The result of one page, stored in one transaction: with its item if it has one, else without.

    - ``asked_url``, ``asked_key``: the URL and article key that were requested;
    - ``article_key``: the article the page is of, if any; ``has_item``: its item follows;
    - ``other_kind``: if the requested URL has no article, the kind of its page; ``alias`` for a redirect to an article;
    - ``failure``: why the page was not read, or only in part; ``is_unmodified``: the server responded with 304;
    - ``links``: key and URL of each article found; ``aside``: of each speculative URL that is deferred;
    - ``named``: keys of those ``links`` that a feed, a sitemap or a listing's card names as articles;
    - ``aliases``: URL and article key of further URLs of articles;
    - ``sources``: rows of listings and sitemaps, the page's own among them; ``new_lists``: of listings met first here;
    - ``reach``: ``meta`` for the requests to ``links`` (:class:`~caravan_crawler.frontier.speculative_urls.Reach`);
    - ``found_by``: field to reader; ``etag``, ``last_modified``: headers of the response;
    - ``page_facts``: for an article's page, whether it has rates, weather and trending topics.
    """

    asked_url: str = ""
    asked_key: str | None = None
    article_key: str | None = None
    has_item: bool = False
    other_kind: str | None = None
    failure: Failure | None = None
    is_unmodified: bool = False
    links: list[tuple[str, str]] = field(default_factory=list)
    aside: list[tuple[str, str]] = field(default_factory=list)
    named: set[str] = field(default_factory=set)
    aliases: list[tuple[str, str]] = field(default_factory=list)
    sources: list[dict[str, Any]] = field(default_factory=list)
    new_lists: list[dict[str, Any]] = field(default_factory=list)
    reach: dict[str, Any] = field(default_factory=dict)
    found_by: dict[str, str] = field(default_factory=dict)
    etag: str | None = None
    last_modified: str | None = None
    page_facts: dict[str, bool] = field(default_factory=dict)
