"""What machines read: RSS, robots.txt and the sitemaps."""

from collections.abc import Iterable
from email.utils import format_datetime
from itertools import islice

from caravan_crawler.sample_site.article import compose
from caravan_crawler.sample_site.markup import escape
from caravan_crawler.sample_site.menu import CONTACTS
from caravan_crawler.sample_site.newsroom import Newsroom
from caravan_crawler.sample_site.numbering import article_id
from caravan_crawler.sample_site.timeline import TODAY

RSS_LENGTH = 20
URLS_IN_A_SITEMAP = 1000
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SITEMAP_NAMESPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def robots(base_url: str) -> str:
    """What a crawler must not fetch, and where the sitemap is."""
    return f"User-agent: *\nDisallow: /search/\nDisallow: /wp-admin/\n\nSitemap: {base_url}sitemap_index.xml\n"


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
    guid = url if article.article_id is None else f"{base_url}?p={article_id(number)}"
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
    entries = "".join(
        f"<sitemap><loc>{base_url}{name}</loc><lastmod>{TODAY.isoformat()}</lastmod></sitemap>\n" for name in names
    )
    return f"{_XML}<sitemapindex {_SITEMAP_NAMESPACE}>\n{entries}</sitemapindex>\n"


def post_sitemap(newsroom: Newsroom, page: int, base_url: str) -> str | None:
    """One thousand own paths, oldest first; None beyond the end."""
    first = (page - 1) * URLS_IN_A_SITEMAP
    numbers = list(newsroom.layout.sitemap.span(first, first + URLS_IN_A_SITEMAP)) if page >= 1 else []
    if not numbers:
        return None
    day = newsroom.layout.timeline.day
    return _urls((base_url + newsroom.path(n)[1:], day(n).isoformat()) for n in numbers)


def page_sitemap(base_url: str) -> str:
    """The pages that are no articles."""
    return _urls((base_url + path[1:], TODAY.isoformat()) for path in ("/", CONTACTS))


def _urls(urls: Iterable[tuple[str, str]]) -> str:
    entries = "".join(f"<url><loc>{url}</loc><lastmod>{day}</lastmod></url>\n" for url, day in urls)
    return f"{_XML}<urlset {_SITEMAP_NAMESPACE}>\n{entries}</urlset>\n"
