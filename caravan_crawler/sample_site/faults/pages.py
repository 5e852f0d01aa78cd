"""Faults of single pages: bad content, statuses and transfers."""

import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from caravan_crawler.sample_site.markup import escape
from caravan_crawler.sample_site.response import HTML, Delivery, SampleResponse
from caravan_crawler.sample_site.rng import Rng
from caravan_crawler.sample_site.site import SampleSite
from caravan_crawler.sample_site.story import Paragraph


@dataclass(frozen=True, slots=True)
class Call:
    """One request: its ``target``, the ``number`` of the article that names, if any, and the site's address."""

    site: SampleSite
    target: str
    number: int | None
    base_url: str

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    def sound(self, target: str) -> SampleResponse:
        """What the site without faults answers to a request for ``target``."""
        return SampleSite.respond(self.site, target, self.base_url)


Change = Callable[[Call, SampleResponse], SampleResponse]
"""Makes of a sound answer a bad one."""


class Fault:
    """One way to misbehave. It may keep count of what was asked, but never waits."""

    early_requests = 0
    """Requests that came although the client had been told to wait."""

    def answer(self, visit: Call, response: SampleResponse) -> SampleResponse:
        """The answer to send instead of ``response``, or ``response`` itself."""
        raise NotImplementedError

    def spoils(self, site: SampleSite, number: int) -> bool:
        """Whether no exact record of the site's article ``number`` can be had."""
        return False


class PageFault(Fault):
    """A trick played on few articles, one of ``every`` so many, under all their addresses.

    Which ones follows from the fault's name and the articles' numbers; an article that alone leads to
    another is none of them unless ``every`` is 1. ``times`` is how often an address is bad before it is
    sound, None for ever; what passes befalls other HTML pages, too. ``spares`` says that an exact record
    can be had all the same.
    """

    def __init__(self, name: str, trick: Change, times: int | None, every: int, *, spares: bool = False) -> None:
        self._name = name
        self._trick = trick
        self._times = times
        self._every = every
        self._spares = spares
        self._played: Counter[str] = Counter()

    def answer(self, visit: Call, response: SampleResponse) -> SampleResponse:
        """Play the trick where it is due."""
        if response.status != 200 or not self._is_chosen(visit, response):
            return response
        if self._times is not None:
            if self._played[visit.target] >= self._times:
                return response
            self._played[visit.target] += 1
        return self._trick(visit, response)

    def spoils(self, site: SampleSite, number: int) -> bool:
        """Whether the article is bad for ever."""
        return self._times is None and not self._spares and self._is_chosen_article(site, number)

    def _is_chosen(self, visit: Call, response: SampleResponse) -> bool:
        if visit.number is not None:
            return self._is_chosen_article(visit.site, visit.number)
        is_page = response.headers.get("Content-Type") == HTML
        draw = Rng(f"fault:{self._name}", zlib.crc32(visit.target.encode()))
        return self._times is not None and is_page and draw.chance(1, self._every)

    def _is_chosen_article(self, site: SampleSite, number: int) -> bool:
        if self._every == 1:
            return True
        first = number - number % self._every
        eligible = [n for n in range(first, first + self._every) if not site.is_only_way(n)]
        return number == Rng(f"fault:{self._name}", first).pick(eligible)


#: A name that no resolver knows, a file, an address that no route leads to.
ELSEWHERE = ("http://www.example.invalid/news/", "file:///etc/passwd", "http://10.0.0.1/admin/")
_AGAIN = "?again=1"


class DeadRobots(Fault):
    """robots.txt answers 500."""

    def answer(self, visit: Call, response: SampleResponse) -> SampleResponse:
        """Break robots.txt."""
        return error_500(visit, response) if visit.path == "/robots.txt" else response


def error_500(visit: Call, response: SampleResponse) -> SampleResponse:
    """An internal server error."""
    return SampleResponse(500, {"Content-Type": HTML}, b"<html><body><h1>500</h1></body></html>")


def redirect_loop(visit: Call, response: SampleResponse) -> SampleResponse:
    """A redirect to the same page under another address, from which it comes back."""
    bare = visit.target.removesuffix(_AGAIN[1:])
    if bare != visit.target:
        return _found(bare[:-1])
    return _found(visit.target + ("&" + _AGAIN[1:] if "?" in visit.target else _AGAIN))


def redirect_away(visit: Call, response: SampleResponse) -> SampleResponse:
    """A redirect to another host, to a file, or into a private network."""
    return _found(ELSEWHERE[(visit.number or 0) % len(ELSEWHERE)])


def _found(location: str) -> SampleResponse:
    return SampleResponse(302, {"Content-Type": HTML, "Location": location})


class Slow(Fault):
    """Every answer comes so many seconds late."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def answer(self, visit: Call, response: SampleResponse) -> SampleResponse:
        """Delay the answer, whatever else is wrong with its delivery."""
        delivery = response.delivery or Delivery()
        return replace(response, delivery=replace(delivery, delay=delivery.delay + self._seconds))


def drip(seconds: float) -> Change:
    """The body sent in pieces over so many seconds."""
    return lambda visit, response: replace(response, delivery=Delivery(spread=seconds))


def hang(seconds: float) -> Change:
    """No answer, and after so many seconds the end of the connection."""
    return lambda visit, response: replace(response, delivery=Delivery(delay=seconds, is_silent=True, ending="close"))


def cut(visit: Call, response: SampleResponse) -> SampleResponse:
    """Half of the body that Content-Length announces, then the end of the connection."""
    return replace(response, delivery=Delivery(share=0.5, ending="close"))


def reset(visit: Call, response: SampleResponse) -> SampleResponse:
    """Half of the body, then a reset of the connection."""
    return replace(response, delivery=Delivery(share=0.5, ending="reset"))


_CHALLENGES = (
    "<title>Just a moment...</title></head><body><h1>www.caravan.kz</h1><p>Verify you are human by completing the "
    "action below.</p><p>Checking your browser before accessing the site.</p>",
    "<title>Проверка браузера</title></head><body><h1>Подтвердите, что вы не робот</h1><p>Это займёт "
    "несколько секунд.</p>",
)
_ERROR = (
    "<title>500 Internal Server Error</title></head><body><h1>500 Internal Server Error</h1><p>The server met an "
    "unexpected condition.</p>"
)
_NESTED_TAGS = 100_000
_MEGABYTE = 1 << 20
_FIRST_LETTERS = 16


def half(visit: Call, response: SampleResponse) -> SampleResponse:
    """The page broken off in its middle, its length right."""
    return SampleResponse(200, response.headers, response.body[: len(response.body) // 2])


def challenge(visit: Call, response: SampleResponse) -> SampleResponse:
    """A page that asks to prove that one is human."""
    return _bare(_CHALLENGES[(visit.number or 0) % len(_CHALLENGES)])


def error_200(visit: Call, response: SampleResponse) -> SampleResponse:
    """An error page with status 200: the web server's, or the site's own."""
    if (visit.number or 0) % 2:
        return _bare(_ERROR)
    return SampleResponse(200, {"Content-Type": HTML}, visit.sound("/no-such-page/at-all/").body)


def empty(visit: Call, response: SampleResponse) -> SampleResponse:
    """Nothing, with status 200."""
    return SampleResponse(200, {"Content-Type": HTML})


def wrong_charset(visit: Call, response: SampleResponse) -> SampleResponse:
    """The page in UTF-8 as before, of which the header says something else or nonsense."""
    name = ("windows-1251", "utf-8859")[(visit.number or 0) % 2]
    return SampleResponse(200, response.headers | {"Content-Type": f"text/html; charset={name}"}, response.body)


def invalid_bytes(visit: Call, response: SampleResponse) -> SampleResponse:
    """The page with bytes in its text that are no UTF-8, nor letters of windows-1251."""
    place = _second_paragraph(visit, response.body)
    return SampleResponse(200, response.headers, response.body[:place] + b"\x98\xff" + response.body[place:])


def nested(visit: Call, response: SampleResponse) -> SampleResponse:
    """The page with 100,000 nested elements around all of it, or in the midst of its text."""
    opened, closed = b"<i>" * _NESTED_TAGS, b"</i>" * _NESTED_TAGS
    body = response.body
    if (visit.number or 0) % 2:
        place = _second_paragraph(visit, body)
        body = body[:place] + opened + closed + body[place:]
    else:
        body = body.replace(b"<body>", b"<body>" + opened, 1).replace(b"</body>", closed + b"</body>", 1)
    return SampleResponse(200, response.headers, body)


def huge(megabytes: int) -> Change:
    """The page with a comment of so many megabytes in it."""
    comment = b"<!--" + b" " * (megabytes * _MEGABYTE) + b"-->"

    def trick(visit: Call, response: SampleResponse) -> SampleResponse:
        body = response.body.replace(b"<body>", b"<body>" + comment, 1)
        return SampleResponse(200, response.headers, body)

    return trick


def gzip_bomb(megabytes: int) -> Change:
    """Blank HTML of so many megabytes, packed to a thousandth, or twice, to less than a kilobyte per 100."""
    once = _packed(b"<html><body>", megabytes)
    twice = _packed(once, 0)

    def trick(visit: Call, response: SampleResponse) -> SampleResponse:
        encoding, body = ("gzip", once) if (visit.number or 0) % 2 else ("gzip, gzip", twice)
        return SampleResponse(200, {"Content-Type": HTML, "Content-Encoding": encoding}, body)

    return trick


def _packed(start: bytes, megabytes: int) -> bytes:
    packer = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    blank = b" " * _MEGABYTE
    return b"".join([packer.compress(start), *(packer.compress(blank) for _ in range(megabytes)), packer.flush()])


def _bare(head: str) -> SampleResponse:
    page = f"<!DOCTYPE html><html><head><meta charset='utf-8'>{head}</body></html>"
    return SampleResponse(200, {"Content-Type": HTML}, page.encode())


def _second_paragraph(visit: Call, body: bytes) -> int:
    """Where the second paragraph of the article's text begins in ``body``, or the next that is found."""
    blocks = [] if visit.number is None else visit.site.article(visit.number).blocks
    texts = [block.runs[0] for block in blocks if isinstance(block, Paragraph)]
    # The page may have invisible characters further on in a paragraph.
    starts = [escape(text)[:_FIRST_LETTERS].encode() for text in texts[1:] if isinstance(text, str)]
    return next((place for start in starts if (place := body.find(start)) > 0), body.rfind(b"</body>"))
