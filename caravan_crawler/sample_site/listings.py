"""Home page, section listings and topic pages: cards that lead to articles."""

from collections.abc import Iterable
from itertools import islice

from caravan_crawler.sample_site.article import all_topics, compose, tags_of_theme
from caravan_crawler.sample_site.dice import Dice
from caravan_crawler.sample_site.markup import Markup, escape
from caravan_crawler.sample_site.menu import SECTION_NAMES
from caravan_crawler.sample_site.newsroom import Newsroom
from caravan_crawler.sample_site.printed_dates import full, without_year
from caravan_crawler.sample_site.slugs import slug
from caravan_crawler.sample_site.timeline import TODAY
from caravan_crawler.sample_site.trending import TOPICS

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
        roll = Dice("card", number).below(20)
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
