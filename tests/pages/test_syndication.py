"""Feeds and sitemaps, whole and broken."""

import gzip
import time
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from caravan_crawler.pages.encoding import LARGEST
from caravan_crawler.pages.syndication import Entry, Form, read_syndication

SITE = "https://www.caravan.kz"
URL = f"{SITE}/sitemap.xml"
NS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
A, B, C = (f"{SITE}/crime/{slug}/" for slug in ("pozhar-v-stepi", "sud-nad-rynkom", "vyshe-domov"))
DAY = "2026-11-20"


def urlset(*locs: str, head: str = '<?xml version="1.0" encoding="UTF-8"?>', attributes: str = NS) -> str:
    urls = "".join(f"<url><loc>{loc}</loc><lastmod>{DAY}</lastmod></url>\n" for loc in locs)
    return f"{head}\n<urlset {attributes}>\n{urls}</urlset>\n"


WHOLE = urlset(A, B)


def found(body: bytes, url: str = URL) -> list[str]:
    read = read_syndication(body, url)
    assert read is not None
    return [entry.url for entry in (*read.pages, *read.sitemaps)]


NOTICE = (
    "<br />\n<b>Warning</b>:  foreach() argument must be of type array|object, null given in "
    "<b>/var/www/x/sitemap.php</b> on line <b>12 & 13</b><br />\n"
)
# by fault: a body from which both addresses must be read
READ_WHOLE: dict[str, bytes] = {
    "nothing": WHOLE.encode(),
    "gzip": gzip.compress(WHOLE.encode()),
    "gzip in two parts": gzip.compress(WHOLE.encode()[:200]) + gzip.compress(WHOLE.encode()[200:]),
    "gzip without its checksum": gzip.compress(WHOLE.encode())[:-8],
    "gzip with trailing bytes": gzip.compress(WHOLE.encode()) + b"\r\n<!-- cached -->\0\0",
    "gzip twice": gzip.compress(gzip.compress(WHOLE.encode())),
    "blank lines before": b"\n \r\n\t" + WHOLE.encode(),
    "byte order mark": b"\xef\xbb\xbf" + WHOLE.encode(),
    "byte order mark twice and a line": b"\xef\xbb\xbf\xef\xbb\xbf\n" + WHOLE.encode(),
    "a comment before": b"<!-- made by <urlset> of a plugin -->\n" + WHOLE.encode(),
    "PHP warnings before": (NOTICE * 3 + WHOLE).encode(),
    "PHP warnings within": WHOLE.replace("\n<url><loc>" + B, NOTICE + "<url><loc>" + B).encode(),
    "PHP warnings after": (WHOLE + NOTICE).encode(),
    "a style sheet and a document type": urlset(
        A, B, head='<?xml version="1.0"?><?xml-stylesheet href="/x.xsl"?><!DOCTYPE urlset>'
    ).encode(),
    "declared as UTF-16": urlset(A, B, head='<?xml version="1.0" encoding="UTF-16"?>').encode(),
    "declared as nonsense": urlset(A, B, head='<?xml version="1.0" encoding="utf-8mb4"?>').encode(),
    "UTF-16 with a mark": WHOLE.encode("utf-16"),
    "UTF-16 without one": WHOLE.encode("utf-16-be"),
    "upper case": WHOLE.replace("urlset", "URLSET").replace("loc>", "LOC>").replace("url>", "URL>").encode(),
    "prefixes": urlset(A, B, attributes="xmlns:s='http://www.sitemaps.org/schemas/sitemap/0.9'")
    .replace("<url", "<s:url")
    .replace("</url", "</s:url")
    .replace("loc>", "s:loc>")
    .replace("<s:loc>", "<s:loc>")
    .replace("</s:s:", "</s:")
    .encode(),
    "CDATA": urlset(f"<![CDATA[{A}]]>", f"<![CDATA[ {B} ]]>").encode(),
    "no declaration": urlset(A, B, head="").encode(),
    "no namespace": urlset(A, B, attributes="").encode(),
    "blanks around an address": urlset(f"\n  {A}\n", f"\t{B} ").encode(),
    "relative addresses": urlset("/crime/pozhar-v-stepi/", "crime/sud-nad-rynkom/").encode(),
    "an address without a scheme": urlset("//www.caravan.kz/crime/pozhar-v-stepi/", B).encode(),
    "entry without an end": WHOLE.replace("</url>", "").encode(),
    "an entry without an address": WHOLE.replace(
        "<url>", "<url><changefreq>daily</changefreq></url><url/><url>"
    ).encode(),
    "images and translations": WHOLE.replace(
        "<url>",
        f"<url><image:image><image:loc>{SITE}/a.jpg</image:loc></image:image>"
        f'<xhtml:link rel="alternate" hreflang="kk" href="{SITE}/kk/x/"/>',
    ).encode(),
    "control characters": WHOLE.replace("<url>", "<url>\x00\x0b\x1f").encode(),
    "a bare ampersand": WHOLE.replace("<url>", "<url><priority>0.5 & more</priority>").encode(),
    "lines of text": f"{A}\r\n\r\n{B}\n".encode(),
    "lines of text with a mark and a comment": b"\xef\xbb\xbf# all\n" + f"{A}\n{B}".encode(),
}


@pytest.mark.parametrize("body", READ_WHOLE.values(), ids=READ_WHOLE)
def test_a_slightly_broken_body_is_read(body: bytes) -> None:
    read = read_syndication(body, URL)
    assert read is not None
    assert [entry.url.replace("https://www.caravan.kz//", f"{SITE}/") for entry in read.pages] == [A, B]
    assert read.loss is None
    if read.form is not Form.TEXT:
        assert {entry.updated for entry in read.pages} == {DAY}


LOCS = [
    ("/?p=64501&amp;x=1", f"{SITE}/?p=64501&x=1"),
    ("/?p=64501&x=1&copy=2", f"{SITE}/?p=64501&x=1&copy=2"),
    ("/?p=64501&amp;amp;x=1", f"{SITE}/?p=64501&x=1"),
    ("<![CDATA[/?p=64501&x=1]]>", f"{SITE}/?p=64501&x=1"),
    ("/?p=64501&#038;x=1", f"{SITE}/?p=64501&x=1"),
    ("http://caravan.kz/crime/x/", "http://caravan.kz/crime/x/"),
    ("www.caravan.kz/crime/x/", "http://www.caravan.kz/crime/x/"),
    ("/crime/пожар/", f"{SITE}/crime/пожар/"),
    ("&secret;/crime/x/", None),
    ("/crime/x/&#0;&#xD800;", f"{SITE}/crime/x/"),
]


@pytest.mark.parametrize(("loc", "expected"), LOCS)
def test_addresses(loc: str, expected: str | None) -> None:
    (url,) = found(urlset(loc).encode())
    assert url == expected or (expected is None and "&secret;" in url)


def test_cyrillic_addresses_in_windows_1251() -> None:
    body = urlset(f"{SITE}/crime/пожар-в-степи/", head='<?xml version="1.0" encoding="windows-1251"?>')
    assert found(body.encode("cp1251")) == [f"{SITE}/crime/пожар-в-степи/"]


MANY = [f"{SITE}/crime/statja-nomer-{number}/" for number in range(5_000)]
LONG = urlset(*MANY).encode()
PACKED = gzip.compress(LONG)
DAMAGED = PACKED[: len(PACKED) // 2] + b"\0" * 64 + PACKED[len(PACKED) // 2 + 64 :]
# a body that is cut, and the least number of addresses to be read from it
CUT: dict[str, tuple[bytes, int]] = {
    "plain": (LONG[: len(LONG) // 2], 2_400),
    "in an address": (LONG[: LONG.index(b"nomer-300/") + 8], 300),
    "gzip": (PACKED[: len(PACKED) // 2], 1_000),
    "gzip without its last bytes": (PACKED[:-100], 4_900),
    "gzip with a damaged later part": (gzip.compress(LONG[:90_000]) + DAMAGED, 700),
    "comment without an end": (LONG.replace(b"nomer-100/</loc>", b"nomer-100/</loc><!--"), 100),
    "lines of text": (gzip.compress("\n".join(MANY).encode())[:-400], 1_000),
}


@pytest.mark.parametrize(("body", "fewest"), CUT.values(), ids=CUT)
def test_whole_entries_of_a_cut_body_are_read_and_the_loss_is_reported(body: bytes, fewest: int) -> None:
    read = read_syndication(body, URL)
    assert read is not None
    assert read.loss == "cut"
    assert fewest <= len(read.pages) < 5_000
    assert {entry.url for entry in read.pages} <= set(MANY), "an address is cut"


RSS = f"""<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>
<atom:link href="{SITE}/rss/" rel="self"/><link>{SITE}/</link>
<image><url>{SITE}/logo.png</url><link>{SITE}/</link></image>
<item><title>A & B</title><link>{A}</link><guid isPermaLink="false">{SITE}/?p=900002</guid>
<pubDate>Wed, 26 Apr 2023 10:15:00 +0600</pubDate><description><![CDATA[<p><a href="{C}">x</a>]]></description></item>
%s</channel></rss>"""


def rss(item: str) -> bytes:
    return (RSS % f"<item>{item}</item>").encode()


# an item of RSS, and what is read from it
ITEMS: list[tuple[str, Entry | None]] = [
    (f"<link>{B}</link><guid>{SITE}/?p=3</guid>", Entry(B)),
    (f"<guid isPermaLink='true'>{B}</guid>", Entry(B)),
    (f"<guid>{SITE}/?p=900003</guid>", Entry(f"{SITE}/?p=900003")),
    (f'<guid isPermaLink="false">{SITE}/?p=900003</guid>', Entry(f"{SITE}/?p=900003")),
    ('<guid isPermaLink="false">a5c1</guid>', None),
    (f"<link>https://feeds.example/~r/x/1</link><feedburner:origLink>{B}</feedburner:origLink>", Entry(B)),
    (f"<link><![CDATA[{B}]]></link><dc:date>2023-04-26T10:15:00Z</dc:date>", Entry(B, "2023-04-26T10:15:00Z")),
    (f"<link>{B}</link><pubDate>Ср, 26 апр 2023 10:15</pubDate>", Entry(B, "Ср, 26 апр 2023 10:15")),
    (f'<atom:link href="{C}" rel="self"/><link>{B}</link>', Entry(B)),
    (f"<source url='{C}'>C</source><media:group><link>{C}</link></media:group><link>{B}</link>", Entry(B)),
    (f"<link>{B}</link><pubDate></pubDate><atom:updated>{DAY}</atom:updated>", Entry(B, None, DAY)),
    ("<title>no address</title>", None),
]


@pytest.mark.parametrize(("item", "expected"), ITEMS)
def test_items_of_rss(item: str, expected: Entry | None) -> None:
    read = read_syndication(rss(item), f"{SITE}/rss/")
    assert read is not None
    first = Entry(A, "Wed, 26 Apr 2023 10:15:00 +0600")
    assert list(read.pages) == [first, *([expected] if expected else [])]
    assert (read.form, read.loss) == (Form.FEED, None)


ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><link href="/"/><link rel="self" href="/atom/"/>
<updated>2026-01-01</updated>
<entry><title>x</title>%s</entry></feed>"""
SELF = f'<link rel="self" type="application/atom+xml" href="{C}"/>'
# an entry of Atom, and what is read from it
ENTRIES: list[tuple[str, Entry | None]] = [
    (f'<link href="{B}"/><published>{DAY}</published>', Entry(B, DAY)),
    (f'{SELF}<link rel="edit" href="{C}"/><link rel="alternate" href="{B}"/>', Entry(B)),
    (f'<link rel="replies" href="{C}"/><link rel="enclosure" href="{SITE}/a.mp3"/><link href="{B}"/>', Entry(B)),
    (
        f'<link rel="alternate" type="application/json" href="{C}"/>'
        f'<link rel="alternate" type="text/html" href="{B}"/>',
        Entry(B),
    ),
    (f'{SELF}<link rel="http://www.iana.org/assignments/relation/alternate" href="{B}"></link>', Entry(B)),
    (f"{SELF}<id>{B}</id>", Entry(B)),
    (f"{SELF}<id>tag:caravan.kz,2026:1</id>", None),
    (f"<link href='{B}'/><updated>{DAY}</updated>", Entry(B, None, DAY)),
    (f"<link href='{B}'/><updated>2026-11-25</updated><published>{DAY}</published>", Entry(B, DAY, "2026-11-25")),
    (f'<source><link href="{C}"/><published>2001-01-01</published></source><link href="{B}"/>', Entry(B)),
    (f'<content type="xhtml"><div><link href="{C}"/></div></content><link href="{B}"/>', Entry(B)),
    ("<link href='sud-nad-rynkom/'/>", Entry(B)),
]


@pytest.mark.parametrize(("entry", "expected"), ENTRIES)
def test_entries_of_atom(entry: str, expected: Entry | None) -> None:
    read = read_syndication((ATOM % entry).encode(), f"{SITE}/crime/")
    assert read is not None
    assert list(read.pages) == ([expected] if expected else [])


def test_the_base_of_a_feed() -> None:
    body = ATOM.replace("<feed", f'<feed xml:base="{SITE}/crime/"') % "<link href='sud-nad-rynkom/'/>"
    assert found(body.encode(), "https://elsewhere.example/") == [B]


@pytest.mark.parametrize("base", ["https://[broken/", "//[", "http://a]b/", ""])
def test_a_broken_base_is_ignored(base: str) -> None:
    body = ATOM.replace("<feed", f'<feed xml:base="{base}"').replace("<entry", f'<entry xml:base="{base}"')
    assert found((body % "<link href='sud-nad-rynkom/'/>").encode(), f"{SITE}/crime/") == [B]


@pytest.mark.parametrize("base", [f"{SITE}/crime/", "/crime/", "crime/"])
def test_the_base_of_an_entry(base: str) -> None:
    body = ATOM.replace("<entry", f'<entry xml:base="{base}"') % "<link href='sud-nad-rynkom/'/>"
    assert found(body.encode(), f"{SITE}/feed.xml") == [B]


def test_a_news_sitemap_has_the_date_of_publication() -> None:
    news = f"<news:news><news:publication><news:name>К</news:name></news:publication><news:publication_date>{DAY}"
    body = urlset(A).replace("</loc>", f"</loc>{news}</news:publication_date><news:title>T</news:title></news:news>")
    read = read_syndication(body.encode(), URL)
    assert read is not None
    assert read.pages == (Entry(A, DAY, DAY),)


# names of sitemaps in an index, and whether they are read
NAMES = [
    ("sitemap202611.xml", True),
    ("sitemap12.xml", True),
    ("post-sitemap.xml", True),
    ("post-sitemap3.xml.gz", True),
    ("sitemap-news.xml", True),
    ("news-sitemap.xml", True),
    ("post-video-sitemap.xml", True),
    ("video-sitemap.xml", True),
    ("image-sitemap-1.xml", True),
    ("sitemap-image-news-2026-11.xml", True),
    ("user-stories-sitemap.xml", True),
    ("authored-sitemap.xml", True),
    ("sitemap-page-2.xml", True),
    ("sitemap-pt-post-2026-11.xml", True),
    ("wp-sitemap-posts-post-1.xml", True),
    ("wp-sitemap-posts-video-1.xml", True),
    ("sitemap.xml?type=tags", True),
    ("category-sitemap.xml", False),
    ("post_tag-sitemap2.xml", False),
    ("author-sitemap.xml", False),
    ("page-sitemap.xml", False),
    ("attachment-sitemap4.xml", False),
    ("wp-sitemap-posts-page-1.xml", False),
    ("wp-sitemap-taxonomies-post_tag-3.xml", False),
    ("wp-sitemap-users-1.xml", False),
    ("sitemap-tax-category.xml", False),
    ("sitemap-pt-page-2026-11.xml", False),
    ("sitemap-authors.xml", False),
]


@pytest.mark.parametrize(("name", "is_read"), NAMES)
def test_which_sitemaps_of_an_index_are_read(name: str, is_read: bool) -> None:
    body = f"<sitemapindex {NS}><sitemap><loc>{SITE}/{name}</loc><lastmod>{DAY}</lastmod></sitemap></sitemapindex>"
    read = read_syndication(body.encode(), URL)
    assert read is not None
    assert read.form is Form.INDEX
    one = (Entry(f"{SITE}/{name}", None, DAY),)
    assert (read.sitemaps, read.skipped) == ((one, ()) if is_read else ((), one))


def test_pages_and_sitemaps_in_one_document() -> None:
    mixed = f"<urlset {NS}><sitemap><loc>/s1.xml</loc></sitemap><url><loc>{A}</loc></url></urlset>"
    joined = urlset(A) + f"<sitemapindex><sitemap><loc>{SITE}/s1.xml</loc></sitemap></sitemapindex>"
    for body in (mixed, joined, f"{A}\n{SITE}/s1.xml"):
        read = read_syndication(body.encode(), URL)
        assert read is not None
        assert [entry.url for entry in read.pages] == [A]
        assert [entry.url for entry in read.sitemaps] == [f"{SITE}/s1.xml"]


OTHER_CONTENT: dict[str, bytes] = {
    "empty": b"",
    "a page": b"<!doctype html><html><body><h1>404</h1></body></html>",
    "a page about sitemaps": f"<html><body><pre>{WHOLE}</pre></body></html>".encode(),
    "bad gzip": b"\x1f\x8bnot gzip",
    "damaged gzip": DAMAGED,
    "JSON": b'{"items": []}',
    "text": "Страница не найдена\nhttps://www.caravan.kz/".encode(),
    "XML of another kind": b'<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>',
    "half a tag": WHOLE.encode()[:45],
    "bytes": bytes(range(256)) * 4,
    "zlib": zlib.compress(WHOLE.encode()),
}


@pytest.mark.parametrize("body", OTHER_CONTENT.values(), ids=OTHER_CONTENT)
def test_other_content_is_refused(body: bytes) -> None:
    assert read_syndication(body, URL) is None


def test_an_empty_feed_or_sitemap_is_complete() -> None:
    for body in (urlset(), f"<urlset {NS}/>", "<sitemapindex></sitemapindex>", RSS % ""):
        read = read_syndication(body.encode(), URL)
        assert read is not None
        assert read.loss is None


def test_entities_are_neither_expanded_nor_fetched(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("SECRET", encoding="utf-8")
    bomb = "".join(f'<!ENTITY b{number + 1} "{f"&b{number};" * 10}">' for number in range(9))
    head = f'<!DOCTYPE urlset [<!ENTITY b0 "x">{bomb}<!ENTITY f SYSTEM "file://{secret}">]>'
    urls = found(urlset("/crime/&b9;/", "/crime/&f;/", A, head=head).encode())
    assert len(urls) == 3
    assert urls[2] == A
    assert all(len(url) < 100 and "SECRET" not in url for url in urls)


SIZE = 2 * 1024 * 1024
# bodies for which some parsers take hours or all memory, made when they are read
HEAVY: dict[str, Callable[[], bytes]] = {
    "gzip bomb": lambda: gzip.compress(b"<urlset>" + b"<url></url>" * 6_000_000, 1),
    "nested gzip bomb": lambda: gzip.compress(gzip.compress(b" " * 200_000_000, 1), 1),
    "small gzip parts": lambda: b"<urlset>" + gzip.compress(b"") * 200_000,
    "many small gzip parts": lambda: gzip.compress(b"") * 200_000,
    "attributes": lambda: b"<urlset><url " + b"a=b " * (SIZE // 4) + b"></url></urlset>",
    "one name": lambda: b"<urlset><" + b"a" * SIZE,
    "one attribute name": lambda: (b"<feed><entry><link " + b"a" * 4000 + b">") * (SIZE // 4000),
    "nested": lambda: b"<urlset><url>" + b"<a>" * (SIZE // 3),
    "unclosed tags": lambda: b"<urlset>" + b"<url" * (SIZE // 4),
    "comments": lambda: b"<urlset>" + b"<!--" * (SIZE // 4),
    "sections": lambda: b"<urlset>" + b"<![CDATA[" * (SIZE // 9),
    "quotes": lambda: b"<urlset><a " + b"'\"" * (SIZE // 2),
    "ampersands": lambda: b"<urlset><url><loc>" + b"&amp" * (SIZE // 4) + b"</loc></url>",
}


@pytest.mark.parametrize("name", HEAVY)
def test_time_and_memory_are_bounded(name: str) -> None:
    body = HEAVY[name]()
    started = time.process_time()
    read_syndication(body, URL)
    assert time.process_time() - started < 60


def test_more_entries_than_a_sitemap_may_have_are_a_loss() -> None:
    read = read_syndication(b"<urlset>" + b"<url><loc>/crime/a/</loc></url>" * 110_000 + b"</urlset>", URL)
    assert read is not None
    assert read.loss == "too_large"
    assert 50_000 <= len(read.pages) < 110_000


def test_decompression_stops_at_the_largest_sitemap() -> None:
    body = gzip.compress(b"<urlset>" + b" " * (6 * LARGEST) + b"</urlset>", 1)
    tracemalloc.start()
    try:
        read = read_syndication(body, URL)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert read is not None
    assert read.loss == "too_large"
    assert peak < 5 * LARGEST
