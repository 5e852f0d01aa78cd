"""Home page, sections, RSS and sitemaps."""

import re
from bisect import bisect_left
from collections.abc import Iterable
from datetime import date
from email.utils import format_datetime
from functools import cache
from itertools import groupby, islice

from caravan_crawler.sample_site.article import compose
from caravan_crawler.sample_site.frame import CONTACTS, SECTION_NAMES, scripted_cards
from caravan_crawler.sample_site.markup import Template, element, escape, link, quoted
from caravan_crawler.sample_site.newsroom import Newsroom
from caravan_crawler.sample_site.texts import TODAY, Rng, day_and_month, full_date

CARDS_ON_A_PAGE = 20
MONTHLY_INDEX = "sitemap.xml"

_HOT = 10
_HOME_CARDS = 24
_WITHOUT_PAGINATION = ("gazeta",)
"""Listings without links to their other pages, which exist."""
_ENDLESS = ("sport", "art")
"""Listings whose last page has a link to a next one, which is a 404."""

_RSS_LENGTH = 20
_URLS_IN_A_SITEMAP = 1000
_POST_SITEMAP = re.compile(r"post-sitemap([1-9]\d{0,5})\.xml")
_MONTHLY_SITEMAP = re.compile(r"sitemap(\d{6}|[1-9]\d{0,4})\.xml")
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'


class Listings:
    """Writer of pages of cards and of the feed; methods return None if there is no such page."""

    def __init__(self, template: Template, newsroom: Newsroom, cards_on_a_page: int, *, is_scripted: bool) -> None:
        self._cards_on_a_page = cards_on_a_page
        self._is_scripted = is_scripted
        self._template = template
        self._newsroom = newsroom

    def home(self, base_url: str) -> str:
        """The block of short lines known of generation 2, then cards."""
        newest = list(islice(self._newsroom.newest_listed(), _HOT + _HOME_CARDS))
        lines = "".join(self._hot_line(number) for number in newest[:_HOT])
        return f'<div class="hot-news__items">{lines}</div>' + self._cards(newest[_HOT:] or newest, base_url)

    def section(self, section: str, page: int, base_url: str) -> str | None:
        found = self._page(section, page)
        if found is None or (self._is_scripted and page > 1):
            return None
        title = element("h1", SECTION_NAMES[section], "listing__title")
        if self._is_scripted:
            return title + scripted_cards(section)
        numbers, pages = found
        return title + self._cards(numbers, base_url) + self._pagination(section, page, pages)

    def section_cards(self, section: str, page: int, base_url: str) -> tuple[str, bool] | None:
        """The cards alone of one page of a section, and whether it is the last."""
        found = self._page(section, page)
        return None if found is None else ("".join(self._card(n, base_url) for n in found[0]), page >= found[1])

    def rss(self, base_url: str) -> str:
        """Feed of the newest articles; those that only the feed leads to stay in it."""
        fixed = self._newsroom.rss_only
        numbers = sorted([*fixed, *islice(self._newsroom.newest_listed(), _RSS_LENGTH - len(fixed))], reverse=True)
        items = "".join(self._rss_item(number, base_url) for number in numbers)
        about = f"<title>Караван</title><link>{base_url}</link><description>Новости</description>"
        return f'{_XML}<rss version="2.0"><channel>{about}<language>ru</language>{items}</channel></rss>\n'

    def _page(self, section: str, page: int) -> tuple[list[int], int] | None:
        """Numbers of the articles on a page of a section, and the number of its pages."""
        listed = self._newsroom.listings.get(section)
        if listed is None or page < 1:
            return None
        end = len(listed) - (page - 1) * self._cards_on_a_page
        if end <= 0 and page > 1:
            return None
        return listed[max(end - self._cards_on_a_page, 0) : end][::-1], -(-len(listed) // self._cards_on_a_page)

    def _hot_line(self, number: int) -> str:
        published = self._newsroom.front(number).published
        printed = f"{published:%H:%M}" if published.date() == TODAY else day_and_month(published).lower()
        headline = link(self._newsroom.path(number), escape(self._newsroom.headline(number)))
        return element("article", f"{headline}<time>{printed}</time>")

    def _cards(self, numbers: Iterable[int], base_url: str) -> str:
        cards = "".join(self._card(number, base_url) for number in numbers)
        return element("div", cards, "listing__cards")

    def _card(self, number: int, base_url: str) -> str:
        headline = self._newsroom.headline(number)
        picture = f'<img src="/wp-content/uploads/images/{number + 1000}.jpg" alt="{quoted(headline)}">'
        title = element("span", escape(headline), "card__title")
        day = full_date(self._newsroom.day(number))
        date = element("span", day, "card__date") if self._template.dated_cards else ""
        return element("div", link(self._card_href(number, base_url), picture + title) + date, "BlockNewsCardImage")

    def _card_href(self, number: int, base_url: str) -> str:
        """Draw a form of the link; a short link only if the path is in a sitemap."""
        path = self._newsroom.path_on_cards(number)
        roll = Rng("card", number).below(20)
        if roll < 8:
            return path
        if roll < 12:
            return path[:-1]
        if roll < 16:
            return base_url + path[1:]
        if roll < 18 or not self._newsroom.kinds[number].is_in_sitemap or self._newsroom.id(number) is None:
            return path + "?utm_source=main&utm_medium=card"
        return self._newsroom.short_link(number)

    def _pagination(self, section: str, page: int, pages: int) -> str:
        if section in _WITHOUT_PAGINATION or pages == 0:
            return ""
        links = [
            link(f"/{section}/" if near == 1 else f"/{section}/page/{near}/", str(near))
            for near in range(max(page - 2, 1), min(page + 2, pages) + 1)
            if near != page
        ]
        if page < pages or section in _ENDLESS:
            links.append(f'<a rel="next" href="/{section}/page/{page + 1}/">Далее</a>')
        return element("div", " ".join(links), "pagination")

    def _rss_item(self, number: int, base_url: str) -> str:
        article = compose(self._newsroom, number)
        url = base_url + article.path[1:]
        guid = url if article.article_id is None else f"{base_url}?p={article.article_id}"
        description = article.opening.lede or article.opening.paragraphs[0]
        return (
            f"<item><title>{escape(article.headline)}</title><link>{url}</link>"
            f'<guid isPermaLink="false">{guid}</guid>'
            f"<pubDate>{format_datetime(article.front.published)}</pubDate>"
            f"<description>{escape(description)}</description></item>\n"
        )


def sitemap(newsroom: Newsroom, name: str, base_url: str) -> str | None:
    """Index and sitemaps of generations 1 to 3, with 1,000 articles each."""
    listed = newsroom.sitemap
    if name == "sitemap_index.xml":
        pages = -(-len(listed) // _URLS_IN_A_SITEMAP)
        names = [f"post-sitemap{page}.xml" for page in range(1, pages + 1)] + ["page-sitemap.xml"]
        return _sitemap_xml("sitemap", ((base_url + name, TODAY.isoformat()) for name in names))
    if name == "page-sitemap.xml":
        return _sitemap_xml("url", ((base_url + path[1:], TODAY.isoformat()) for path in ("/", CONTACTS)))
    match = _POST_SITEMAP.fullmatch(name)
    end = int(match[1]) * _URLS_IN_A_SITEMAP if match else 0
    numbers = listed[max(end - _URLS_IN_A_SITEMAP, 0) : end]
    day = newsroom.day
    entries = ((base_url + newsroom.path(n)[1:], day(n).isoformat()) for n in numbers)
    return _sitemap_xml("url", entries) if numbers else None


def _sitemap_xml(tag: str, entries: Iterable[tuple[str, str | None]]) -> str:
    """Sitemap (``url``) or index (``sitemap``) of URLs with optional lastmod."""
    root = "urlset" if tag == "url" else "sitemapindex"
    lines = "".join(
        f"<{tag}><loc>{url}</loc>{f'<lastmod>{moment}</lastmod>' if moment else ''}</{tag}>\n"
        for url, moment in entries
    )
    return f'{_XML}<{root} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{lines}</{root}>\n'


class MonthlySitemaps:
    """Sitemaps of generation 4: monthly ones, and numbered ones for older articles.

    Their names are known; the rest is invented: which months have one, how many URLs a numbered one has, and the dates.
    Some sitemaps and URLs have no lastmod. None is before the publication, and a sitemap's own is that of its newest
    entry. No article moves to another sitemap.
    """

    def __init__(self, newsroom: Newsroom, *, months: int, numbered: int) -> None:
        """Make ``months`` monthly sitemaps and at least ``numbered`` others."""
        self._newsroom = newsroom
        month = TODAY.year * 12 + TODAY.month - months
        self._first_monthly = newsroom.first_number_on(date(month // 12, month % 12 + 1, 1))
        self._numbered = numbered
        self._modified = cache(lambda number: newsroom.front(number).modified)

    def xml(self, name: str, base_url: str) -> str | None:
        if name == MONTHLY_INDEX:
            return self._index(base_url)
        match = _MONTHLY_SITEMAP.fullmatch(name)
        numbers = self._children().get(match[1]) if match else None
        return _sitemap_xml("url", (self._entry(number, base_url) for number in numbers)) if numbers else None

    def _index(self, base_url: str) -> str:
        """Months before numbers, newest first; some have no lastmod."""
        children = sorted(self._children().items(), key=lambda child: (len(child[0]) == 6, child[1][-1]), reverse=True)
        entries = []
        for place, (name, numbers) in enumerate(children):
            newest = max(map(self._modified, numbers)).isoformat() if place % 3 != 1 else None
            entries.append((f"{base_url}sitemap{name}.xml", newest))
        return _sitemap_xml("sitemap", entries)

    def _children(self) -> dict[str, list[int]]:
        """Numbers of the articles in each sitemap."""
        archive, newsroom = self._newsroom.monthly, self._newsroom
        older = archive[: bisect_left(archive, self._first_monthly)]
        size = min(max(-(-len(older) // self._numbered), 1), _URLS_IN_A_SITEMAP)
        starts = enumerate(range(0, len(older), size), start=1)
        children = {str(place): older[start : start + size] for place, start in starts}
        for month, numbers in groupby(archive[len(older) :], lambda n: f"{newsroom.day(n):%Y%m}"):
            children[month] = list(numbers)
        return children

    def _entry(self, number: int, base_url: str) -> tuple[str, str | None]:
        moment = self._modified(number)
        written = (None, moment.date().isoformat(), moment.isoformat(), moment.isoformat(timespec="minutes"))
        return base_url + self._newsroom.path(number)[1:], written[number % 4]
