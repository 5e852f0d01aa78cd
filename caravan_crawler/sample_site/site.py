"""The sample site as a function: an address in, an answer out."""

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any
from urllib.parse import parse_qs, unquote

from caravan_crawler.sample_site import feeds, masthead, trending
from caravan_crawler.sample_site.article import Article, compose
from caravan_crawler.sample_site.article_pages import ArticlePages
from caravan_crawler.sample_site.contacts import contacts_html
from caravan_crawler.sample_site.frame import Frame
from caravan_crawler.sample_site.gold import gold_record
from caravan_crawler.sample_site.layout import Layout
from caravan_crawler.sample_site.listings import CARDS_ON_A_PAGE, Listings
from caravan_crawler.sample_site.markup import Markup
from caravan_crawler.sample_site.newsroom import Newsroom
from caravan_crawler.sample_site.numbering import MOST_ARTICLES, short_link_redirects
from caravan_crawler.sample_site.response import GIF, RSS, TEXT, XML, SampleResponse, Validators, moved, ok
from caravan_crawler.sample_site.scripting import CARDS_BY_SCRIPT, Scripting
from caravan_crawler.sample_site.template import template

_ID_AT_END = re.compile(r"-(\d{4,7})$")
_POST_SITEMAP = re.compile(r"post-sitemap([1-9]\d{0,5})\.xml")
_PIXEL = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,"
    b"\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)


class SampleSite:
    """A site of ``articles`` articles in the template of ``markup_seed``; nothing is kept per article."""

    def __init__(self, articles: int = 300, markup_seed: int = 0, *, scripted: bool = False) -> None:
        """Raise ValueError unless 1 <= articles <= 1,998,000 and markup_seed >= 0.

        With ``scripted`` masthead, view counts and lists come by a script; the truth is the same.
        """
        if not 1 <= articles <= MOST_ARTICLES:
            raise ValueError(f"articles must be between 1 and {MOST_ARTICLES}, not {articles}")
        if markup_seed < 0:
            raise ValueError(f"markup_seed must not be negative, it is {markup_seed}")
        self.articles = articles
        self.markup_seed = markup_seed
        self._newsroom = Newsroom(Layout(articles))
        markup = Markup(template(markup_seed))
        self._trending = trending.entries(self._newsroom)
        head = masthead.masthead_html(markup)
        self._scripting = Scripting(markup, head) if scripted else None
        if self._scripting:
            head = self._scripting.masthead()
        self._frame = Frame(markup, head, trending.trending_html(markup, self._trending))
        self._pages = ArticlePages(markup, self._frame, Frame(markup, "", "", language="kk"))
        self._listings = Listings(markup, self._newsroom, CARDS_BY_SCRIPT if scripted else CARDS_ON_A_PAGE)
        self._contacts = contacts_html(markup)

    def publish(self, count: int) -> None:
        """Let ``count`` more articles appear: today's, in section news, at the top of the listings."""
        if count < 0 or self._newsroom.end + count > MOST_ARTICLES:
            raise ValueError(f"cannot publish {count} articles")
        self._newsroom.published += count

    def respond(self, target: str, base_url: str, headers: Mapping[str, str] | None = None) -> SampleResponse:
        """Answer a GET of ``target``, a path and query; ``headers``, in lower case, may hold conditions."""
        base_url = _with_slash(base_url)
        path, _, query = target.partition("#")[0].partition("?")
        parts = [part for part in unquote(path).split("/") if part]
        if self._scripting and parts[:1] == ["parts"]:
            answer = self._scripting.answer(parts[1:], self.article, partial(self._cards, base_url))
            return answer or self._not_found()
        return self._answer(parts, query, base_url, headers or {}) or self._not_found()

    def number_of(self, target: str) -> int | None:
        """The number of the article that ``target`` names, in whatever form of its address; else None."""
        path, _, query = target.partition("?")
        match [part for part in unquote(path).split("/") if part]:
            case []:
                wanted = _short_link_id(query)
                return None if wanted is None else self._newsroom.find_id(wanted)
            case ["amp", section, slug] | [section, slug]:
                return self._number_of(section, slug)
        return None

    def is_only_way(self, number: int) -> bool:
        """Whether some other article can be found through this one alone."""
        return self._newsroom.only_linked_from(number) is not None

    def article(self, number: int) -> Article:
        """Everything about article ``number``."""
        return compose(self._newsroom, number)

    def page(self, article: Article, base_url: str) -> bytes:
        """The article's own page in this site's template; ``article`` may be a changed one."""
        write = partial(self._pages.page, base_url=_with_slash(base_url))
        if self._scripting is None:
            return write(article)
        return self._scripting.with_script(self._scripting.page(article, write))

    def gold(self, base_url: str) -> Iterator[dict[str, Any]]:
        """The expected record of every article, oldest first, published ones included."""
        base_url = _with_slash(base_url)
        for number in range(self._newsroom.end):
            yield gold_record(compose(self._newsroom, number), base_url)

    def expected_trending(self, base_url: str) -> list[dict[str, Any]]:
        """The trending block in rank order, addresses canonical."""
        return trending.expected_trending(self._trending, _with_slash(base_url))

    def expected_rates(self) -> list[dict[str, Any]]:
        """The masthead's rates; ``rate`` is a Decimal, ``rate_raw`` the bullet as printed."""
        return masthead.expected_rates()

    def expected_weather(self) -> list[dict[str, Any]]:
        """The masthead's weather."""
        return masthead.expected_weather()

    def _answer(self, parts: list[str], query: str, base_url: str, headers: Mapping[str, str]) -> SampleResponse | None:
        match parts:
            case []:
                return self._home_or_short_link(query, base_url, headers)
            case ["amp", section, slug]:
                return self._amp(section, slug, base_url, headers)
            case [section, "page", page] if page.isascii() and page.isdigit():
                return self._listing(section, int(page[:9]), base_url)
            case ["wp-content", *_]:
                return ok(_PIXEL, GIF)
            case ["tag", slug]:
                return self._framed(self._listings.topic(slug, base_url), "Тема")
            case ["info", "kontakty"]:
                return self._framed(self._contacts, "Контакты")
            case [section, slug]:
                return self._article(section, slug, base_url, headers)
            case [name]:
                return self._file(name, base_url) or self._listing(name, 1, base_url)
        return None

    def _home_or_short_link(self, query: str, base_url: str, headers: Mapping[str, str]) -> SampleResponse | None:
        if not parse_qs(query).get("p"):
            return self._framed(self._listings.home(base_url), "Караван")
        wanted = _short_link_id(query)
        number = None if wanted is None else self._newsroom.find_id(wanted)
        if wanted is None or number is None:
            return None
        if short_link_redirects(wanted):
            return moved(base_url + self._newsroom.path(number)[1:])
        return self._article_page(number, base_url, headers)

    def _article(self, section: str, slug: str, base_url: str, headers: Mapping[str, str]) -> SampleResponse | None:
        number = self._number_of(section, slug)
        if number is None:
            return None
        path = self._newsroom.path(number)
        if path != f"/{section}/{slug}/":
            return moved(base_url + path[1:])
        return self._article_page(number, base_url, headers)

    def _amp(self, section: str, slug: str, base_url: str, headers: Mapping[str, str]) -> SampleResponse | None:
        number = self._number_of(section, slug)
        path = None if number is None else self._newsroom.amp_path(number)
        if number is None or path is None:
            return None
        if path != f"/amp/{section}/{slug}":
            return moved(base_url + path[1:])
        return self._article_page(number, base_url, headers, amp=True)

    def _number_of(self, section: str, slug: str) -> int | None:
        found = _ID_AT_END.search(slug)
        if found:
            return self._newsroom.find_id(int(found[1]))
        return self._newsroom.find_crime_slug(slug) if section == "crime" else None

    def _article_page(
        self, number: int, base_url: str, headers: Mapping[str, str], *, amp: bool = False
    ) -> SampleResponse:
        article = compose(self._newsroom, number)
        etag = f'"{"amp-" if amp else ""}{number}-{self.articles}-{self.markup_seed}"'
        validators = Validators(etag, article.front.modified)
        if headers and validators.unchanged(headers):
            return SampleResponse(304, validators.headers())
        page = self._pages.amp(article, base_url) if amp else self.page(article, base_url)
        return SampleResponse(200, ok(b"").headers | validators.headers(), page)

    def _listing(self, section: str, page: int, base_url: str) -> SampleResponse | None:
        if self._scripting is None:
            return self._framed(self._listings.section(section, page, base_url), "Лента")
        place = self._scripting.cards(section)
        return self._framed(self._listings.empty_section(section, place) if page == 1 else None, "Лента")

    def _cards(self, base_url: str, section: str, page: int) -> tuple[str, bool] | None:
        return self._listings.section_cards(section, page, base_url)

    def _file(self, name: str, base_url: str) -> SampleResponse | None:
        sitemap = _POST_SITEMAP.fullmatch(name)
        if sitemap:
            text = feeds.post_sitemap(self._newsroom, int(sitemap[1]), base_url)
            return ok(text, XML) if text else None
        match name:
            case "robots.txt":
                return ok(feeds.robots(base_url), TEXT)
            case "rss":
                return ok(feeds.rss(self._newsroom, self._listings.newest(), base_url), RSS)
            case "sitemap_index.xml":
                return ok(feeds.sitemap_index(self._newsroom, base_url), XML)
            case "page-sitemap.xml":
                return ok(feeds.page_sitemap(base_url), XML)
            case "search":
                return self._framed(self._listings.search(base_url), "Поиск")
        return None

    def _framed(self, main: str | None, title: str) -> SampleResponse | None:
        if main is None:
            return None
        page = self._frame.page(0, f"<title>{title} - Караван</title>", main)
        return ok(self._scripting.with_script(page) if self._scripting else page)

    def _not_found(self) -> SampleResponse:
        page = self._frame.page(0, "<title>404 - Караван</title>", "<h1>Страница не найдена</h1>")
        return SampleResponse(404, ok(b"").headers, page)


def _short_link_id(query: str) -> int | None:
    wanted = parse_qs(query).get("p", [""])[0] if "p=" in query else ""
    return int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) <= 9 else None


def _with_slash(base_url: str) -> str:
    return base_url if base_url.endswith("/") else base_url + "/"
