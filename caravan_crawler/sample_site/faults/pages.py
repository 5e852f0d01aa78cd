"""Faults of single pages: bad content, statuses and transfers."""

import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from caravan_crawler.sample_site.markup import escape
from caravan_crawler.sample_site.response import HTML, Delivery, SampleResponse
from caravan_crawler.sample_site.site import SampleSite
from caravan_crawler.sample_site.story import Paragraph
from caravan_crawler.sample_site.texts import Rng

#: An unresolvable host, a file, an address without a route.
ELSEWHERE = ("http://www.example.invalid/news/", "file:///etc/passwd", "http://10.0.0.1/admin/")
_AGAIN = "again=1"
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


@dataclass(frozen=True, slots=True)
class Call:
    """One request, and the number of the article that it names, if any."""

    site: SampleSite
    target: str
    number: int | None
    base_url: str

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    def sound(self, target: str) -> SampleResponse:
        """Response of the site without faults to a request for ``target``."""
        return SampleSite.respond(self.site, target, self.base_url)

    def choose(self, *options: str) -> str:
        """Choose by the article's number."""
        return options[(self.number or 0) % len(options)]


Change = Callable[[Call, SampleResponse], SampleResponse]
"""Changes a good response to a bad one."""


class Fault:
    """One fault. It may count requests, but never waits."""

    early_requests = 0
    """Requests during a pause that the client knew of."""

    def answer(self, call: Call, response: SampleResponse) -> SampleResponse:
        """Return the response to send instead of ``response``, or ``response`` itself."""
        raise NotImplementedError

    def spoils(self, site: SampleSite, number: int) -> bool:
        """Whether the fault prevents an exact record of article ``number``."""
        return False


class Slow(Fault):
    """A delay of every response."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def answer(self, call: Call, response: SampleResponse) -> SampleResponse:
        """Delay the response, in addition to other faults of its delivery."""
        delivery = response.delivery or Delivery()
        return replace(response, delivery=replace(delivery, delay=delivery.delay + self._seconds))


class DeadRobots(Fault):
    """A 500 for robots.txt."""

    def answer(self, call: Call, response: SampleResponse) -> SampleResponse:
        """Replace robots.txt."""
        return error_500(call, response) if call.path == "/robots.txt" else response


class PageFault(Fault):
    """A change of one of ``every`` articles, under all its URLs.

    The choice depends on the fault's name and the articles' numbers; articles that alone lead to another are left out
    unless ``every`` is 1. ``times`` limits the bad responses per URL, None does not; temporary faults affect other HTML
    pages, too. ``spares`` means that an exact record is possible nevertheless.
    """

    def __init__(self, name: str, change: Change, times: int | None, every: int, *, spares: bool = False) -> None:
        self._label = f"fault:{name}"
        self._change = change
        self._times = times
        self._every = every
        self._spares = spares
        self._changed: Counter[str] = Counter()

    def answer(self, call: Call, response: SampleResponse) -> SampleResponse:
        """Change the response if the page is chosen."""
        if response.status != 200 or not self._is_chosen(call, response):
            return response
        if self._times is not None:
            if self._changed[call.target] >= self._times:
                return response
            self._changed[call.target] += 1
        return self._change(call, response)

    def spoils(self, site: SampleSite, number: int) -> bool:
        """Whether the article is always bad."""
        return self._times is None and not self._spares and self._is_chosen_article(site, number)

    def _is_chosen(self, call: Call, response: SampleResponse) -> bool:
        if call.number is not None:
            return self._is_chosen_article(call.site, call.number)
        is_page = response.headers.get("Content-Type") == HTML
        draw = Rng(self._label, zlib.crc32(call.target.encode()))
        return self._times is not None and is_page and draw.chance(1, self._every)

    def _is_chosen_article(self, site: SampleSite, number: int) -> bool:
        if self._every == 1:
            return True
        first = number - number % self._every
        eligible = [n for n in range(first, first + self._every) if not site.is_only_way(n)]
        return number == Rng(self._label, first).pick(eligible)


def drip(seconds: float) -> Change:
    """Send the body in pieces during ``seconds``."""
    return lambda call, response: replace(response, delivery=Delivery(spread=seconds))


def hang(seconds: float) -> Change:
    """Send nothing, and close the connection after ``seconds``."""
    return lambda call, response: replace(response, delivery=Delivery(delay=seconds, is_silent=True, ending="close"))


def cut(call: Call, response: SampleResponse) -> SampleResponse:
    """Half of the announced body, then the end of the connection."""
    return replace(response, delivery=Delivery(share=0.5, ending="close"))


def reset(call: Call, response: SampleResponse) -> SampleResponse:
    """Half of the body, then a reset of the connection."""
    return replace(response, delivery=Delivery(share=0.5, ending="reset"))


def error_500(call: Call, response: SampleResponse) -> SampleResponse:
    """An internal server error."""
    return SampleResponse(500, {"Content-Type": HTML}, b"<html><body><h1>500</h1></body></html>")


def redirect_loop(call: Call, response: SampleResponse) -> SampleResponse:
    """A redirect to the same page under another URL, which redirects back."""
    bare = call.target.removesuffix(_AGAIN)
    if bare != call.target:
        return _redirect(bare[:-1])
    return _redirect(f"{call.target}{'&' if '?' in call.target else '?'}{_AGAIN}")


def redirect_away(call: Call, response: SampleResponse) -> SampleResponse:
    """A redirect to another host, to a file, or into a private network."""
    return _redirect(call.choose(*ELSEWHERE))


def half(call: Call, response: SampleResponse) -> SampleResponse:
    """The first half of the page, with a right length."""
    return SampleResponse(200, response.headers, response.body[: len(response.body) // 2])


def challenge(call: Call, response: SampleResponse) -> SampleResponse:
    """A page that demands a proof of being human."""
    return _bare(call.choose(*_CHALLENGES))


def error_200(call: Call, response: SampleResponse) -> SampleResponse:
    """An error page with status 200: the web server's or the site's own."""
    if (call.number or 0) % 2:
        return _bare(_ERROR)
    return SampleResponse(200, {"Content-Type": HTML}, call.sound("/no-such-page/at-all/").body)


def empty(call: Call, response: SampleResponse) -> SampleResponse:
    """An empty body with status 200."""
    return SampleResponse(200, {"Content-Type": HTML})


def wrong_charset(call: Call, response: SampleResponse) -> SampleResponse:
    """The page in UTF-8 with another or an unknown charset in the header."""
    content_type = f"text/html; charset={call.choose('windows-1251', 'utf-8859')}"
    return SampleResponse(200, response.headers | {"Content-Type": content_type}, response.body)


def invalid_bytes(call: Call, response: SampleResponse) -> SampleResponse:
    """The page with bytes that are neither UTF-8 nor letters of windows-1251."""
    place = _second_paragraph(call, response.body)
    return SampleResponse(200, response.headers, response.body[:place] + b"\x98\xff" + response.body[place:])


def nested(call: Call, response: SampleResponse) -> SampleResponse:
    """The page with 100,000 nested elements around everything or inside its text."""
    opened, closed = b"<i>" * _NESTED_TAGS, b"</i>" * _NESTED_TAGS
    body = response.body
    if (call.number or 0) % 2:
        place = _second_paragraph(call, body)
        body = body[:place] + opened + closed + body[place:]
    else:
        body = body.replace(b"<body>", b"<body>" + opened, 1).replace(b"</body>", closed + b"</body>", 1)
    return SampleResponse(200, response.headers, body)


def huge(megabytes: int) -> Change:
    """The page with a comment of ``megabytes``."""
    comment = b"<!--" + b" " * (megabytes * _MEGABYTE) + b"-->"
    return lambda call, response: SampleResponse(
        200, response.headers, response.body.replace(b"<body>", b"<body>" + comment, 1)
    )


def gzip_bomb(megabytes: int) -> Change:
    """Blank HTML, compressed once or twice."""
    once = _compressed(b"<html><body>", megabytes)
    twice = _compressed(once, 0)

    def change(call: Call, response: SampleResponse) -> SampleResponse:
        encoding, body = ("gzip", once) if (call.number or 0) % 2 else ("gzip, gzip", twice)
        return SampleResponse(200, {"Content-Type": HTML, "Content-Encoding": encoding}, body)

    return change


def _compressed(start: bytes, megabytes: int) -> bytes:
    packer = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    blank = b" " * _MEGABYTE
    return b"".join([packer.compress(start), *(packer.compress(blank) for _ in range(megabytes)), packer.flush()])


def _redirect(location: str) -> SampleResponse:
    return SampleResponse(302, {"Content-Type": HTML, "Location": location})


def _bare(head: str) -> SampleResponse:
    page = f"<!DOCTYPE html><html><head><meta charset='utf-8'>{head}</body></html>"
    return SampleResponse(200, {"Content-Type": HTML}, page.encode())


def _second_paragraph(call: Call, body: bytes) -> int:
    """Return where the text's second paragraph, or the next found, is in ``body``."""
    blocks = [] if call.number is None else call.site.article(call.number).blocks
    texts = [block.runs[0] for block in blocks if isinstance(block, Paragraph)]
    # Only the first letters: the page may have invisible characters later in a paragraph.
    starts = [escape(text)[:_FIRST_LETTERS].encode() for text in texts[1:] if isinstance(text, str)]
    return next((place for start in starts if (place := body.find(start)) > 0), body.rfind(b"</body>"))
