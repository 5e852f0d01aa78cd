"""The encoding of a page is decided by its bytes where HTTP header and meta element are wrong."""

import time

import pytest

from caravan_crawler.pages.document import parse_document
from caravan_crawler.pages.encoding import codec_of
from tests.pages.fields import SITE, fields_of
from tests.pages.one_article import EXPECTED, URL, article

LATIN_1 = ["iso-8859-1", "ISO-8859-1", "latin1", "windows-1252", "us-ascii", "ascii", "iso8859-15", "windows-1250"]
NO_ENCODINGS = ["punycode", "idna", "unicode_escape", "hex", "zip", "rot13", "utf-7", "utf_8_sig", "mbcs", "x", "none"]


def page(declared: str | None) -> str:
    return article().replace('charset="utf-8"', f'charset="{declared}"' if declared else "")


CYRILLIC = [
    *(("windows-1251", header, None) for header in LATIN_1),
    *(("windows-1251", None, meta) for meta in LATIN_1),
    *(("windows-1251", header, "windows-1251") for header in LATIN_1),
    *(("windows-1251", "utf-8", meta) for meta in ("utf-8", "windows-1251", None)),
    *(("windows-1251", label, None) for label in NO_ENCODINGS),
    *(("windows-1251", None, label) for label in NO_ENCODINGS),
    *(("windows-1251", label, None) for label in ("cp1251", "X-CP1251", " windows-1251 ", "koi8-r", "utf-16")),
    *(("koi8-r", label, None) for label in ("koi8-r", "KOI8_R", "koi8-u", "iso-8859-1", "windows-1251", None)),
    *(("cp866", "ibm866", None), ("iso8859-5", "cyrillic", None), ("mac-cyrillic", "x-mac-cyrillic", None)),
    *(("utf-8", label, None) for label in ("windows-1251", "iso-8859-1", "koi8-r", "us-ascii", "utf-16", "gbk")),
    *(("utf-8", None, label) for label in ("windows-1251", "iso-8859-1", "koi8-r", "us-ascii", "utf-16", "gbk")),
    *(("utf-8-sig", label, None) for label in ("windows-1251", None)),
    *(("utf-16", label, "utf-8") for label in ("utf-8", "utf-16", "windows-1251", None)),
    *(("utf-16-le", "utf-16", None), ("utf-16-le", "UTF-16LE", None), ("utf-16-be", "utf-16be", None)),
]


@pytest.mark.parametrize(("written", "header", "meta"), CYRILLIC)
def test_a_cyrillic_page(written: str, header: str | None, meta: str | None) -> None:
    assert fields_of(page(meta).encode(written, "xmlcharrefreplace"), URL, header) == EXPECTED


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff"])
def test_utf_16_with_a_mark(mark: bytes) -> None:
    codec = "utf-16-le" if mark == b"\xff\xfe" else "utf-16-be"
    assert fields_of(mark + page("utf-16").encode(codec), URL) == EXPECTED


def test_capitals_do_not_change_the_encoding() -> None:
    capitals = "ЧЕРЕЗ ШЫМКЕНТ АВТОПРОБЕГОМ ПРОСЛЕДОВАЛИ ПРЕДСТАВИТЕЛИ ПАРТИЙ И ОБЩЕСТВЕННОСТИ РК"
    document = parse_document(f"<p>{capitals}</p>".encode("windows-1251"), URL, SITE, "iso-8859-1")
    assert [block.text for block in document.blocks] == [capitals]


LATIN = [
    ("Le café fermé de l’été dernier a été créé à Nîmes, où naïveté rime avec Noël.", "windows-1252", "iso-8859-1"),
    ("Übermäßig große Straßenbahnführer hören öfter Äußerungen.", "windows-1252", "us-ascii"),
    ("Þórður sá æðislega öxi í Reykjavík.", "windows-1252", "latin1"),
    ("Zażółć gęślą jaźń, powiedział Łukasz.", "windows-1250", "windows-1250"),
    ("Aldığı ağır yükü çoğu kişi göğüslüyor, dediği gibi.", "windows-1254", "iso-8859-9"),
    ("Příliš žluťoučký kůň úpěl ďábelské ódy.", "iso8859-2", "latin2"),
    ("Ciò che è più caro: 100 € – “niente”", "windows-1252", "iso-8859-1"),
]


@pytest.mark.parametrize(("text", "written", "declared"), LATIN)
def test_latin_page_is_not_read_as_cyrillic(text: str, written: str, declared: str) -> None:
    document = parse_document(f"<p>{text}</p>".encode(written), URL, SITE, declared)
    assert [block.text for block in document.blocks] == [text]


LABELS = [
    *(
        ("utf8", "utf_8"),
        ("latin1", "cp1252"),
        ("iso-8859-9", "cp1254"),
        ("utf-16", "utf_16_le"),
    ),
    ("iso_8859-1:1987", "cp1252"),
    *(
        (label, None)
        for label in (
            *NO_ENCODINGS,
            "",
            "gb2312",
            "x-sjis",
            "iso-8859-12",
            "cp1140",
            "utf-32",
            "iso-2022-kr",
            "pt154",
            "ptcp154",
        )
    ),
]


@pytest.mark.parametrize(("label", "codec"), LABELS)
def test_labels(label: str, codec: str | None) -> None:
    assert codec_of(label) == codec


@pytest.mark.parametrize("label", ["punycode", "windows-1251", "idna", "iso-8859-1"])
def test_decoding_takes_linear_time(label: str) -> None:
    started = time.process_time()
    parse_document(b"<html>" + b"\xe0-\xff" * 1_000_000, URL, SITE, label)
    assert time.process_time() - started < 20, "punycode takes minutes"
