"""Addresses that are too long or repeat path segments are neither requested nor stored."""

import random
import string
from pathlib import Path
from typing import Any

import pytest

from caravan_crawler.sample_site import SampleResponse, SampleSite, serve
from tests.store.stored import StoreTables
from tests.support.crawling import crawl

#: As PostgreSQL compresses what it indexes, only a text without any pattern is too long for it.
_RANDOM = random.Random(1)
SLUG = "".join(_RANDOM.choice(string.ascii_letters + string.digits) for _ in range(3400))
BAD = [f"/news/{SLUG}/", f"/news/{SLUG}-7654321/", f"/?p=7654322&x={SLUG}", f"/{SLUG}/", "/foto/foto/foto/a-7654323/"]
LONG_SECTIONS = ",".join(f"{SLUG[:90]}{number}" for number in range(40))


class Misnaming(SampleSite):
    """The sample site, whose pages, feed, sitemap, robots.txt and redirects name such addresses."""

    def __init__(self) -> None:
        super().__init__(articles=24)
        self.redirecting = ""

    def respond(self, target: str, base_url: str, headers: Any = None) -> SampleResponse:
        response = super().respond(target, base_url, headers or {})
        base = base_url.rstrip("/")
        body, html = response.body, response.headers.get("Content-Type", "").startswith("text/html")
        if response.status != 200:
            return response
        if html and target.startswith("/news/") and "page" not in target and len(target) > 20:
            self.redirecting = self.redirecting or target
        if target == self.redirecting:
            return SampleResponse(301, {"Location": f"{target}{SLUG}"}, b"")
        if html:
            links = "".join(f'<p><a href="{bad}">x</a></p>' for bad in BAD)
            body = body.replace(b"</main>", f"{links}</main>".encode()).replace(b"</body>", f"{links}</body>".encode())
        elif target == "/rss/":
            items = "".join(f"<item><link>{base}{bad.replace('&', '&amp;')}</link></item>" for bad in BAD)
            body = body.replace(b"</channel>", f"{items}</channel>".encode())
        elif target.endswith(".xml"):
            urls = "".join(f"<url><loc>{base}{bad.replace('&', '&amp;')}</loc></url>" for bad in BAD)
            body = body.replace(b"</urlset>", f"{urls}</urlset>".encode())
        elif target == "/robots.txt":
            body += f"\nSitemap: {base}/{SLUG}.xml\n".encode()
        return SampleResponse(200, response.headers, body)


def test_bad_addresses_are_neither_requested_nor_stored(store_tables: StoreTables, tmp_path: Path) -> None:
    with serve(Misnaming()) as server:
        results = [crawl(tmp_path, "-a", f"site={server.url}", *store_tables.options) for _ in range(2)]
        asked = server.requests
    assert not [target for target in asked if SLUG in target or "/foto/foto" in target]
    first = results[0]
    assert "Traceback" not in first.log
    assert first.stat("caravan/refused/address") > 0
    assert 0 < first.stat("caravan/failed/address") == first.log.count("the address is longer than 2083 characters)")
    assert len(first.articles) > 10
    kept_texts = [
        str(value) for table in store_tables.sizes() for row in store_tables.rows(table) for value in row.values()
    ]
    assert not [text for text in kept_texts if SLUG in text and "Location" not in text and len(text) > 3000]


@pytest.mark.parametrize("store_tables", ["postgresql"], indirect=True)
def test_many_sections_do_not_make_a_long_key(store_tables: StoreTables, tmp_path: Path) -> None:
    slug = SLUG[:2000]

    class WithLongSlug(SampleSite):
        def respond(self, target: str, base_url: str, headers: Any = None) -> SampleResponse:
            response = super().respond(target, base_url, headers or {})
            body = response.body.replace(b"</body>", f'<a href="/news/{slug}-7654321/">x</a></body>'.encode())
            return SampleResponse(response.status, response.headers, body) if target == "/" else response

    with serve(WithLongSlug(articles=12)) as server:
        result = crawl(
            tmp_path, "-a", f"site={server.url}", "-a", f"sections=news,{LONG_SECTIONS}", *store_tables.options
        )
        assert f"/news/{slug}-7654321/" in server.requests
    assert "Traceback" not in result.log
    assert "store" not in result.log.splitlines()[-1], result.log[-1000:]
    assert [row for row in store_tables.rows("failures") if slug in row["url"]]
