"""Pages that arrive whole and are no good: the tricks and what they put on the page."""

import zlib

from caravan_crawler.sample_site.blocks import Paragraph
from caravan_crawler.sample_site.faults.base import Trick, Visit
from caravan_crawler.sample_site.markup import escape
from caravan_crawler.sample_site.response import HTML, SampleResponse

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


def half(visit: Visit, response: SampleResponse) -> SampleResponse:
    """The page broken off in its middle, its length right."""
    return SampleResponse(200, response.headers, response.body[: len(response.body) // 2])


def challenge(visit: Visit, response: SampleResponse) -> SampleResponse:
    """A page that asks to prove that one is human."""
    return _bare(_CHALLENGES[(visit.number or 0) % len(_CHALLENGES)])


def error_200(visit: Visit, response: SampleResponse) -> SampleResponse:
    """An error page with status 200: the web server's, or the site's own."""
    if (visit.number or 0) % 2:
        return _bare(_ERROR)
    return SampleResponse(200, {"Content-Type": HTML}, visit.sound("/no-such-page/at-all/").body)


def empty(visit: Visit, response: SampleResponse) -> SampleResponse:
    """Nothing, with status 200."""
    return SampleResponse(200, {"Content-Type": HTML})


def wrong_charset(visit: Visit, response: SampleResponse) -> SampleResponse:
    """The page in UTF-8 as before, of which the header says something else or nonsense."""
    name = ("windows-1251", "utf-8859")[(visit.number or 0) % 2]
    return SampleResponse(200, response.headers | {"Content-Type": f"text/html; charset={name}"}, response.body)


def invalid_bytes(visit: Visit, response: SampleResponse) -> SampleResponse:
    """The page with bytes in its text that are no UTF-8, nor letters of windows-1251."""
    place = _second_paragraph(visit, response.body)
    return SampleResponse(200, response.headers, response.body[:place] + b"\x98\xff" + response.body[place:])


def nested(visit: Visit, response: SampleResponse) -> SampleResponse:
    """The page with 100,000 nested elements around all of it, or in the midst of its text."""
    opened, closed = b"<i>" * _NESTED_TAGS, b"</i>" * _NESTED_TAGS
    body = response.body
    if (visit.number or 0) % 2:
        place = _second_paragraph(visit, body)
        body = body[:place] + opened + closed + body[place:]
    else:
        body = body.replace(b"<body>", b"<body>" + opened, 1).replace(b"</body>", closed + b"</body>", 1)
    return SampleResponse(200, response.headers, body)


def huge(megabytes: int) -> Trick:
    """The page with a comment of so many megabytes in it."""
    comment = b"<!--" + b" " * (megabytes * _MEGABYTE) + b"-->"

    def trick(visit: Visit, response: SampleResponse) -> SampleResponse:
        body = response.body.replace(b"<body>", b"<body>" + comment, 1)
        return SampleResponse(200, response.headers, body)

    return trick


def gzip_bomb(megabytes: int) -> Trick:
    """Blank HTML of so many megabytes, packed to a thousandth, or twice, to less than a kilobyte per 100."""
    once = _packed(b"<html><body>", megabytes)
    twice = _packed(once, 0)

    def trick(visit: Visit, response: SampleResponse) -> SampleResponse:
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


def _second_paragraph(visit: Visit, body: bytes) -> int:
    """Where the second paragraph of the article's text begins in ``body``, or the next that is found."""
    blocks = [] if visit.number is None else visit.site.article(visit.number).blocks
    texts = [block.runs[0] for block in blocks if isinstance(block, Paragraph)]
    # The page may have invisible characters further on in a paragraph.
    starts = [escape(text)[:_FIRST_LETTERS].encode() for text in texts[1:] if isinstance(text, str)]
    return next((place for start in starts if (place := body.find(start)) > 0), body.rfind(b"</body>"))
