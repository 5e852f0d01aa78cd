"""What machines read: RSS, robots.txt and the sitemaps."""

from collections.abc import Iterable
from email.utils import format_datetime
from itertools import islice

from caravan_crawler.sample_site.article import compose
from caravan_crawler.sample_site.markup import escape
from caravan_crawler.sample_site.menu import CONTACTS
from caravan_crawler.sample_site.newsroom import Newsroom
from caravan_crawler.sample_site.timeline import TODAY

RSS_LENGTH = 20
URLS_IN_A_SITEMAP = 1000
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SITEMAP_NAMESPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def robots(sitemap: str | None) -> str:
    """What a crawler must not fetch, and where the sitemap is, if the site says so."""
    rules = "User-agent: *\nDisallow: /search/\nDisallow: /wp-admin/\n"
    return f"{rules}\nSitemap: {sitemap}\n" if sitemap else rules


def rss(newsroom: Newsroom, newest: Iterable[int], base_url: str) -> str:
    """The newest articles. Those that only the feed leads to keep their places when others come."""
    kept = newsroom.layout.rss_only()
    numbers = sorted([*kept, *islice(newest, RSS_LENGTH - len(kept))], reverse=True)
    items = "".join(_rss_item(newsroom, number, base_url) for number in numbers)
    channel = f"<title>Караван</title><link>{base_url}</link><description>Новости</description><language>ru</language>"
    return f'{_XML}<rss version="2.0"><channel>{channel}{items}</channel></rss>\n'


def _rss_item(newsroom: Newsroom, number: int, base_url: str) -> str:
    article = compose(newsroom, number)
    url = base_url + article.path[1:]
    guid = url if article.article_id is None else f"{base_url}?p={article.article_id}"
    description = article.opening.lede or article.opening.paragraphs[0]
    return (
        f"<item><title>{escape(article.headline)}</title><link>{url}</link>"
        f'<guid isPermaLink="false">{guid}</guid>'
        f"<pubDate>{format_datetime(article.front.published)}</pubDate>"
        f"<description>{escape(description)}</description></item>\n"
    )


def sitemap_index(newsroom: Newsroom, base_url: str) -> str:
    """The sitemaps of articles and the one of other pages."""
    pages = -(-len(newsroom.layout.sitemap) // URLS_IN_A_SITEMAP)
    names = [f"post-sitemap{page}.xml" for page in range(1, pages + 1)] + ["page-sitemap.xml"]
    return sitemap_index_of((base_url + name, TODAY.isoformat()) for name in names)


def post_sitemap(newsroom: Newsroom, page: int, base_url: str) -> str | None:
    """One thousand own paths, oldest first; None beyond the end."""
    first = (page - 1) * URLS_IN_A_SITEMAP
    numbers = list(newsroom.layout.sitemap.span(first, first + URLS_IN_A_SITEMAP)) if page >= 1 else []
    if not numbers:
        return None
    day = newsroom.layout.timeline.day
    return urls_of((base_url + newsroom.path(n)[1:], day(n).isoformat()) for n in numbers)


def page_sitemap(base_url: str) -> str:
    """The pages that are no articles."""
    return urls_of((base_url + path[1:], TODAY.isoformat()) for path in ("/", CONTACTS))


def sitemap_index_of(sitemaps: Iterable[tuple[str, str | None]]) -> str:
    """An index of sitemaps, each with its lastmod or without."""
    return f"{_XML}<sitemapindex {_SITEMAP_NAMESPACE}>\n{_entries('sitemap', sitemaps)}</sitemapindex>\n"


def urls_of(urls: Iterable[tuple[str, str | None]]) -> str:
    """A sitemap of pages, each with its lastmod or without."""
    return f"{_XML}<urlset {_SITEMAP_NAMESPACE}>\n{_entries('url', urls)}</urlset>\n"


def _entries(tag: str, entries: Iterable[tuple[str, str | None]]) -> str:
    return "".join(
        f"<{tag}><loc>{url}</loc>{f'<lastmod>{moment}</lastmod>' if moment else ''}</{tag}>\n"
        for url, moment in entries
    )
