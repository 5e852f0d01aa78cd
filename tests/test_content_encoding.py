"""Compressed bodies, and those with a false Content-Encoding."""

import gzip
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import brotli
import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from caravan_crawler.downloadermiddlewares import is_plain
from caravan_crawler.sample_site import SampleResponse, serve
from tests.crawl.timed import HTML, Timed
from tests.support.crawling import crawl

PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "raw deflate": lambda body: zlib.compress(body, wbits=-15),
    "br": brotli.compress,
    "zstd": zstd.compress,
}
TEXTS = st.text('абвгдежз ы<>/=."\n', min_size=60) | st.text('abcdefgh <>/=."\n', min_size=60)


@pytest.mark.parametrize("packing", PACKINGS)
@given(text=TEXTS)
def test_compressed_body_is_not_plain(packing: str, text: str) -> None:
    assert not is_plain(PACKINGS[packing](text.encode()))


PLAIN = [
    ("<!DOCTYPE html><p>Новость дня</p>".encode(), True),
    ("<!DOCTYPE html>\r\n\t<p>Новость</p>".encode("windows-1251") * 10, True),
    (b"User-agent: *\nDisallow: /\n", True),
    ("я".encode() * 600 + b"<", True),  # the part looked at ends within a letter
    (b"", False),
    (b"short", False),
    (b"\x1f\x8b\x08" + b"a" * 300, False),
    ("<!DOCTYPE html><p>Новость дня</p>".encode("utf-16") * 10, False),
]


@pytest.mark.parametrize(("body", "expected"), PLAIN)
def test_plain_bodies(body: bytes, expected: bool) -> None:
    assert is_plain(body) is expected


CODINGS = ("gzip", "deflate", "br", "zstd")


def test_pages_with_a_false_content_encoding_are_read(tmp_path: Path) -> None:
    class Lying(Timed):
        told: ClassVar[set[str]] = set()

        def respond(self, target: str, base_url: str, headers: Any = None) -> SampleResponse:
            response = super().respond(target, base_url, headers)
            if not response.body:
                return response
            coding = CODINGS[sum(target.encode()) % len(CODINGS)]
            self.told.add(coding)
            return SampleResponse(response.status, {**response.headers, "Content-Encoding": coding}, response.body)

    with serve(Lying(articles=12)) as server:
        options = ("-a", f"site={server.url}", "-s", "ARCHIVE=1")
        result = crawl(tmp_path, *options)
    assert result.code == 0, result.log[-1500:]
    assert len(result.articles) == 12
    assert Lying.told == set(CODINGS)


def test_damaged_compressed_page_is_a_failure(tmp_path: Path) -> None:
    answer = SampleResponse(200, {"Content-Encoding": "gzip", **HTML}, b"\x1f\x8b\x08" + b"\0" * 7 + b"\xff" * 300)
    with serve(Timed(rss_=answer, articles=12)) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}", "-a", "urls=/rss_", "-s", "RETRY_TIMES=1")
    assert result.code == 4
    assert "Traceback" not in result.log
