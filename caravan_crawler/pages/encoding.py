"""From bytes to text: which encoding a page, feed or sitemap has, and gzip files that the site serves as such."""

import re
import zlib
from typing import Literal

from caravan_crawler.normalise.text import encodable

#: A Cyrillic letter in UTF-8; in windows-1251 and KOI8-R its bytes hardly follow each other.
_LETTER_OF_UTF_8 = re.compile(rb"[\xd0-\xd3][\x80-\xbf]")
#: Such letters for each invalid byte from which a page is UTF-8: with fewer, only its frame may be.
_LETTERS_FOR_ONE_BROKEN = 3
_META = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w\-:.+]{2,40})""", re.IGNORECASE)
_HEAD = 2048

#: Labels of the web for the encodings of Cyrillic pages, and for those of Latin letters that are declared for them too.
_LABELS = {
    "utf_8": "unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8",
    "cp866": "866 cp866 csibm866 ibm866",
    "iso8859_2": "csisolatin2 iso-8859-2 iso-ir-101 iso8859-2 iso88592 iso_8859-2 iso_8859-2:1987 l2 latin2",
    "iso8859_5": "csisolatincyrillic cyrillic iso-8859-5 iso-ir-144 iso8859-5 iso88595 iso_8859-5 iso_8859-5:1988",
    "iso8859_15": "csisolatin9 iso-8859-15 iso8859-15 iso885915 iso_8859-15 l9",
    "koi8_r": "cskoi8r koi koi8 koi8-r koi8_r",
    "koi8_u": "koi8-ru koi8-u",
    "mac_roman": "csmacintosh mac macintosh x-mac-roman",
    "mac_cyrillic": "x-mac-cyrillic x-mac-ukrainian",
    "cp1250": "cp1250 windows-1250 x-cp1250",
    "cp1251": "cp1251 windows-1251 x-cp1251",
    "cp1252": "ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 iso88591 iso_8859-1"
    " iso_8859-1:1987 l1 latin1 us-ascii windows-1252 x-cp1252",
    "cp1254": "cp1254 csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 iso_8859-9 iso_8859-9:1989 l5 latin5"
    " windows-1254 x-cp1254",
    "cp1257": "cp1257 windows-1257 x-cp1257",
    "utf_16_be": "unicodefffe utf-16be",
    "utf_16_le": "csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le",
}
_CODECS = {label: codec for codec, labels in _LABELS.items() for label in labels.split()}
_UTF_16 = ("utf_16_le", "utf_16_be")
_BYTE_ORDER_MARKS = {b"\xff\xfe": "utf_16_le", b"\xfe\xff": "utf_16_be"}
#: Encodings of mostly ASCII letters; servers and templates also declare them for Cyrillic pages.
_LATIN = frozenset("cp1250 cp1252 cp1254 cp1257 iso8859_2 iso8859_15 mac_roman".split())
_CYRILLIC = ("cp1251", "koi8_r", "koi8_u")

# Letters of windows-1251 and KOI8-R. In a Latin text hardly three that are no ASCII stand in a row.
_NO_LETTERS = bytes(set(range(256)) - set(range(0xC0, 0x100)) - {0xA8, 0xB8})
_WORDS = re.compile(rb"[\xc0-\xff\xa8\xb8]{3,}")
_FEWEST_LETTERS = 10
# In windows-1251 capitals are before small letters, in KOI8-R behind them.
_CAPITALISED, _INVERTED = re.compile(rb"[\xc0-\xdf][\xe0-\xff]"), re.compile(rb"[\xe0-\xff][\xc0-\xdf]")
_FIRST_HIGH = re.compile(rb"[\x80-\xff]")
#: Bytes from the first non-ASCII one by which the encoding is detected.
_SAMPLE = 256 * 1024


def declared_charset(content_type: str) -> str | None:
    """Return the charset of a Content-Type, or None."""
    _, _, charset = content_type.lower().partition("charset=")
    return charset.split(";")[0].strip(" \"'") or None


def codec_of(label: str | None) -> str | None:
    """Return Python's codec for a label of the web, or None where it is none."""
    return _CODECS.get(label.strip(" \t\r\n\f").lower()) if label else None


def utf_16_as_utf_8(body: bytes, declared: str | None) -> bytes | None:
    """Return a UTF-16 page as UTF-8; None where the page is not in UTF-16.

    It is where it begins with a byte order mark, or where the header says so and the first bytes confirm it.
    """
    codec = _BYTE_ORDER_MARKS.get(body[:2])
    if codec is not None:
        body = body[2:]
    elif (codec := codec_of(declared)) not in _UTF_16 or 4 * body[:400].count(0) < len(body[:400]):
        return None
    return body.decode(codec, "replace").encode()


def encoding_of(body: bytes, declared: str | None) -> str:
    """Return the codec of a page that is not in UTF-16; ``declared`` is the label of the server's header, if any.

    Text that is valid UTF-8, but for stray bytes, is UTF-8, and Cyrillic text is Cyrillic, whatever is declared.
    """
    try:
        body.decode("utf-8")
        return "utf_8"
    except UnicodeDecodeError as error:
        # A page cut inside a letter is UTF-8 still.
        if error.start >= len(body) - 3 and error.reason == "unexpected end of data":
            return "utf_8"
    # Broken bytes, or a box in another encoding, must not turn all of a UTF-8 page into windows-1251. In windows-1251
    # nearly every letter is broken UTF-8.
    broken = body.decode("utf-8", "replace").count("\ufffd")
    if len(_LETTER_OF_UTF_8.findall(body)) > _LETTERS_FOR_ONE_BROKEN * broken:
        return "utf_8"
    match = _META.search(body, 0, _HEAD)
    labels = (declared, match[1].decode("latin-1") if match else None)
    codecs = (codec for label in labels if (codec := codec_of(label)) not in (None, "utf_8", *_UTF_16))
    codec = next(codecs, None)
    first = _FIRST_HIGH.search(body)
    sample = body[first.start() : first.start() + _SAMPLE] if first else b""
    if codec is None or (codec in _LATIN and _is_cyrillic(sample)):
        return "koi8_r" if _is_koi8(sample) else "cp1251"
    if codec in _CYRILLIC and _is_koi8(sample) != codec.startswith("koi8") and _has_case(sample):
        return "cp1251" if codec.startswith("koi8") else "koi8_r"
    return codec


def _is_cyrillic(sample: bytes) -> bool:
    """Whether most letters that are no ASCII stand in rows, as in a Cyrillic text read as a Latin one."""
    letters = len(sample.translate(None, _NO_LETTERS))
    in_rows = sum(map(len, _WORDS.findall(sample)))
    return in_rows >= _FEWEST_LETTERS and in_rows * 2 > letters


def _is_koi8(sample: bytes) -> bool:
    """Whether words begin with a capital in KOI8-R, and in windows-1251 would with a small letter."""
    return len(_INVERTED.findall(sample)) > 2 * len(_CAPITALISED.findall(sample))


def _has_case(sample: bytes) -> bool:
    """Whether there are enough words to decide."""
    return len(_INVERTED.findall(sample)) + len(_CAPITALISED.findall(sample)) >= _FEWEST_LETTERS


#: Bytes read of a sitemap, the protocol's maximum of 50 MB; the rest of a larger one is reported as lost.
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
            # The text before a detected damage may already have wrong letters and wrong URLs.
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
