"""Home page, sections, topics, RSS, sitemaps and robots.txt."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from email.utils import format_datetime
from functools import cached_property
from itertools import groupby, islice

from caravan_crawler.sample_site.article import all_topics, compose, tags_of_theme
from caravan_crawler.sample_site.frame import CONTACTS, SECTION_NAMES, TOPICS
from caravan_crawler.sample_site.front_matter import full, without_year
from caravan_crawler.sample_site.markup import Markup, escape
from caravan_crawler.sample_site.newsroom import Newsroom, slug
from caravan_crawler.sample_site.plan import TODAY
from caravan_crawler.sample_site.rng import Rng

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


INDEX = "sitemap.xml"
_NAME = re.compile(r"sitemap(\d{6}|[1-9]\d{0,4})\.xml")
_MOST_IN_ONE = 1000


class MonthlySitemaps:
    """Writes the index and its children. No article moves from one child to another."""

    def __init__(self, newsroom: Newsroom, *, months: int, numbered: int) -> None:
        """The newest ``months`` have sitemaps of their own, what is older has ``numbered`` ones, or more if it must."""
        self._newsroom = newsroom
        self._layout = newsroom.layout
        month = TODAY.year * 12 + TODAY.month - months
        self._first_monthly = self._layout.timeline.first_number_on(date(month // 12, month % 12 + 1, 1))
        self._numbered = numbered
        self._moments: dict[int, datetime] = {}

    def answer(self, name: str, base_url: str) -> str | None:
        """The sitemap of this name; None where there is none."""
        if name == INDEX:
            return self._index(base_url)
        match = _NAME.fullmatch(name)
        numbers = self._children().get(match[1]) if match else None
        return None if numbers is None else urls_of(self._entry(number, base_url) for number in numbers)

    def _index(self, base_url: str) -> str:
        """Months before numbers, and the newest first; one of three has no lastmod, but the newest has."""
        children = list(self._children().items())
        children.sort(key=lambda child: (len(child[0]) == 6, child[1][-1]), reverse=True)
        return sitemap_index_of(
            (f"{base_url}sitemap{name}.xml", None if place % 3 == 1 else self._lastmod(numbers).isoformat())
            for place, (name, numbers) in enumerate(children)
        )

    def _children(self) -> dict[str, Sequence[int]]:
        """The numbers of the articles in each sitemap."""
        archive = self._archive
        older = archive[: bisect_left(archive, self._first_monthly)]
        in_one = min(max(-(-len(older) // self._numbered), 1), _MOST_IN_ONE)
        children: dict[str, Sequence[int]] = {
            str(place): older[start : start + in_one]
            for place, start in enumerate(range(0, len(older), in_one), start=1)
        }
        published = [n for n in range(self._layout.articles, self._newsroom.end) if self._layout.generation(n) == 4]
        for month, numbers in groupby([*archive[len(older) :], *published], self._month):
            children[month] = list(numbers)
        return children

    @cached_property
    def _archive(self) -> list[int]:
        monthly = self._layout.monthly()
        return list(monthly.span(0, len(monthly)))

    def _month(self, number: int) -> str:
        return f"{self._layout.timeline.day(number):%Y%m}"

    def _lastmod(self, numbers: Sequence[int]) -> datetime:
        return max(self._modified(number) for number in numbers)

    def _modified(self, number: int) -> datetime:
        if number not in self._moments:
            self._moments[number] = self._newsroom.front(number).modified
        return self._moments[number]

    def _entry(self, number: int, base_url: str) -> tuple[str, str | None]:
        moment = self._modified(number)
        written = (None, moment.date().isoformat(), moment.isoformat(), moment.isoformat(timespec="minutes"))
        return base_url + self._newsroom.path(number)[1:], written[number % 4]


CARDS_ON_A_PAGE = 20
_HOT = 10
_HOME_CARDS = 24
_TOPIC_SEARCH_DEPTH = 600

WITHOUT_PAGINATION = frozenset({"gazeta"})
"""Listings with no links to their other pages; these answer all the same."""
ENDLESS = frozenset({"sport", "art"})
"""Listings whose last page still has a link to a next one, which is a 404."""


class Listings:
    """Writes the main part of every page of cards; None where there is no such page."""

    def __init__(self, markup: Markup, newsroom: Newsroom, cards_on_a_page: int = CARDS_ON_A_PAGE) -> None:
        self._most = cards_on_a_page
        self._markup = markup
        self._newsroom = newsroom
        self.topics = {slug(topic): topic for topic in (*all_topics(), *TOPICS)}

    def newest(self) -> Iterable[int]:
        """Listed numbers of all sections, newest first."""
        yield from range(self._newsroom.end - 1, self._newsroom.layout.articles - 1, -1)
        yield from self._newsroom.layout.newest_listed()

    def home(self, base_url: str) -> str:
        """The block of short lines known of generation 2, then cards."""
        newest = list(islice(self.newest(), _HOT + _HOME_CARDS))
        lines = "".join(self._hot_line(number) for number in newest[:_HOT])
        hot = f"<div{self._markup.known('hot-news__items')}>{lines}</div>"
        return hot + self._cards(newest[_HOT:] or newest, base_url)

    def section(self, section: str, page: int, base_url: str) -> str | None:
        """One page of a section, 20 cards, newest first."""
        found = self._page(section, page)
        if found is None:
            return None
        numbers, pages = found
        return self._title(section) + self._cards(numbers, base_url) + self._pagination(section, page, pages)

    def empty_section(self, section: str, place: str) -> str | None:
        """A section's only page, with a ``place`` for its cards."""
        return self._title(section) + place if section in self._newsroom.layout.listings else None

    def section_cards(self, section: str, page: int, base_url: str) -> tuple[str, bool] | None:
        """The cards of one page of a section alone, and whether it is the last."""
        found = self._page(section, page)
        return None if found is None else ("".join(self._card(n, base_url) for n in found[0]), page >= found[1])

    def _title(self, section: str) -> str:
        return self._markup.element("h1", SECTION_NAMES[section], "listing__title")

    def _page(self, section: str, page: int) -> tuple[list[int], int] | None:
        """The numbers of the articles on a page of a section, and how many pages that has."""
        if section not in self._newsroom.layout.listings or page < 1:
            return None
        roster = self._newsroom.layout.listings[section]
        fresh = self._newsroom.published if section == "news" else 0
        total = fresh + len(roster)
        first = (page - 1) * self._most
        if first >= total and page > 1:
            return None
        numbers = [
            self._newsroom.end - 1 - k if k < fresh else roster[total - 1 - k]
            for k in range(first, min(first + self._most, total))
        ]
        return numbers, -(-total // self._most)

    def topic(self, topic_slug: str, base_url: str) -> str | None:
        """Some of the newest articles about a topic; trending topics match no article and get a few."""
        topic = self.topics.get(topic_slug)
        if topic is None:
            return None
        near = list(islice(self.newest(), _TOPIC_SEARCH_DEPTH))
        matching = [n for n in near if topic in tags_of_theme(self._newsroom, n)]
        title = self._markup.element("h1", escape(topic), "listing__title")
        return title + self._cards((matching or near)[:CARDS_ON_A_PAGE], base_url)

    def search(self, base_url: str) -> str:
        """What robots.txt asks not to be fetched."""
        return self._cards(list(islice(self.newest(), 5)), base_url)

    def _hot_line(self, number: int) -> str:
        published = compose(self._newsroom, number).front.published
        today = published.date() == TODAY
        printed = f"{published:%H:%M}" if today else without_year(published).lower()
        link = self._markup.link(self._newsroom.path(number), escape(self._newsroom.headline(number)))
        return self._markup.element("article", f"{link}<time>{printed}</time>")

    def _cards(self, numbers: Iterable[int], base_url: str) -> str:
        cards = "".join(self._card(number, base_url) for number in numbers)
        return self._markup.element("div", cards, "listing__cards")

    def _card(self, number: int, base_url: str) -> str:
        markup = self._markup
        headline = self._newsroom.headline(number)
        image = f"/wp-content/uploads/images/{number + 1000}.jpg"
        picture = f"<img{markup.attribute('src', image)}{markup.attribute('alt', headline)}>"
        date = ""
        if markup.template.dated_cards:
            date = markup.element("span", full(self._newsroom.layout.timeline.day(number)), "card__date")
        title = markup.element("span", escape(headline), "card__title")
        link = markup.link(self._card_href(number, base_url), picture + title)
        return f"{markup.indent}<div{markup.known('BlockNewsCardImage')}>{link}{date}</div>"

    def _card_href(self, number: int, base_url: str) -> str:
        """Cards link in every form; by short link only where the sitemap has the article's own path."""
        path = self._newsroom.path_on_cards(number)
        roll = Rng("card", number).below(20)
        if roll < 8:
            return path
        if roll < 12:
            return path[:-1]
        if roll < 16:
            return base_url + path[1:]
        has_other_link = number in self._newsroom.layout.sitemap
        if roll < 18 or not has_other_link or self._newsroom.id(number) is None:
            return path + "?utm_source=main&utm_medium=card"
        return self._newsroom.short_link(number)

    def _pagination(self, section: str, page: int, pages: int) -> str:
        if section in WITHOUT_PAGINATION or pages == 0:
            return ""
        markup = self._markup
        links = [
            markup.link(_page_path(section, near), str(near))
            for near in range(max(page - 2, 1), min(page + 2, pages) + 1)
            if near != page
        ]
        if page < pages or section in ENDLESS:
            following = markup.attribute("href", _page_path(section, page + 1))
            links.append(f"<a{markup.attribute('rel', 'next')}{following}>Далее</a>")
        return markup.element("div", " ".join(links), "pagination")


def _page_path(section: str, page: int) -> str:
    return f"/{section}/" if page == 1 else f"/{section}/page/{page}/"
