"""Bodies that their server calls packed: unpacked as Scrapy does it, or read as they are where they are plain text."""

import codecs

from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware

#: So many bytes show whether a body is plain.
_LOOKED_AT = 1024
#: No page is without these; packed bytes are seldom without others.
_CONTROLS = bytes(sorted(set(range(0x20)) - set(b"\t\n\f\r")))
#: So many bytes of UTF-8, or of any charset, are no accident of packing.
_SHORTEST_UTF8, _SHORTEST_OTHER = 16, 256


class Unpacking(HttpCompressionMiddleware):
    """Scrapy's middleware, which passes on a plain body under a false ``Content-Encoding``, as a browser shows it.

    Scrapy raises an error there, so that a page is lost, or with robots.txt the whole site. A body that is packed and
    damaged is still an error.
    """

    @staticmethod
    def _decode(body: bytes, encoding: bytes, max_size: int) -> bytes:
        return body if is_plain(body) else HttpCompressionMiddleware._decode(body, encoding, max_size)


def is_plain(body: bytes) -> bool:
    """Whether the body is text, and not packed: without control characters, and long enough for that to mean something.

    Each of the packings has a header or a stream of bits, in which all bytes occur.
    """
    start = body[:_LOOKED_AT]
    if start.translate(None, _CONTROLS) != start:
        return False
    if len(body) >= _SHORTEST_OTHER:
        return True
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return False
    return len(body) >= _SHORTEST_UTF8
