"""Faults of the whole site, the catalogue of faults, and the site with faults."""

import json
import math
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from email.utils import formatdate
from hashlib import blake2b
from http import HTTPStatus
from typing import Any

from caravan_crawler.sample_site.article import Article
from caravan_crawler.sample_site.faults import pages
from caravan_crawler.sample_site.faults.pages import Call, Change, Fault, PageFault
from caravan_crawler.sample_site.response import HTML, SampleResponse
from caravan_crawler.sample_site.site import SampleSite
from caravan_crawler.sample_site.story import Paragraph

#: Requests answered between two pauses.
ANSWERED_BETWEEN = 40
#: Seconds during which requests may arrive that were sent before the client knew of the pause.
_IN_TRANSIT = 0.5
#: Values that a new template can lose: name to field of the record.
LOSABLE = {"date": "date_published", "body": "body", "headline": "headline", "views": "views"}
_NEWS_PAGE = re.compile(r"/news/(?:page/\d+/?)?")
#: Listing pages after which the site stops publishing, so that a crawl can end.
_BURSTS = 20
_LIST_PAGE = re.compile(r"/(?P<section>news|gazeta|sport|art|crime|zhangalyqtar)/(?:page/(?P<number>\d{1,9})/?)?")
#: Maximum number of trap pages, so that even a crawler that follows every link ends.
MOST_TRAPPED = 1500
_FIRST_DAY = date(2001, 1, 1)
_LONGEST = 3600.0
_ALWAYS = "always"


class RateLimit(Fault):
    """Pauses of ``seconds`` after every 40 responses, with Retry-After.

    Refused requests get ``status``. A request is early if its URL was refused in the same pause, or if it comes after
    those in transit: half a second, or half of the pause if that is less.
    """

    clock: Callable[[], float] = staticmethod(time.time)
    """Seconds since 1970."""

    def __init__(self, seconds: int, status: int = 429, *, as_date: bool = False) -> None:
        self._seconds = seconds
        self._status = status
        self._as_date = as_date
        self._answered = 0
        self._began = 0.0
        self._until = 0.0
        self._refused: set[str] = set()

    def answer(self, call: Call, response: SampleResponse) -> SampleResponse:
        """Refuse the request, or count it."""
        now = self.clock()
        if now < self._until:
            is_late = now > self._began + min(_IN_TRANSIT, self._seconds / 2)
            self.early_requests += is_late or call.target in self._refused
            return self._refuse(call, now)
        if self._answered >= ANSWERED_BETWEEN:
            self._answered = 0
            self._began = now
            # A date has no fractions of a second, so the pause ends on a full one.
            self._until = math.ceil(now + self._seconds) if self._as_date else now + self._seconds
            self._refused.clear()
            return self._refuse(call, now)
        self._answered += 1
        return response

    def _refuse(self, call: Call, now: float) -> SampleResponse:
        self._refused.add(call.target)
        when = formatdate(self._until, usegmt=True) if self._as_date else str(math.ceil(self._until - now))
        headers = {"Content-Type": HTML, "Retry-After": when}
        return SampleResponse(self._status, headers, b"<html><body>Too many requests</body></html>")


class Shifting(Fault):
    """New articles after each request for a page of the listing of news."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._bursts = 0

    def answer(self, call: Call, response: SampleResponse) -> SampleResponse:
        """Publish after the response is made."""
        if _NEWS_PAGE.fullmatch(call.path) and self._bursts < _BURSTS:
            self._bursts += 1
            call.site.publish(self._count)
        return response


class MarkupSwitch(Fault):
    """The next template after ``after`` article pages, one field by script only."""

    def __init__(self, after: int, field: str) -> None:
        self._after = after
        self._field = field
        self._answered = 0
        self._site: SampleSite | None = None
        self._switched: set[int] = set()

    def answer(self, call: Call, response: SampleResponse) -> SampleResponse:
        """Count article pages, and rewrite the later ones."""
        if call.number is None or response.status not in (HTTPStatus.OK, HTTPStatus.NOT_MODIFIED):
            return response
        self._answered += 1
        if self._answered <= self._after:
            return response
        self._switched.add(call.number)
        if self._site is None:
            self._site = SampleSite(call.site.articles, call.site.markup_seed + 1)
        changed, value = _without(call.site.article(call.number), self._field)
        page = self._site.page(changed, call.base_url)
        data = json.dumps({self._field: value}, ensure_ascii=False).replace("</", "<\\/")
        script = f"<script>window.__page={data};draw(window.__page)</script></body>".encode()
        return SampleResponse(200, {"Content-Type": HTML}, page.replace(b"</body>", script))

    def spoils(self, site: SampleSite, number: int) -> bool:
        """Whether the article was sent without the field."""
        return number in self._switched


def _without(article: Article, field: str) -> tuple[Article, object]:
    """Return the article without the field, and the field's value."""
    front = article.front
    match field:
        case "date":
            changed = front._replace(date_raw=None, stamp=None, profile="plain")
            return article._replace(front=changed), front.date_raw
        case "views":
            return article._replace(front=front._replace(views=None)), front.views
        case "headline":
            return article._replace(headline="", front=front._replace(profile="none")), article.headline
        case _:
            texts = [str(block.runs[0]) for block in article.blocks if isinstance(block, Paragraph)]
            return article._replace(blocks=[], author_line=None), texts


class EndlessListing(Fault):
    """Listings without an end: beyond it the first page is repeated.

    With ``is_new`` the repeated pages have new URLs of articles and of the next page.
    """

    def __init__(self, *, is_new: bool = False) -> None:
        self._is_new = is_new

    def answer(self, call: Call, response: SampleResponse) -> SampleResponse:
        """Add a link to a next page, or repeat the first one."""
        found = _LIST_PAGE.fullmatch(call.path)
        if found is None or response.status not in (200, 404):
            return response
        number = int(found["number"] or 1)
        if number > MOST_TRAPPED:
            return response
        following = f"/{found['section']}/page/{number + 1}/"
        if response.status == 404:
            response = call.sound(f"/{found['section']}/")
            if self._is_new:
                following += f"?from={_hash(call.target):08x}"
                response = _renamed(response, number)
        return _with_links(response, [following], rel="next")


def _renamed(response: SampleResponse, number: int) -> SampleResponse:
    """Change slug and query of the articles' URLs."""
    body = re.sub(
        rb'(/(?:news|gazeta|sport|art)/)([a-z0-9-]+-\d{4,7})(/?)(?:\?[^"\' >]*)?',
        rb"\1page-%d-\2\3?from=%d" % (number, number),
        response.body,
    )
    return replace(response, body=body)


class UrlTrap(Fault):
    """New days of a calendar or sortings of a list on every page.

    The first 1,500 of them answer 200, with links to more.
    """

    def __init__(self) -> None:
        self._trapped = 0

    def answer(self, call: Call, response: SampleResponse) -> SampleResponse:
        """Add a link to a page, or return a trap page."""
        if self._is_trap(call):
            self._trapped += 1
            if self._trapped > MOST_TRAPPED:
                return SampleResponse(404, {"Content-Type": HTML}, b"<html><body><h1>404</h1></body></html>")
            page = (
                "<!DOCTYPE html><html><head><meta charset='utf-8'><title>Архив - Караван</title></head>"
                "<body><h1>Архив</h1><p>За этот день ничего нет.</p></body></html>"
            )
            links = [self._link(call.target, branch) for branch in (1, 2)]
            return _with_links(SampleResponse(200, {"Content-Type": HTML}, page.encode()), links)
        if response.status == 200 and response.headers.get("Content-Type") == HTML:
            return _with_links(response, [self._link(call.target, 0)])
        return response

    def _is_trap(self, call: Call) -> bool:
        return call.path.startswith("/kalendar/") or "?sort=" in call.target

    def _link(self, target: str, branch: int) -> str:
        draw = _hash(f"{target}#{branch}")
        day = _FIRST_DAY + timedelta(days=draw % 200_000)
        return (f"/kalendar/{day:%Y/%m/%d}/", f"/news/?sort=date&day={day}", f"/?sort=views&s1={draw}")[draw % 3]


class ArticleTrap(UrlTrap):
    """The same with URLs like those of articles without a number."""

    def _is_trap(self, call: Call) -> bool:
        return call.path.startswith("/arkhiv/")

    def _link(self, target: str, branch: int) -> str:
        return f"/arkhiv/zapis-{_hash(f'{target}#{branch}') % 10**9:x}-den/"


def _with_links(response: SampleResponse, targets: list[str], rel: str = "") -> SampleResponse:
    mark = f" rel='{rel}'" if rel else ""
    links = "".join(f"<a{mark} href='{target.replace('&', '&amp;')}'>Ещё</a> " for target in targets)
    return replace(response, body=response.body.replace(b"</body>", f"<p>{links}</p></body>".encode()))


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=4).digest(), "big")


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a fault; ``parse`` raises ValueError."""

    name: str
    parse: Callable[[str], Any]
    default: str


@dataclass(frozen=True, slots=True)
class FaultKind:
    """A fault of the catalogue; ``values`` are the arguments of ``make``."""

    description: str
    make: Callable[..., Fault]
    values: tuple[Value, ...] = ()

    def usage(self, name: str) -> str:
        """Return how it is written: ``slow[:SECONDS=0.05]``."""
        return name + "".join(f"[:{value.name}={value.default}]" for value in self.values)


def make_fault(text: str) -> Fault:
    """Make the fault written ``NAME[:VALUE[:VALUE]]``, or raise ValueError."""
    name, *given = text.strip().split(":")
    kind = FAULTS.get(name)
    if kind is None:
        raise ValueError(f"unknown fault {name!r}; known are {', '.join(FAULTS)}")
    if len(given) > len(kind.values):
        raise ValueError(f"fault {text!r} has too many values; it is written {kind.usage(name)}")
    written = [*given, *(value.default for value in kind.values[len(given) :])]
    try:
        return kind.make(*(value.parse(part) for value, part in zip(kind.values, written, strict=True)))
    except ValueError as error:
        raise ValueError(f"fault {text!r}: {error}; it is written {kind.usage(name)}") from None


def _integer(text: str, least: int = 1, most: int = 1_000_000) -> int:
    is_integer = text.isascii() and text.isdigit() and len(text) < 10
    if not is_integer or not least <= int(text) <= most:
        raise ValueError(f"{text!r} is no whole number from {least} to {most}")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= _LONGEST:
        raise ValueError(f"{text!r} is no number of seconds from 0 to {_LONGEST:g}")
    return seconds


def _times(text: str) -> int | None:
    return None if text == _ALWAYS else _integer(text)


def _field(text: str) -> str:
    if text not in LOSABLE:
        raise ValueError(f"{text!r} is none of {', '.join(LOSABLE)}")
    return text


_EVERY = Value("EVERY", _integer, "20")
_PAUSE = (Value("SECONDS", _integer, "1"),)


def _pages(name: str, description: str, change: Change, times: str = _ALWAYS, *, spares: bool = False) -> FaultKind:
    """A change of one of EVERY articles, TIMES times or always."""

    def make(times: int | None, every: int) -> Fault:
        return PageFault(name, change, times, every, spares=spares)

    return FaultKind(description, make, (Value("TIMES", _times, times), _EVERY))


def _sized(name: str, description: str, change: Callable[[Any], Change], size: str, default: str) -> FaultKind:
    """A permanent change of one of EVERY articles, with SECONDS or MEGABYTES."""

    def parse(text: str) -> float:
        return _seconds(text) if size == "SECONDS" else _integer(text, most=2000)  # megabytes are held in memory

    def make(size: Any, every: int) -> Fault:
        return PageFault(name, change(size), None, every)

    return FaultKind(description, make, (Value(size, parse, default), _EVERY))


FAULTS: dict[str, FaultKind] = {
    "slow": FaultKind("delay of SECONDS before each response", pages.Slow, (Value("SECONDS", _seconds, "0.05"),)),
    "drip": _sized("drip", "articles whose body is sent in ten pieces during SECONDS", pages.drip, "SECONDS", "1"),
    "hang": _sized(
        "hang", "articles without a response; the connection ends after SECONDS", pages.hang, "SECONDS", "30"
    ),
    "cut": _pages("cut", "articles of which half is sent, less than Content-Length", pages.cut),
    "reset": _pages("reset", "articles with a reset of the connection in the middle", pages.reset),
    "half_pages": _pages("half_pages", "articles with truncated HTML and a correct Content-Length", pages.half),
    "errors_500": _pages("errors_500", "pages with status 500", pages.error_500, "1"),
    "error_200": _pages("error_200", "error pages with status 200 instead of articles", pages.error_200),
    "empty": _pages("empty", "articles with an empty body and status 200", pages.empty),
    "challenge": _pages("challenge", "challenges to prove that one is human, instead of articles", pages.challenge),
    "rate_limit": FaultKind("429 with Retry-After: SECONDS after every 40 requests", RateLimit, _PAUSE),
    "rate_limit_date": FaultKind(
        "the same with Retry-After as a date", lambda seconds: RateLimit(seconds, as_date=True), _PAUSE
    ),
    "rate_limit_503": FaultKind("the same with status 503", lambda seconds: RateLimit(seconds, 503), _PAUSE),
    "redirect_loop": _pages("redirect_loop", "articles that redirect to themselves", pages.redirect_loop),
    "redirect_away": _pages(
        "redirect_away",
        "articles that redirect to another host, to file:///etc/passwd or to a private address",
        pages.redirect_away,
    ),
    "wrong_charset": _pages(
        "wrong_charset",
        "articles in UTF-8 with windows-1251 or an unknown charset in the header",
        pages.wrong_charset,
        spares=True,
    ),
    "invalid_bytes": _pages("invalid_bytes", "articles with bytes that are not UTF-8", pages.invalid_bytes),
    "nested": _pages("nested", "articles with 100,000 nested tags around or within the text", pages.nested),
    "huge": _sized("huge", "articles of MEGABYTES", pages.huge, "MEGABYTES", "50"),
    "gzip_bomb": _sized(
        "gzip_bomb",
        "MEGABYTES of blanks, compressed once or twice, instead of articles",
        pages.gzip_bomb,
        "MEGABYTES",
        "120",
    ),
    "markup_switch": FaultKind(
        f"after PAGES article pages, another template without FIELD ({', '.join(LOSABLE)})",
        MarkupSwitch,
        (Value("PAGES", lambda text: _integer(text, least=0), "500"), Value("FIELD", _field, "date")),
    ),
    "shifting": FaultKind(
        "ARTICLES new articles after each request for a page of the news listing, 20 times",
        Shifting,
        (Value("ARTICLES", _integer, "3"),),
    ),
    "endless_listing": FaultKind("listings that repeat themselves without an end", EndlessListing),
    "endless_listing_new": FaultKind(
        "the same with new URLs of articles and pages", lambda: EndlessListing(is_new=True)
    ),
    "url_trap": FaultKind("pages with endless links to days of a calendar and to sortings", UrlTrap),
    "article_trap": FaultKind("the same with URLs like those of articles without a number", ArticleTrap),
    "dead_robots": FaultKind("robots.txt with status 500", pages.DeadRobots),
}


class FaultySite(SampleSite):
    """A sample site with ``faults``, written ``NAME[:VALUE…]``, applied in turn."""

    def __init__(
        self, articles: int = 300, markup_seed: int | None = None, faults: Iterable[str] = (), **options: Any
    ) -> None:
        """Raise ValueError for an invalid fault, and as ``SampleSite`` does."""
        super().__init__(articles, markup_seed, **options)
        self._faults = [make_fault(fault) for fault in faults]

    @property
    def early_requests(self) -> int:
        """Requests during a pause that the client knew of."""
        return sum(fault.early_requests for fault in self._faults)

    def respond(self, target: str, base_url: str, headers: Mapping[str, str] | None = None) -> SampleResponse:
        """Answer as the site without faults does, then apply the faults."""
        response = super().respond(target, base_url, headers)
        call = Call(self, target, self.number_of(target), base_url)
        for fault in self._faults:
            response = fault.answer(call, response)
        return response

    def spoils(self, number: int) -> bool:
        """Whether a fault prevents an exact record of article ``number``."""
        return any(fault.spoils(self, number) for fault in self._faults)
