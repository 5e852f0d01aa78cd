"""The sample site as a function: an address in, an answer out."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote

from caravan_crawler.sample_site import frame, listings
from caravan_crawler.sample_site.article import Article, compose, part_of
from caravan_crawler.sample_site.expected import expected_record
from caravan_crawler.sample_site.frame import Frame, contacts_html
from caravan_crawler.sample_site.listings import CARDS_ON_A_PAGE, INDEX, Listings, MonthlySitemaps
from caravan_crawler.sample_site.markup import Markup, Template, template
from caravan_crawler.sample_site.newsroom import Newsroom
from caravan_crawler.sample_site.one_generation import (
    Form,
    Found,
    OldAddresses,
    OtherAddresses,
    SingleNewsroom,
    SinglePlan,
)
from caravan_crawler.sample_site.pages import ArticlePages
from caravan_crawler.sample_site.plan import MOST_ARTICLES, MixedPlan, short_link_redirects
from caravan_crawler.sample_site.response import GIF, RSS, TEXT, XML, SampleResponse, Validators, moved, ok
from caravan_crawler.sample_site.scripted import CARDS_BY_SCRIPT, ScriptedParts

_POST_SITEMAP = re.compile(r"post-sitemap([1-9]\d{0,5})\.xml")
_PIXEL = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,"
    b"\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)


_CARDS_ON_A_SHORT_PAGE = 10


class MovedArticle(NamedTuple):
    """An article before and after a move from generation 3 to 4."""

    old_url: str
    new_url: str
    article_id: int
    style: OldAddresses
    """How the old address answers after the move."""


class SampleSite:
    """A site of ``articles`` articles in the template of ``markup_seed``.

    By default it has pages of all generations and keeps nothing per article. With a ``generation``, 3 or 4, all pages
    are of that one; the articles are those of ``seed``, the same in both generations, and ``old_addresses`` says how
    generation 4 answers the addresses of generation 3.
    """

    def __init__(
        self,
        articles: int = 300,
        markup_seed: int | None = None,
        *,
        scripted: bool = False,
        generation: int | None = None,
        seed: int = 0,
        old_addresses: OldAddresses = "mixed",
    ) -> None:
        """Raise ValueError unless 1 <= articles <= 1,998,000 (200,000 with a generation) and the seeds are in range.

        ``markup_seed`` is ``seed`` where it is not given. With ``scripted`` masthead, view counts and lists come by a
        script; the truth is the same.
        """
        if not 1 <= articles <= MOST_ARTICLES:
            raise ValueError(f"articles must be between 1 and {MOST_ARTICLES}, not {articles}")
        if scripted and generation is not None:
            raise ValueError("a site of one generation cannot be scripted")
        self.articles = articles
        self.seed = seed
        self.identity = f"seed={seed} generation={generation or 'all'} articles={articles}"
        """What tells the site from all others, whatever it publishes and wherever it moves later."""
        self.markup_seed = seed if markup_seed is None else markup_seed
        if self.markup_seed < 0:
            raise ValueError(f"markup_seed must not be negative, it is {self.markup_seed}")
        self.generation = generation
        self._old_addresses: OldAddresses = old_addresses
        self._is_scripted = scripted
        self._build()

    def _build(self) -> None:
        """Make everything that depends on the generation."""
        self._other_addresses: OtherAddresses | None = None
        if self.generation is None:
            self._newsroom = Newsroom(MixedPlan(self.articles))
        else:
            layout = SinglePlan(self.articles, self.generation, self.seed)
            newsroom = SingleNewsroom(layout, self._old_addresses)
            self._newsroom = newsroom
            self._other_addresses = OtherAddresses(newsroom)
        # Of all generations, the fourth is the smallest part.
        months, numbered = (24, 15) if self.generation == 4 else (6, 1)
        self._monthly_sitemaps = MonthlySitemaps(self._newsroom, months=months, numbered=numbered)
        markup = Markup(_template(self.markup_seed, self.generation))
        self._trending = frame.trending_entries(self._newsroom)
        head = frame.masthead_html(markup)
        self._scripting = ScriptedParts(markup, head) if self._is_scripted else None
        if self._scripting:
            head = self._scripting.masthead()
        sections = self._newsroom.layout.listings
        self._frame = Frame(markup, head, frame.trending_html(markup, self._trending), sections)
        self._pages = ArticlePages(markup, self._frame, Frame(markup, "", "", sections, language="kk"))
        cards = _CARDS_ON_A_SHORT_PAGE if self.generation == 4 else CARDS_ON_A_PAGE
        self._listings = Listings(markup, self._newsroom, CARDS_BY_SCRIPT if self._is_scripted else cards)
        self._contacts = contacts_html(markup)

    def publish(self, count: int) -> None:
        """Let ``count`` more articles appear: today's, in section news, at the top of the listings."""
        if count < 0 or self._newsroom.end + count > MOST_ARTICLES:
            raise ValueError(f"cannot publish {count} articles")
        self._newsroom.published += count

    def move(self) -> None:
        """Move the site from generation 3 to 4: the same articles under new addresses. ValueError where it cannot."""
        if self.generation != 3:
            raise ValueError("only a site of generation 3 can move")
        published = self._newsroom.published
        self.generation = 4
        self._build()
        self._newsroom.published = published

    def moved_articles(self, base_url: str) -> Iterator[MovedArticle]:
        """The old and the new address of every article of a site of generation 4, oldest first."""
        newsroom = self._newsroom
        assert isinstance(newsroom, SingleNewsroom)
        base = _with_slash(base_url)
        for number in range(newsroom.end):
            old, new = base + newsroom.old_path(number)[1:], base + newsroom.path(number)[1:]
            yield MovedArticle(old, new, newsroom.short_id(number), newsroom.old_style(number))

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
        parts = [part for part in unquote(path).split("/") if part]
        other = self._other_addresses.find(parts, query) if self._other_addresses else None
        if other:
            return other.number
        match parts:
            case []:
                wanted = _short_link_id(query)
                return None if wanted is None else self._newsroom.find_id(wanted)
            case ["amp", section, slug] | [section, slug]:
                return self._newsroom.find(section, slug)
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
            yield expected_record(compose(self._newsroom, number), base_url)

    def expected_trending(self, base_url: str) -> list[dict[str, Any]]:
        """The trending block in rank order, addresses canonical."""
        return frame.expected_trending(self._trending, _with_slash(base_url))

    def expected_rates(self) -> list[dict[str, Any]]:
        """The masthead's rates; ``rate`` is a Decimal, ``rate_raw`` the bullet as printed."""
        return frame.expected_rates()

    def expected_weather(self) -> list[dict[str, Any]]:
        """The masthead's weather."""
        return frame.expected_weather()

    def _answer(self, parts: list[str], query: str, base_url: str, headers: Mapping[str, str]) -> SampleResponse | None:
        other = self._other_addresses.find(parts, query) if self._other_addresses else None
        if other:
            return self._other(other, base_url, headers)
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
        number = self._newsroom.find(section, slug)
        if number is None:
            return None
        path = self._newsroom.path(number)
        if unquote(path) != f"/{section}/{slug}/":
            return moved(base_url + path[1:])
        return self._article_page(number, base_url, headers)

    def _amp(self, section: str, slug: str, base_url: str, headers: Mapping[str, str]) -> SampleResponse | None:
        number = self._newsroom.find(section, slug)
        path = None if number is None else self._newsroom.amp_path(number)
        if number is None or path is None:
            return None
        if path != f"/amp/{section}/{slug}":
            return moved(base_url + path[1:])
        return self._article_page(number, base_url, headers, amp=True)

    def _other(self, found: Found, base_url: str, headers: Mapping[str, str]) -> SampleResponse | None:
        """Answer an address of a site of one generation that is not an article's own path."""
        newsroom, number = self._newsroom, found.number
        assert isinstance(newsroom, SingleNewsroom)
        match found.form:
            case Form.OLD:
                style = newsroom.old_style(number)
                if style == "gone":
                    return None
                if style == "redirect":
                    return moved(base_url + newsroom.path(number)[1:])
                article = self.article(number)
                if style == "plain":
                    article = article._replace(has_canonical=False)
                return self._conditional(article, f"old-{number}", headers, lambda: self.page(article, base_url))
            case Form.SECOND_AMP:
                article = self.article(number)
                write = partial(self._pages.second_amp, article, base_url)
                return self._conditional(article, f"amp-{number}", headers, write)
            case Form.PART:
                article = part_of(self.article(number), found.part)
                return self._conditional(
                    article, f"{found.part}-{number}", headers, lambda: self.page(article, base_url)
                )
            case Form.ATTACHMENT:
                article = self.article(number)
                has_page = article.lead_image is not None and article.lead_image.page is not None
                return self._framed(self._pages.attachment(article), "Фото") if has_page else None

    def _article_page(
        self, number: int, base_url: str, headers: Mapping[str, str], *, amp: bool = False
    ) -> SampleResponse:
        article = self.article(number)
        if amp:
            return self._conditional(article, f"amp-{number}", headers, partial(self._pages.amp, article, base_url))
        first = part_of(article, 1) if article.parts > 1 else article
        return self._conditional(article, str(number), headers, lambda: self.page(first, base_url))

    def _conditional(
        self, article: Article, name: str, headers: Mapping[str, str], write: Callable[[], bytes]
    ) -> SampleResponse:
        """Answer with the page that ``write`` returns, or say that it has not changed."""
        generation = "" if self.generation is None else f"-{self.generation}"
        validators = Validators(f'"{name}-{self.articles}-{self.markup_seed}{generation}"', article.front.modified)
        if headers and validators.unchanged(headers):
            return SampleResponse(304, validators.headers())
        return SampleResponse(200, ok(b"").headers | validators.headers(), write())

    def _listing(self, section: str, page: int, base_url: str) -> SampleResponse | None:
        if self._scripting is None:
            return self._framed(self._listings.section(section, page, base_url), "Лента")
        place = self._scripting.cards(section)
        return self._framed(self._listings.empty_section(section, place) if page == 1 else None, "Лента")

    def _cards(self, base_url: str, section: str, page: int) -> tuple[str, bool] | None:
        return self._listings.section_cards(section, page, base_url)

    def _file(self, name: str, base_url: str) -> SampleResponse | None:
        monthly = self._monthly_sitemaps.answer(name, base_url) if self.generation != 3 else None
        if monthly:
            return ok(monthly, XML)
        if self.generation == 4 and name.endswith(".xml"):
            return None
        sitemap = _POST_SITEMAP.fullmatch(name)
        if sitemap:
            text = listings.post_sitemap(self._newsroom, int(sitemap[1]), base_url)
            return ok(text, XML) if text else None
        match name:
            case "robots.txt":
                return ok(listings.robots(self._named_sitemap(base_url)), TEXT)
            case "rss":
                return ok(listings.rss(self._newsroom, self._listings.newest(), base_url), RSS)
            case "sitemap_index.xml":
                return ok(listings.sitemap_index(self._newsroom, base_url), XML)
            case "page-sitemap.xml":
                return ok(listings.page_sitemap(base_url), XML)
            case "search":
                return self._framed(self._listings.search(base_url), "Поиск")
        return None

    def _named_sitemap(self, base_url: str) -> str | None:
        """The sitemap that robots.txt names; generation 4 names its own under odd seeds only."""
        if self.generation != 4:
            return f"{base_url}sitemap_index.xml"
        return base_url + INDEX if self.seed % 2 else None

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


def _template(markup_seed: int, generation: int | None) -> Template:
    """The template of a seed; in generation 4 the text stands in ``main p``, and nothing else in paragraphs there."""
    drawn = template(markup_seed)
    if generation != 4:
        return drawn
    place = "inside" if drawn.trending_place == "flat" else drawn.trending_place
    return replace(drawn, skeleton="html5", paragraph_tag="p", headline_tag="h1", trending_place=place)
