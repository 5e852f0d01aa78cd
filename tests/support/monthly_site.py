"""A site of the kind the real one is today, in markup that owes nothing to the sample site's.

Articles lie at ``/{section}/{slug}/`` without a number, and most are linked from nowhere but the monthly and
numbered sitemaps of ``/sitemap.xml``. With ``numbered`` it is the same site before its move: the same articles at
``/news/<slug>-<id>/``. After the move, ``old`` says what the old addresses answer.
"""

from __future__ import annotations

import html
import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Literal
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from tests.support.plain_site import Answer, PlainServer

ALMATY = ZoneInfo("Asia/Almaty")
SECTIONS = ("news", "analytics", "world", "society", "podcasts", "crime", "sport", "culture")
MONTHLY, NUMBERED = 24, 15
ON_FRONT, ON_A_LIST = 20, 10
_LETTERS = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщыэюя",
        "a b v g d e e zh z i j k l m n o p r s t u f h c ch sh shch y e ju ja".split(),
        strict=True,
    )
)
_WORDS = (
    "город река рынок школа дорога поезд театр музей врач аким завод степь озеро мост парк закон штраф тариф урожай "
    "команда матч фестиваль выставка пенсия бюджет суд пожар паводок граница космос верблюд яблоко"
).split()
_VERBS = "открыли закрыли обсудили построили отменили показали проверили нашли обещали перенесли".split()

Old = Literal["redirect", "canonical", "shortlink", "plain", "gone"]


@dataclass(frozen=True)
class Story:
    """One article as the site has it."""

    number: int
    section: str
    headline: str
    moment: datetime
    paragraphs: tuple[str, ...]

    @cached_property
    def slug(self) -> str:
        return _slug(self.headline)

    @cached_property
    def path(self) -> str:
        return f"/{self.section}/{self.slug}/"

    @cached_property
    def old_path(self) -> str:
        """The path before the move, in the site's earlier transliteration."""
        return f"/news/{self.slug.replace('ja', 'ya').replace('ju', 'yu').replace('j', 'jj')}-{self.number}/"

    @property
    def day(self) -> date:
        return self.moment.date()


def _slug(text: str) -> str:
    letters = "".join(_LETTERS.get(letter, letter) for letter in text.lower() if letter not in "ъь")
    return "-".join(re.findall(r"[a-z0-9]+", letters))


def stories(count: int = 140, *, seed: int = 1, last: date | None = None) -> list[Story]:
    """Return articles, newest first: two thirds of them of the last 24 months, the others of the years before."""
    choose = random.Random(seed)
    until = last or date(2026, 11, 20)
    made: list[Story] = []
    recent = count * 2 / 3
    for place in range(count):
        days = place * MONTHLY * 30 / recent if place < recent else MONTHLY * 30 + (place - recent) * 6300 / count
        moment = datetime(until.year, until.month, until.day, tzinfo=ALMATY) - timedelta(
            days=int(days), minutes=choose.randrange(600)
        )
        moment = moment.astimezone(ALMATY)
        headline = " ".join(
            [
                choose.choice(_WORDS).capitalize(),
                "и",
                choose.choice(_WORDS),
                choose.choice(_VERBS),
                "в",
                f"{choose.choice(_WORDS)}е",
                "номер",
                f"{place}",
            ]
        )
        if place % 40 == 7:
            headline = f"{headline} за {choose.choice((5000, 10000, 20000))}"  # ends like an old address
        text = tuple(
            f"{choose.choice(_WORDS).capitalize()} {choose.choice(_VERBS)} {choose.choice(_WORDS)}, сообщил житель "
            f"номер {choose.randrange(10**6)}, и {choose.choice(_WORDS)} снова {choose.choice(_VERBS)}. Так каждый раз."
            for _ in range(choose.randrange(3, 7))
        )
        number = (19_076_664 if place < 50 else 1_011_600) - place
        made.append(Story(number, choose.choice(SECTIONS), headline, moment, text))
    return made


@dataclass
class MonthlySite:
    """The site's answers by path."""

    articles: list[Story] = field(default_factory=stories)
    numbered: bool = False
    #: The answer at all old addresses, or answers that the articles have in turn.
    old: Old | tuple[Old, ...] = "redirect"
    has_lastmod: bool = True

    def address(self, story: Story) -> str:
        return story.old_path if self.numbered else story.path

    def old_of(self, story: Story) -> Old:
        return self.old if isinstance(self.old, str) else self.old[story.number % len(self.old)]

    def answer(self, target: str, base: str) -> tuple[int, str, str]:
        """Return status, content type (a location for 301) and body."""
        parts = urlsplit(target)
        path = parts.path
        if path == "/robots.txt":
            return 200, "text/plain", "User-agent: *\nDisallow: /search/\n"
        if path.endswith(".xml"):
            return self._sitemap(path, base)
        if path == "/":
            if number := parse_qs(parts.query).get("p"):
                return self._old(int(number[0]), base)
            return 200, "text/html", self._page("Главное", self._links(self.articles[:ON_FRONT]), "")
        if path.rstrip("/") == "/rss":
            return 200, "application/rss+xml", self._feed(base)
        pieces = [piece for piece in path.split("/") if piece]
        if pieces[0] in SECTIONS and len(pieces) in (1, 3) and (len(pieces) == 1 or pieces[1] == "page"):
            return self._list(pieces[0], int(pieces[2]) if len(pieces) == 3 else 1)
        for story in self.articles:
            if path.rstrip("/") == self.address(story).rstrip("/"):
                return 200, "text/html", self._article(story, base)
        if found := re.search(r"-(\d+)/?$", path):
            return self._old(int(found[1]), base)
        return 404, "text/html", self._page("Страница не найдена", "", "")

    def _old(self, number: int, base: str) -> tuple[int, str, str]:
        story = next((story for story in self.articles if story.number == number), None)
        old = "gone" if story is None else self.old_of(story)
        if story is None or old == "gone":
            return 404, "text/html", self._page("Страница не найдена", "", "")
        if old == "redirect":
            return 301, f"{base}{self.address(story)}", ""
        hint = {
            "canonical": f'<link rel="canonical" href="{base}{self.address(story)}">',
            "shortlink": f'<link rel="shortlink" href="{base}/?p={number}">',
        }.get(old, "")
        return 200, "text/html", self._article(story, base, hint)

    def _page(self, title: str, main: str, head: str) -> str:
        menu = "".join(f'<li><a href="/{section}/">{section.title()}</a></li>' for section in SECTIONS)
        newest = self._links(self.articles[:5])
        return (
            f"<!doctype html><html lang=ru><head><meta charset=utf-8><title>{html.escape(title)} - Караван</title>"
            f"{head}</head><body><header><ul class=mnu>{menu}</ul></header><main class=wrap>{main}</main>"
            f"<aside><b>Лента</b>{newest}</aside><footer>© Газета</footer></body></html>"
        )

    def _links(self, shown: list[Story]) -> str:
        return "".join(f'<p><a href="{self.address(story)}">{story.headline}</a></p>' for story in shown)

    def _article(self, story: Story, base: str, hint: str | None = None) -> str:
        if hint is None and self.old_of(story) == "shortlink" and not self.numbered:
            hint = f'<link rel="shortlink" href="{base}/?p={story.number}">'
        head = (
            f'<meta property="og:title" content="{html.escape(story.headline)}">'
            f'<meta property="article:published_time" content="{story.moment.isoformat()}">{hint or ""}'
        )
        text = "".join(f"<p>{paragraph}</p>" for paragraph in story.paragraphs)
        return self._page(story.headline, f"<h1>{story.headline}</h1><div class=txt>{text}</div>", head)

    def _list(self, section: str, number: int) -> tuple[int, str, str]:
        own = [story for story in self.articles if story.section == section][: 2 * ON_A_LIST]
        shown = own[(number - 1) * ON_A_LIST : number * ON_A_LIST]
        if not shown:
            return 404, "text/html", self._page("Страница не найдена", "", "")
        following = f'<a href="/{section}/page/{number + 1}/">Дальше</a>' if len(own) > number * ON_A_LIST else ""
        return 200, "text/html", self._page(section, f"<h1>{section.title()}</h1>{self._links(shown)}{following}", "")

    def _feed(self, base: str) -> str:
        items = "".join(
            f"<item><title>{story.headline}</title><link>{base}{self.address(story)}</link>"
            f"<pubDate>{story.moment:%a, %d %b %Y %H:%M:%S %z}</pubDate></item>"
            for story in self.articles[:ON_FRONT]
        )
        return f'<?xml version="1.0"?><rss version="2.0"><channel>{items}</channel></rss>'

    @property
    def sitemaps(self) -> dict[str, list[Story]]:
        """The articles of each sitemap by its path."""
        months: dict[str, list[Story]] = {}
        for story in self.articles:
            months.setdefault(f"/sitemap{story.day:%Y%m}.xml", []).append(story)
        newest = dict(list(months.items())[:MONTHLY])
        older = [story for path, held in months.items() if path not in newest for story in held]
        size = -(-len(older) // NUMBERED) or 1
        for place in range(0, len(older), size):
            newest[f"/sitemap{place // size + 1}.xml"] = older[place : place + size]
        return newest

    def _sitemap(self, path: str, base: str) -> tuple[int, str, str]:
        maps = self.sitemaps
        if path == "/sitemap.xml":
            entries = "".join(
                f"<sitemap><loc>{base}{name}</loc>{self._lastmod(held[0])}</sitemap>" for name, held in maps.items()
            )
            return 200, "application/xml", f'<?xml version="1.0"?><sitemapindex>{entries}</sitemapindex>'
        if path not in maps:
            return 404, "text/html", ""
        entries = "".join(
            f"<url><loc>{base}{self.address(story)}</loc>{self._lastmod(story)}</url>" for story in maps[path]
        )
        return 200, "application/xml", f'<?xml version="1.0"?><urlset>{entries}</urlset>'

    def _lastmod(self, story: Story) -> str:
        return f"<lastmod>{story.moment.isoformat()}</lastmod>" if self.has_lastmod else ""


class MonthlyServer(PlainServer):
    """The site on loopback. ``site`` may be replaced while it runs."""

    def __init__(self, site: MonthlySite) -> None:
        super().__init__({}, self._page)
        self.site = site

    def _page(self, target: str) -> Answer:
        status, kind, body = self.site.answer(target, self.url.rstrip("/"))
        # The second value of a redirect is its target.
        return Answer(body, {"Location" if status == 301 else "Content-Type": kind}, status)


@contextmanager
def serve_monthly(site: MonthlySite) -> Iterator[MonthlyServer]:
    server = MonthlyServer(site)
    try:
        yield server
    finally:
        server.close()
