"""The text of a feed or sitemap: without compression, in whatever encoding, as far as it came."""

import re
import zlib
from typing import Literal

from caravan_crawler.normalise.text import encodable
from caravan_crawler.pages.charset import encoding_of

#: A sitemap has at most 50 MB by its protocol. Of a larger one so much is read, and the rest is reported as lost.
LARGEST = 50 * 1024 * 1024

_GZIP = b"\x1f\x8b"
#: A file that was compressed already is compressed again by some servers.
_MOST_LAYERS = 3
#: A compressed file may have parts, of 64 KB each with some programs.
_MOST_PARTS = 1000
_DECLARED = re.compile(rb"""<\?xml[^>]{0,100}?encoding\s*=\s*["']([\w.\-]{2,40})["']""")
_UTF_16_LE, _UTF_16_BE = re.compile(rb"(?:[\x09-\x7e]\x00){4}"), re.compile(rb"(?:\x00[\x09-\x7e]){4}")

#: What is wrong with a list that is read in part: it breaks off, or has more than :data:`LARGEST` bytes.
Loss = Literal["cut", "too_large"]


def inflate(body: bytes) -> tuple[bytes, Loss | None]:
    """Return a body without compression, as far as that goes."""
    loss: Loss | None = None
    for _ in range(_MOST_LAYERS):
        if not body.startswith(_GZIP):
            break
        body, its_loss = _gunzip(body)
        loss = loss or its_loss
    return body[:LARGEST], "too_large" if len(body) > LARGEST else loss


def _gunzip(body: bytes) -> tuple[bytes, Loss | None]:
    """Return the content of a gzip file, which may have several parts and other bytes behind them."""
    parts: list[bytes] = []
    room = LARGEST
    while body.startswith(_GZIP):
        if len(parts) == _MOST_PARTS:
            return b"".join(parts), "cut"
        inflater = zlib.decompressobj(wbits=31)
        try:
            parts.append(inflater.decompress(body, room + 1))
        except zlib.error:
            # What a damaged part gives before the damage shows has wrong letters in it, and wrong addresses.
            return b"".join(parts), "cut"
        room -= len(parts[-1])
        if room < 0:
            return b"".join(parts)[:LARGEST], "too_large"
        if not inflater.eof:
            return b"".join(parts), "cut"
        body = inflater.unused_data
    return b"".join(parts), None


def decode(body: bytes, declared: str | None) -> str:
    """Return the text of a body, whatever encoding it claims."""
    for mark, codec in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if body.startswith(mark):
            return encodable(body[len(mark) :].decode(codec, "replace"))
    if _UTF_16_LE.match(body):
        return body.decode("utf-16-le", "replace")
    if _UTF_16_BE.match(body):
        return body.decode("utf-16-be", "replace")
    found = _DECLARED.search(body, 0, 2048)
    return body.decode(encoding_of(body, found[1].decode("ascii") if found else declared), "replace")
