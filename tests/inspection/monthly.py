"""A news site as WordPress themes build them, with a sitemap for each month, written for these tests alone."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from functools import cached_property

from caravan_crawler.sample_site import SampleResponse, SampleSite

Trick = Callable[[str, SampleResponse], SampleResponse | None]
HTML = {"Content-Type": "text/html; charset=UTF-8"}
XML = {"Content-Type": "text/xml; charset=UTF-8"}
TEXT = {"Content-Type": "text/plain"}
SECTIONS = ("society", "crime", "sport", "world")
YEARS = (2012, 2016, 2019, 2022, 2024, 2026)
MONTHS = (2, 9)
_SLUGS = ("most", "shkola", "rynok", "doroga")
_NAMES = ("моста", "школы", "рынка", "дороги")
_ZONE = timezone(timedelta(hours=5))
SENTENCE = "Работы на объекте закончили раньше срока, и в среду его открыли для жителей района. "


class Post:
    """An article: those before 2020 have a number in their address, later ones have none."""

    def __init__(self, year: int, month: int, number: int) -> None:
        self.id = year * 1000 + month * 10 + number
        self.section = "news" if year < 2020 else SECTIONS[number]
        self.slug = f"otkrytie-{_SLUGS[number]}-v-rajone-{'abcdefghijkl'[month - 1]}{'z' * (year % 7 + 1)}"
        self.path = f"/{self.section}/{self.slug}-{self.id}/" if year < 2020 else f"/{self.section}/{self.slug}/"
        self.title = f"Открытие {_NAMES[number]} в районе: итоги {year} года, часть {month}"
        self.moment = datetime(year, month, 3 + number, 9, 30 + number, tzinfo=_ZONE)

    def page(self, base: str) -> str:
        body = "".join(f"<p>{SENTENCE * 2}Об этом сообщает Zakon.kz.</p>" for _ in range(3))
        url = base + self.path[1:]
        head = (
            f'<title>{self.title} &#8212; Караван</title><link rel="canonical" href="{url}">'
            f'<link rel="shortlink" href="{base}?p={self.id}"><link rel="amphtml" href="{url}amp/">'
            f'<meta property="og:title" content="{self.title}">'
            f'<meta property="article:published_time" content="{self.moment.isoformat()}">'
        )
        main = (
            f'<main id="primary"><article class="post"><h1 class="entry-title">{self.title}</h1>{body}</article></main>'
        )
        return page(head, main)


def page(head: str, main: str) -> str:
    menu = "".join(f'<li><a href="/{section}/">{section}</a></li>' for section in SECTIONS)
    return (
        f'<!doctype html><html lang="ru-RU"><head><meta charset="utf-8">{head}</head><body class="wp-theme">'
        f"<header><ul><li>$ 512.4</li><li>590.1</li></ul><nav><ul>{menu}</ul></nav></header>{main}"
        f"<footer><p>© Караван</p></footer></body></html>"
    )


class MonthlySite(SampleSite):
    """Sitemaps by months and one without a month, a feed, lists of two pages; robots.txt names no sitemap.

    ``trick`` may answer something else to a request.
    """

    def __init__(self, trick: Trick | None = None, robots: str = "User-agent: *\nDisallow: /wp-admin/\n") -> None:
        super().__init__(articles=1)
        self.trick = trick
        self.robots = robots

    @cached_property
    def posts(self) -> list[Post]:
        """All articles, newest first."""
        return [Post(year, month, n) for year in YEARS[::-1] for month in MONTHS[::-1] for n in range(4)]

    def respond(self, target: str, base_url: str, headers: Mapping[str, str] | None = None) -> SampleResponse:
        response = self._respond(target, base_url)
        return (self.trick(target, response) if self.trick else None) or response

    def _respond(self, target: str, base: str) -> SampleResponse:
        path = target.partition("?")[0]
        if target == "/robots.txt":
            return SampleResponse(200, TEXT, self.robots.encode())
        if path.startswith("/sitemap") and (text := self._sitemap(path, base)):
            return SampleResponse(200, XML, text.encode())
        if path == "/rss/":
            return SampleResponse(200, XML, self._feed(base).encode())
        if target == "/":
            feed = f'<link rel="alternate" type="application/rss+xml" href="{base}feed/all.xml">'
            return html(page(f"<title>Караван</title>{feed}", _cards(self.posts[:12])))
        if path == "/feed/all.xml":
            return SampleResponse(200, XML, self._feed(base).encode())
        for section in SECTIONS:
            posts = [post for post in self.posts if post.section == section]
            if path == f"/{section}/":
                older = f'<a class="next" rel="next" href="/{section}/page/2/">Дальше</a>'
                return html(page(f"<title>{section}</title>", _cards(posts[:4]) + older))
            if path == f"/{section}/page/2/":
                return html(page(f"<title>{section}</title>", _cards(posts[4:8])))
        for post in self.posts:
            if target in (post.path, f"{post.path}amp/", f"/?p={post.id}"):
                return html(post.page(base))
        return SampleResponse(404, HTML, page("<title>404</title>", "<h1>Страница не найдена</h1>").encode())

    def _sitemap(self, path: str, base: str) -> str | None:
        months = {f"{post.moment:%Y%m}" for post in self.posts if post.moment.year > 2012}
        if path == "/sitemap.xml":
            names = [f"sitemap{month}" for month in sorted(months)] + ["sitemap1"]
            entries = "".join(f"<sitemap><loc>{base}{name}.xml</loc></sitemap>" for name in names)
            return f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</sitemapindex>'
        wanted = path.removeprefix("/sitemap").removesuffix(".xml")
        if wanted == "1":
            posts = [post for post in self.posts if post.moment.year == 2012]
        elif wanted in months:
            posts = [post for post in self.posts if f"{post.moment:%Y%m}" == wanted]
        else:
            return None
        entries = "".join(f"<url><loc>{base}{post.path[1:]}</loc></url>" for post in posts)
        return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</urlset>'

    def _feed(self, base: str) -> str:
        items = "".join(
            f"<item><title>{post.title}</title><link>{base}{post.path[1:]}</link>"
            f"<pubDate>{format_datetime(post.moment)}</pubDate></item>"
            for post in self.posts[:5]
        )
        return f'<?xml version="1.0"?><rss version="2.0"><channel><title>Караван</title>{items}</channel></rss>'


def html(text: str, status: int = 200, headers: Mapping[str, str] = HTML) -> SampleResponse:
    return SampleResponse(status, dict(headers), text.encode())


def is_article(target: str) -> bool:
    return "otkrytie" in target or target.startswith("/?p=")


def _cards(posts: list[Post]) -> str:
    cards = "".join(f'<article><h2><a href="{post.path}">{post.title}</a></h2></article>' for post in posts)
    return f'<main id="primary">{cards}</main>'


def json_of(text: str) -> "dict[str, object]":
    found: dict[str, object] = json.loads(text)
    return found
