"""Faults by name: everything the sample site can do wrong.

``FaultySite(articles, faults=["slow:0.1", "cut"])`` is a site with faults. Each is written ``NAME[:VALUE[:VALUE]]``;
``FAULTS`` describes each fault and its values, in their order. Faults affect a few pages, always the same ones, unless
EVERY is 1.
"""

import json
import math
import re
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from email.utils import formatdate
from functools import partial
from hashlib import blake2b
from html import escape
from http import HTTPStatus
from typing import Any, NamedTuple
from zlib import crc32

from caravan_crawler.sample_site.article import Article
from caravan_crawler.sample_site.site import HTML, Delivery, SampleResponse, SampleSite
from caravan_crawler.sample_site.texts import RU, Rng

#: An unresolvable host, a file, an address without a route.
ELSEWHERE = ("http://www.example.invalid/news/", "file:///etc/passwd", "http://10.0.0.1/admin/")
#: Requests answered between two pauses.
ANSWERED_BETWEEN = 40
#: Maximum number of trap pages, so that even a crawler that follows every link ends.
MOST_TRAPPED = 1500
#: Values that a new template can lose: name to field of the record.
LOSABLE = {"date": "date_published", "body": "body", "headline": "headline", "views": "views"}
#: Requests that a client may have sent before it knew of a pause: as many as Scrapy sends at once.
IN_TRANSIT = 16
#: Listing pages after which the site stops publishing, so that a crawl can end.
_BURSTS = 20
_MEGABYTE = 1 << 20
_NESTED_TAGS = 100_000
_AGAIN = "again=1"
_NEWS_PAGE = re.compile(r"/news/(?:page/\d+/?)?")
_LIST_PAGE = re.compile(r"/(?P<section>news|gazeta|sport|art|crime|zhangalyqtar)/(?:page/(?P<number>\d{1,9})/?)?")


class Call(NamedTuple):
    """One request, and the number of the article that it names, if any."""

    site: SampleSite
    target: str
    number: int | None
    base_url: str

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def is_odd(self) -> bool:
        return bool((self.number or 0) % 2)

    def sound(self, target: str) -> SampleResponse:
        """Response of the site without faults to a request for ``target``."""
        return SampleSite.respond(self.site, target, self.base_url)


Change = Callable[[Call, SampleResponse], SampleResponse]
"""Changes a good response to a bad one."""


class Fault:
    """One fault. It may count requests, but never waits."""

    name = ""
    early_requests = 0
    """Requests during a pause that the client knew of."""

    def answer(self, call: Call, response: SampleResponse) -> SampleResponse:
        """Return the response to send instead of ``response``, or ``response`` itself."""
        raise NotImplementedError

    def spoils(self, site: SampleSite, number: int) -> bool:
        """Whether the fault prevents an exact record of article ``number``."""
        return False


class FaultKind(NamedTuple):
    """A fault of the catalogue; ``values`` are names and defaults of the arguments of ``make``."""

    description: str
    make: Callable[..., Fault]
    values: Mapping[str, str] = {}

    def usage(self, name: str) -> str:
        """Return how it is written: ``slow[:SECONDS=0.05]``."""
        return name + "".join(f"[:{value}={default}]" for value, default in self.values.items())


def make_fault(text: str) -> Fault:
    """Make the fault written ``NAME[:VALUE[:VALUE]]``, or raise ValueError."""
    name, *given = text.strip().split(":")
    kind = FAULTS.get(name)
    if kind is None:
        raise ValueError(f"unknown fault {name!r}; known are {', '.join(FAULTS)}")
    if len(given) > len(kind.values):
        raise ValueError(f"fault {text!r} has too many values; it is written {kind.usage(name)}")
    written = [*given, *list(kind.values.values())[len(given) :]]
    try:
        fault = kind.make(*map(_value, kind.values, written))
    except ValueError as error:
        raise ValueError(f"fault {text!r}: {error}; it is written {kind.usage(name)}") from None
    fault.name = name
    return fault


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
        return sum(fault.early_requests for fault in self._faults)

    def respond(self, target: str, base_url: str, headers: Mapping[str, str] | None = None) -> SampleResponse:
        response = super().respond(target, base_url, headers)
        call = Call(self, target, self.number_of(target), base_url)
        for fault in self._faults:
            response = fault.answer(call, response)
        return response

    def spoils(self, number: int) -> bool:
        """Whether a fault prevents an exact record of article ``number``."""
        return any(fault.spoils(self, number) for fault in self._faults)


#: Name of a value to the least and the greatest number; megabytes are held in memory.
_LIMITS = {
    "SECONDS": (0, 3600),
    "TIMES": (1, 1_000_000),
    "EVERY": (1, 1_000_000),
    "ARTICLES": (1, 1_000_000),
    "PAGES": (0, 1_000_000),
    "MEGABYTES": (1, 2000),
}


def _value(name: str, text: str) -> Any:
    """Parse a value, or raise ValueError. Times may be ``always``, here None; only seconds may have a fraction."""
    if name == "FIELD" and text in LOSABLE:
        return text
    if name == "FIELD":
        raise ValueError(f"{text!r} is none of {', '.join(LOSABLE)}")
    if name == "TIMES" and text == "always":
        return None
    least, most = _LIMITS[name]
    try:
        number = float(text) if name == "SECONDS" else int(text)
    except ValueError:
        number = math.nan
    if not least <= number <= most:
        raise ValueError(f"{text!r} is no number from {least} to {most}")
    return number


# Faults of single pages: bad content, statuses and transfers


class PageFault(Fault):
    """A change of one of ``every`` articles, under all its URLs.

    The choice depends on the fault's name and the articles' numbers; articles that alone lead to another are left out
    unless ``every`` is 1. ``times`` limits the bad responses per URL, None does not; temporary faults affect other HTML
    pages, too. ``spares`` means that an exact record is possible nevertheless.
    """

    def __init__(self, change: Change, times: int | None, every: int, *, spares: bool = False) -> None:
        self._change = change
        self._times = times
        self._every = every
        self._spares = spares
        self._changed: Counter[str] = Counter()

    def answer(self, call: Call, response: SampleResponse) -> SampleResponse:
        if response.status != 200 or not self._is_chosen(call, response):
            return response
        if self._times is not None:
            if self._changed[call.target] >= self._times:
                return response
            self._changed[call.target] += 1
        return self._change(call, response)

    def spoils(self, site: SampleSite, number: int) -> bool:
        return self._times is None and not self._spares and self._is_chosen_article(site, number)

    def _is_chosen(self, call: Call, response: SampleResponse) -> bool:
        if call.number is not None:
            return self._is_chosen_article(call.site, call.number)
        draw = Rng(f"fault:{self.name}", crc32(call.target.encode()))
        return self._times is not None and response.is_html and draw.chance(1, self._every)

    def _is_chosen_article(self, site: SampleSite, number: int) -> bool:
        if self._every == 1:
            return True
        first = number - number % self._every
        eligible = [n for n in range(first, first + self._every) if not site.is_only_way(n)]
        return number == Rng(f"fault:{self.name}", first).pick(eligible)


def _pages(description: str, change: Change, *, times: str = "always", spares: bool = False) -> FaultKind:
    """Return a change of one of EVERY articles, TIMES times or always."""
    return FaultKind(description, partial(PageFault, change, spares=spares), {"TIMES": times, "EVERY": "20"})


def _sized(description: str, change_of: Callable[[Any], Change], **size: str) -> FaultKind:
    """Return a permanent change of one of EVERY articles, by its size, which is given as name and default."""
    return FaultKind(description, lambda value, every: PageFault(change_of(value), None, every), size | {"EVERY": "20"})


def _delivered(**options: Any) -> Change:
    return lambda call, response: replace(response, delivery=Delivery(**options))


def _replaced(body: str, status: int = 200) -> Change:
    return lambda call, response: _page(body, status)


class Slow(Fault):
    """A delay of every response, in addition to other faults of its delivery."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def answer(self, call: Call, response: SampleResponse) -> SampleResponse:
        delay = response.delivery.delay + self._seconds
        return replace(response, delivery=replace(response.delivery, delay=delay))


class RateLimit(Fault):
    """Pauses of ``seconds`` after every 40 responses, with Retry-After.

    Refused requests get ``status``. A request is early if its URL was refused in the same pause, or if more were
    refused in it than may have been in transit.
    """

    clock: Callable[[], float] = staticmethod(time.time)
    """Seconds since 1970."""

    def __init__(self, seconds: float, status: int = 429, *, as_date: bool = False) -> None:
        self._seconds = seconds
        self._status = status
        self._as_date = as_date
        self._answered = 0
        self._until = 0.0
        self._refused: set[str] = set()

    def answer(self, call: Call, response: SampleResponse) -> SampleResponse:
        now = self.clock()
        if now < self._until:
            self.early_requests += len(self._refused) >= IN_TRANSIT or call.target in self._refused
            return self._refuse(call, now)
        if self._answered >= ANSWERED_BETWEEN:
            self._answered = 0
            # A date has no fractions of a second, so the pause ends on a full one.
            self._until = math.ceil(now + self._seconds) if self._as_date else now + self._seconds
            self._refused.clear()
            return self._refuse(call, now)
        self._answered += 1
        return response

    def _refuse(self, call: Call, now: float) -> SampleResponse:
        self._refused.add(call.target)
        when = formatdate(self._until, usegmt=True) if self._as_date else str(math.ceil(self._until - now))
        return _page("<html><body>Too many requests</body></html>", self._status, {"Retry-After": when})


def _error_200(call: Call, response: SampleResponse) -> SampleResponse:
    """The web server's or the site's own error page."""
    return _bare(RU["error"]) if call.is_odd else replace(call.sound("/no-such-page/at-all/"), status=200)


def _redirect_loop(call: Call, response: SampleResponse) -> SampleResponse:
    """Redirect to the same page under another URL, which redirects back."""
    bare = call.target.removesuffix(_AGAIN)
    again = f"{call.target}{'&' if '?' in call.target else '?'}{_AGAIN}"
    return _page("", 302, {"Location": again if bare == call.target else bare[:-1]})


def _wrong_charset(call: Call, response: SampleResponse) -> SampleResponse:
    charset = "utf-8859" if call.is_odd else "windows-1251"
    return replace(response, headers=response.headers | {"Content-Type": f"text/html; charset={charset}"})


def _inserted(content: bytes) -> Change:
    """Insert bytes within the text."""

    def change(call: Call, response: SampleResponse) -> SampleResponse:
        place = _second_paragraph(call, response.body)
        return replace(response, body=response.body[:place] + content + response.body[place:])

    return change


def _nested(call: Call, response: SampleResponse) -> SampleResponse:
    opened, closed = b"<i>" * _NESTED_TAGS, b"</i>" * _NESTED_TAGS
    if call.is_odd:
        return _inserted(opened + closed)(call, response)
    body = response.body.replace(b"<body>", b"<body>" + opened, 1).replace(b"</body>", closed + b"</body>", 1)
    return replace(response, body=body)


def _huge(megabytes: int) -> Change:
    start = b"<body><!--" + b" " * (megabytes * _MEGABYTE) + b"-->"
    return lambda call, response: replace(response, body=response.body.replace(b"<body>", start, 1))


def _gzip_bomb(megabytes: int) -> Change:
    once = _compressed(b"<html><body>", megabytes)
    twice = _compressed(once, 0)

    def change(call: Call, response: SampleResponse) -> SampleResponse:
        encoding, body = ("gzip", once) if call.is_odd else ("gzip, gzip", twice)
        return SampleResponse(200, {"Content-Type": HTML, "Content-Encoding": encoding}, body)

    return change


def _compressed(start: bytes, megabytes: int) -> bytes:
    packer = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    blank = b" " * _MEGABYTE
    return b"".join([packer.compress(start), *(packer.compress(blank) for _ in range(megabytes)), packer.flush()])


def _page(body: str, status: int = 200, headers: Mapping[str, str] | None = None) -> SampleResponse:
    return SampleResponse(status, {"Content-Type": HTML, **(headers or {})}, body.encode())


def _bare(head: str) -> SampleResponse:
    return _page(f"<!DOCTYPE html><html><head><meta charset='utf-8'>{head}</body></html>")


def _second_paragraph(call: Call, body: bytes) -> int:
    """Return where the text's second paragraph, or the next found, is in ``body``."""
    blocks = [] if call.number is None else call.site.article(call.number).blocks
    texts = [content[0] for tag, content in blocks if tag == "p"]
    # Only the first letters: the page may have invisible characters later in a paragraph.
    starts = [escape(text, quote=False)[:16].encode() for text in texts[1:] if isinstance(text, str)]
    return next((place for start in starts if (place := body.find(start)) > 0), body.rfind(b"</body>"))


# Faults of the whole site


class MarkupSwitch(Fault):
    """The next template after ``after`` article pages, one field by script only."""

    def __init__(self, after: int, field: str) -> None:
        self._after = after
        self._field = field
        self._answered = 0
        self._site: SampleSite | None = None
        self._switched: set[int] = set()

    def answer(self, call: Call, response: SampleResponse) -> SampleResponse:
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
            texts = [str(content[0]) for tag, content in article.blocks if tag == "p"]
            return article._replace(blocks=[], author_line=None), texts


class Shifting(Fault):
    """New articles after each request for a page of the listing of news."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._bursts = 0

    def answer(self, call: Call, response: SampleResponse) -> SampleResponse:
        if _NEWS_PAGE.fullmatch(call.path) and self._bursts < _BURSTS:
            self._bursts += 1
            call.site.publish(self._count)
        return response


class EndlessListing(Fault):
    """Listings without an end: beyond it the first page is repeated.

    With ``is_new`` the repeated pages have new URLs of articles and of the next page.
    """

    def __init__(self, *, is_new: bool = False) -> None:
        self._is_new = is_new

    def answer(self, call: Call, response: SampleResponse) -> SampleResponse:
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
        return _with_links(response, [following], " rel='next'")


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

    _trapped = 0

    def answer(self, call: Call, response: SampleResponse) -> SampleResponse:
        if self._is_trap(call):
            self._trapped += 1
            if self._trapped > MOST_TRAPPED:
                return _page("<html><body><h1>404</h1></body></html>", 404)
            page = _bare("<title>Архив - Караван</title></head><body><h1>Архив</h1><p>За этот день ничего нет.</p>")
            return _with_links(page, [self._link(call.target, branch) for branch in (1, 2)])
        if response.status == 200 and response.is_html:
            return _with_links(response, [self._link(call.target, 0)])
        return response

    def _is_trap(self, call: Call) -> bool:
        return call.path.startswith("/kalendar/") or "?sort=" in call.target

    def _link(self, target: str, branch: int) -> str:
        draw = _hash(f"{target}#{branch}")
        day = date(2001, 1, 1) + timedelta(days=draw % 200_000)
        return (f"/kalendar/{day:%Y/%m/%d}/", f"/news/?sort=date&day={day}", f"/?sort=views&s1={draw}")[draw % 3]


class ArticleTrap(UrlTrap):
    """The same with URLs like those of articles without a number."""

    def _is_trap(self, call: Call) -> bool:
        return call.path.startswith("/arkhiv/")

    def _link(self, target: str, branch: int) -> str:
        return f"/arkhiv/zapis-{_hash(f'{target}#{branch}') % 10**9:x}-den/"


class DeadRobots(Fault):
    """A 500 for robots.txt."""

    def answer(self, call: Call, response: SampleResponse) -> SampleResponse:
        return _ERRORS_500(call, response) if call.path == "/robots.txt" else response


def _with_links(response: SampleResponse, targets: list[str], mark: str = "") -> SampleResponse:
    links = "".join(f"<a{mark} href='{target.replace('&', '&amp;')}'>Ещё</a> " for target in targets)
    return replace(response, body=response.body.replace(b"</body>", f"<p>{links}</p></body>".encode()))


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=4).digest(), "big")


_ERRORS_500 = _replaced("<html><body><h1>500</h1></body></html>", 500)

FAULTS = {
    "slow": FaultKind("delay of SECONDS before each response", Slow, {"SECONDS": "0.05"}),
    "drip": _sized(
        "articles whose body is sent in ten pieces during SECONDS",
        lambda seconds: _delivered(spread=seconds),
        SECONDS="1",
    ),
    "hang": _sized(
        "articles without a response; the connection ends after SECONDS",
        lambda seconds: _delivered(delay=seconds, is_silent=True, ending="close"),
        SECONDS="30",
    ),
    "cut": _pages("articles of which half is sent, less than Content-Length", _delivered(share=0.5, ending="close")),
    "reset": _pages("articles with a reset of the connection in the middle", _delivered(share=0.5, ending="reset")),
    "half_pages": _pages(
        "articles with truncated HTML and a correct Content-Length",
        lambda call, response: replace(response, body=response.body[: len(response.body) // 2]),
    ),
    "errors_500": _pages("pages with status 500", _ERRORS_500, times="1"),
    "error_200": _pages("error pages with status 200 instead of articles", _error_200),
    "empty": _pages("articles with an empty body and status 200", _replaced("")),
    "challenge": _pages(
        "challenges to prove that one is human, instead of articles",
        lambda call, response: _bare(RU["challenges"][call.is_odd]),
    ),
    "rate_limit": FaultKind("429 with Retry-After: SECONDS after every 40 requests", RateLimit, {"SECONDS": "1"}),
    "rate_limit_date": FaultKind(
        "the same with Retry-After as a date", partial(RateLimit, as_date=True), {"SECONDS": "1"}
    ),
    "rate_limit_503": FaultKind("the same with status 503", partial(RateLimit, status=503), {"SECONDS": "1"}),
    "redirect_loop": _pages("articles that redirect to themselves", _redirect_loop),
    "redirect_away": _pages(
        "articles that redirect to another host, to file:///etc/passwd or to a private address",
        lambda call, response: _page("", 302, {"Location": ELSEWHERE[(call.number or 0) % len(ELSEWHERE)]}),
    ),
    "wrong_charset": _pages(
        "articles in UTF-8 with windows-1251 or an unknown charset in the header", _wrong_charset, spares=True
    ),
    # They are no letters of windows-1251 either.
    "invalid_bytes": _pages("articles with bytes that are not UTF-8", _inserted(b"\x98\xff")),
    "nested": _pages("articles with 100,000 nested tags around or within the text", _nested),
    "huge": _sized("articles of MEGABYTES", _huge, MEGABYTES="50"),
    "gzip_bomb": _sized(
        "MEGABYTES of blanks, compressed once or twice, instead of articles",
        _gzip_bomb,
        MEGABYTES="120",
    ),
    "markup_switch": FaultKind(
        f"after PAGES article pages, another template without FIELD ({', '.join(LOSABLE)})",
        MarkupSwitch,
        {"PAGES": "500", "FIELD": "date"},
    ),
    "shifting": FaultKind(
        "ARTICLES new articles after each request for a page of the news listing, 20 times",
        Shifting,
        {"ARTICLES": "3"},
    ),
    "endless_listing": FaultKind("listings that repeat themselves without an end", EndlessListing),
    "endless_listing_new": FaultKind(
        "the same with new URLs of articles and pages", partial(EndlessListing, is_new=True)
    ),
    "url_trap": FaultKind("pages with endless links to days of a calendar and to sortings", UrlTrap),
    "article_trap": FaultKind("the same with URLs like those of articles without a number", ArticleTrap),
    "dead_robots": FaultKind("robots.txt with status 500", DeadRobots),
}
