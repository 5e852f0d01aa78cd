"""The sample site: URL to response, and how a response is sent."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC
from email.utils import format_datetime
from typing import Any, Literal
from urllib.parse import parse_qs, unquote

from caravan_crawler.sample_site import frame, listings
from caravan_crawler.sample_site.article import Article, compose, expected_record, part_of
from caravan_crawler.sample_site.markup import Template, styled, template
from caravan_crawler.sample_site.newsroom import MOST_ARTICLES, Form, Found, Newsroom
from caravan_crawler.sample_site.one_generation import OldAddresses, SingleNewsroom
from caravan_crawler.sample_site.pages import ArticlePages, grouped
from caravan_crawler.sample_site.texts import FILL_SCRIPT

HTML = "text/html; charset=utf-8"
_TYPES = {
    "html": HTML,
    "xml": "application/xml; charset=utf-8",
    "rss": "application/rss+xml; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
    "gif": "image/gif",
    "json": "application/json",
    "js": "text/javascript; charset=utf-8",
}
#: Pieces in which a slow body is sent.
_PIECES = 10
_CARDS_ON_A_SHORT_PAGE = 10
_PIXEL = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,"
    b"\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """Timing of a response, the part that is sent, and the end of the connection."""

    delay: float = 0.0
    """Seconds before the first byte."""
    spread: float = 0.0
    """Seconds during which the body is sent, in ten pieces; 0 sends it at once."""
    share: float = 1.0
    """Part of the body that is sent, 0 to 1; Content-Length is that of the whole body."""
    is_silent: bool = False
    """Nothing is sent, not even a status."""
    ending: Literal["keep", "close", "reset"] = "keep"
    """After the last byte: wait for the next request, close the connection, or reset it."""

    def pieces(self, head: bytes, body: bytes) -> Iterator[tuple[float, bytes]]:
        """Yield seconds to wait, and the bytes to send then."""
        if self.is_silent:
            yield self.delay, b""
            return
        body = body[: int(len(body) * self.share)]
        if not self.spread:
            yield self.delay, head + body
            return
        yield self.delay, head
        size = -(-len(body) // _PIECES) or 1
        for start in range(0, len(body), size):
            yield self.spread / _PIECES, body[start : start + size]


_AT_ONCE = Delivery()


@dataclass(frozen=True, slots=True)
class SampleResponse:
    """Status, headers (names as usually written) and body of one response, and how it is sent."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    delivery: Delivery = _AT_ONCE

    @property
    def is_html(self) -> bool:
        return self.headers.get("Content-Type") == HTML


def ok(body: bytes | str, extension: str = "html") -> SampleResponse:
    return SampleResponse(200, {"Content-Type": _TYPES[extension]}, body.encode() if isinstance(body, str) else body)


def moved(url: str) -> SampleResponse:
    body = f'<!DOCTYPE html><title>301</title><a href="{url}">{url}</a>'
    return SampleResponse(301, {"Content-Type": HTML, "Location": url}, body.encode())


class SampleSite:
    """A site of ``articles`` articles in the template of ``markup_seed``.

    By default it has pages of all generations. With ``generation`` 3 or 4 all pages are of that one; the articles are
    those of ``seed``, the same in both generations, and ``old_addresses`` decides how generation 4 answers URLs of
    generation 3. Each ``base_url`` ends in a slash.
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
        """Raise ValueError for articles or seeds out of range.

        At most 1,998,000 articles, 200,000 with a generation. ``markup_seed`` defaults to ``seed``. With ``scripted``
        a script loads header, view counts and lists; the expected records are the same.
        """
        if not 1 <= articles <= MOST_ARTICLES:
            raise ValueError(f"articles must be between 1 and {MOST_ARTICLES}, not {articles}")
        if scripted and generation is not None:
            raise ValueError("a site of one generation cannot be scripted")
        self.articles = articles
        self.seed = seed
        self.identity = f"seed={seed} generation={generation or 'all'} articles={articles}"
        """Identifies the site; later publications and moves do not change it."""
        self.markup_seed = seed if markup_seed is None else markup_seed
        if self.markup_seed < 0:
            raise ValueError(f"markup_seed must not be negative, it is {self.markup_seed}")
        self.generation = generation
        self._old_addresses: OldAddresses = old_addresses
        self._is_scripted = scripted
        self._build()

    def _build(self) -> None:
        self._newsroom: Newsroom
        if self.generation is None:
            self._newsroom = Newsroom(self.articles)
        else:
            self._newsroom = SingleNewsroom(self.articles, self.generation, self.seed, self._old_addresses)
        is_new = self.generation == 4
        # On a site of all generations, generation 4 is the smallest part.
        months, numbered = (24, 15) if is_new else (6, 1)
        self._monthly_sitemaps = listings.MonthlySitemaps(self._newsroom, months=months, numbered=numbered)
        self._template = drawn = _template(self.markup_seed, self.generation)
        header = frame.SCRIPTED_HEADER if self._is_scripted else frame.HEADER
        cards = _CARDS_ON_A_SHORT_PAGE if is_new else listings.CARDS_ON_A_PAGE
        cards = frame.CARDS_BY_SCRIPT if self._is_scripted else cards
        trending, latest = frame.trending_html(drawn, self._newsroom), frame.latest_entries(self._newsroom)
        sections = self._newsroom.sections
        self._frame = frame.Frame(drawn, header, trending, sections, latest, is_scripted=self._is_scripted)
        kazakh_frame = replace(self._frame, header="", trending="", latest=(), language="kk")
        self._pages = ArticlePages(drawn, self._frame, kazakh_frame)
        self._listings = listings.Listings(drawn, self._newsroom, cards, is_scripted=self._is_scripted)
        self._contacts = frame.contacts_html(drawn)

    def publish(self, count: int) -> None:
        """Publish ``count`` articles: today's, in section news, first in listings."""
        if count < 0 or self._newsroom.end + count > MOST_ARTICLES:
            raise ValueError(f"cannot publish {count} articles")
        self._newsroom.publish(count)

    def move(self) -> None:
        """Move from generation 3 to 4: same articles, new URLs; or raise ValueError."""
        if self.generation != 3:
            raise ValueError("only a site of generation 3 can move")
        published = self._newsroom.end - self.articles
        self.generation = 4
        self._build()
        self._newsroom.publish(published)

    def respond(self, target: str, base_url: str, headers: Mapping[str, str] | None = None) -> SampleResponse:
        """Answer a GET of a path and query; ``headers`` have lower-case names."""
        parts, query = _split(target.partition("#")[0])
        if self._is_scripted and parts[:1] == ["parts"]:
            answer = self._part(parts[1:], base_url)
        else:
            answer = self._answer(parts, query, base_url, headers or {})
        return answer or self._not_found()

    def number_of(self, target: str) -> int | None:
        """Return the number of the article that ``target`` names in any form of its URL."""
        found = self._newsroom.locate(*_split(target))
        return found.number if found else None

    def is_only_way(self, number: int) -> bool:
        """Whether another article can be found through this one alone."""
        return self._newsroom.only_linked_from(number) is not None

    def article(self, number: int) -> Article:
        return compose(self._newsroom, number)

    def page(self, article: Article, base_url: str) -> bytes:
        """Page of ``article``, which may be a changed one, in this site's template."""
        return self._pages.page(article, base_url)

    def gold(self, base_url: str) -> Iterator[dict[str, Any]]:
        """Expected record of every article, oldest first, including those published later."""
        for number in range(self._newsroom.end):
            yield expected_record(compose(self._newsroom, number), base_url)

    def expected_trending(self, base_url: str) -> list[dict[str, Any]]:
        """Expected records of the trending block in rank order, with canonical URLs."""
        return frame.expected_trending(self._newsroom, base_url)

    expected_rates = staticmethod(frame.expected_rates)
    expected_weather = staticmethod(frame.expected_weather)

    def _answer(self, parts: list[str], query: str, base_url: str, headers: Mapping[str, str]) -> SampleResponse | None:
        match parts:
            case [] if not parse_qs(query).get("p"):
                return self._framed(self._listings.home(base_url), "Караван")
            case [section, "page", page] if page.isascii() and page.isdigit():
                return self._framed(self._listings.section(section, int(page[:9]), base_url), "Лента")
            case ["wp-content", *_]:
                return ok(_PIXEL, "gif")
            case ["info", "kontakty"]:
                return self._framed(self._contacts, "Контакты")
            case [name]:
                return self._file(name, base_url) or self._framed(self._listings.section(name, 1, base_url), "Лента")
        found = self._newsroom.locate(parts, query)
        return self._article_page(found, parts, base_url, headers) if found else None

    def _article_page(
        self, found: Found, parts: list[str], base_url: str, headers: Mapping[str, str]
    ) -> SampleResponse | None:
        """Answer a URL of an article: a page, a 304 if it has not changed, or a redirect to the right path."""
        number, path = found.number, self._newsroom.path(found.number)
        article, name = self.article(number), str(number)
        write: Callable[[Article, str], bytes] = self.page
        match found.form:
            case Form.OWN if unquote(path) != f"/{'/'.join(parts)}/":
                return moved(base_url + path[1:])
            case Form.SHORT_LINK if self._newsroom.short_id(number) % 2 == 0:
                return moved(base_url + path[1:])
            case Form.OWN | Form.SHORT_LINK:
                article = part_of(article, 1)
            case Form.AMP:
                amp_path = self._newsroom.amp_path(number)
                if amp_path is None:
                    return None
                if unquote(amp_path) != f"/{'/'.join(parts)}":
                    return moved(base_url + amp_path[1:])
                name, write = f"amp-{number}", self._pages.amp
            case Form.OLD if isinstance(self._newsroom, SingleNewsroom):
                style = self._newsroom.old_style(number)
                if style == "gone":
                    return None
                if style == "redirect":
                    return moved(base_url + path[1:])
                name, article = f"old-{number}", article._replace(has_canonical=style == "canonical")
            case Form.PART:
                name, article = f"{found.part}-{number}", part_of(article, found.part)
            case Form.ATTACHMENT:
                return self._framed(self._pages.attachment(article), "Фото")
        generation = "" if self.generation is None else f"-{self.generation}"
        etag = f'"{name}-{self.articles}-{self.markup_seed}{generation}"'
        modified = format_datetime(article.front.modified.astimezone(UTC), usegmt=True)
        validators = {"ETag": etag, "Last-Modified": modified}
        if headers.get("if-none-match") == etag:
            return SampleResponse(304, validators)
        return SampleResponse(200, {"Content-Type": HTML} | validators, write(article, base_url))

    def _file(self, name: str, base_url: str) -> SampleResponse | None:
        is_new = self.generation == 4
        if self.generation != 3 and (xml := self._monthly_sitemaps.xml(name, base_url)):
            return ok(xml, "xml")
        if is_new and name.endswith(".xml"):
            return None
        match name:
            case "robots.txt":
                rules = "User-agent: *\nDisallow: /search/\nDisallow: /wp-admin/\n"
                index = listings.MONTHLY_INDEX if is_new else "sitemap_index.xml"
                # Generation 4 names its sitemap for odd seeds only.
                is_named = not is_new or self.seed % 2
                return ok(f"{rules}\nSitemap: {base_url}{index}\n" if is_named else rules, "txt")
            case "rss":
                return ok(self._listings.rss(base_url), "rss")
        xml = listings.sitemap(self._newsroom, name, base_url)
        return ok(xml, "xml") if xml else None

    def _framed(self, main: str | None, title: str) -> SampleResponse | None:
        return None if main is None else ok(self._frame.page(0, f"<title>{title} - Караван</title>", main))

    def _part(self, parts: list[str], base_url: str) -> SampleResponse | None:
        """Answer a request of a scripted site's script; ``is_last`` means that no cards are left."""
        is_last = True
        match parts:
            case ["fill.js"]:
                return ok(FILL_SCRIPT, "js")
            case ["masthead"]:
                html = frame.HEADER
            case ["views", form, number] if number.isdecimal():
                views = self.article(int(number)).front.views or 0
                html = grouped(views) if form == "grouped" else str(views)
            case ["cards", section, page] if page.isdecimal():
                found = self._listings.section_cards(section, int(page), base_url)
                if found is None:
                    return None
                html, is_last = found
            case _:
                return None
        return ok(json.dumps({"html": styled(html, self._template), "is_last": is_last}, ensure_ascii=False), "json")

    def _not_found(self) -> SampleResponse:
        page = self._frame.page(0, "<title>404 - Караван</title>", "<h1>Страница не найдена</h1>")
        return SampleResponse(404, {"Content-Type": HTML}, page)


def _split(target: str) -> tuple[list[str], str]:
    """Return the parts of the path, and the query."""
    path, _, query = target.partition("?")
    return [part for part in unquote(path).split("/") if part], query


def _template(markup_seed: int, generation: int | None) -> Template:
    """Return the template of a seed; in generation 4 the text is in ``main p``."""
    drawn = template(markup_seed)
    if generation != 4:
        return drawn
    place = "inside" if drawn.trending_place == "flat" else drawn.trending_place
    return replace(drawn, skeleton="html5", paragraph_tag="p", headline_tag="h1", trending_place=place)
