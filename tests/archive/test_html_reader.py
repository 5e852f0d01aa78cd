"""The URL of a saved page is read from its links, or from its path."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from caravan_crawler.archive.sources import ArchivedPage, Skipped, read_html_files
from caravan_crawler.sample_site import SampleSite
from caravan_crawler.urls import is_page_address

BASE = "https://www.caravan.kz/"
OWN = f"{BASE}news/posle-livnya-900001/"
CANONICAL = '<link rel="canonical" href="{}">'
OG = '<meta property="og:url" content="{}">'

CASES = [
    ("page.html", CANONICAL.format(OWN), OWN),
    ("page.html", OG.format(OWN), OWN),
    ("page.html", CANONICAL.format(OWN) + OG.format(f"{BASE}news/drugaya-900002/"), OWN),
    ("page.html", CANONICAL.format(BASE) + OG.format(OWN), OWN),
    ("page.html", CANONICAL.format("/news/posle-livnya-900001/"), None),
    ("page.html", CANONICAL.format(f"{BASE}?p=900001"), f"{BASE}?p=900001"),
    (
        "page.html",
        CANONICAL.format("https://other.example/news/posle-livnya-900001/"),
        "https://other.example/news/posle-livnya-900001/",
    ),
    ("page.html", CANONICAL.format("http://[::1/news/posle-livnya-900001/"), None),
    ("page.html", "", None),
    ("www.caravan.kz/news/posle-livnya-900001/index.html", "", OWN),
    ("caravan.kz/news/posle-livnya-900001/index.htm", "", OWN),
    ("deep/www.caravan.kz/news/posle-livnya-900001.html", "", OWN),
    ("WWW.CARAVAN.KZ/crime/kraja-zerna/index.html", "", f"{BASE}crime/kraja-zerna/"),
    ("www.caravan.kz/news/posle-livnya-900001/index.html", CANONICAL.format(BASE), OWN),
    ("www.caravan.kz/index.html", "", None),
    ("www.caravan.kz/news/page/2/index.html", "", None),
    ("www.caravan.kz/index.html?p=900001.html", "", f"{BASE}?p=900001"),
    ("www.caravan.kz/?p=900001", "", f"{BASE}?p=900001"),
    ("www.caravan.kz/amp/news/posle-livnya-900001.html", "", OWN),
    ("other.example/news/posle-livnya-900001/index.html", "", None),
]


@pytest.mark.parametrize(("name", "head", "url"), CASES)
def test_the_address_of_a_saved_page(name: str, head: str, url: str | None, tmp_path: Path) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"<html><head>{head}</head><body><p>Текст</p></body></html>", encoding="utf-8")
    os.utime(path, (1_580_000_000.9, 1_580_000_000.9))
    (page,) = read_html_files([path], BASE)
    if url is None:
        assert page == Skipped("without_address")
    else:
        assert page == ArchivedPage(url, path.read_bytes(), datetime.fromtimestamp(1_580_000_000, UTC))


def test_files_that_cannot_be_read_or_are_empty(tmp_path: Path) -> None:
    (tmp_path / "empty.html").write_bytes(b"")
    (tmp_path / "noise.html").write_bytes(bytes(range(256)))
    (tmp_path / "link.html").symlink_to(tmp_path / "nowhere")
    found = list(read_html_files(sorted(tmp_path.iterdir()), BASE))
    assert found == [Skipped("without_address"), Skipped("unreadable"), Skipped("without_address")]


def test_a_mirror_of_another_copy_of_the_site(tmp_path: Path) -> None:
    site = SampleSite(articles=5)
    path = tmp_path / "127.0.0.1:8000" / "a.html"
    path.parent.mkdir()
    base = "http://127.0.0.1:8000/"
    (record, *_) = site.gold(base)
    path.write_bytes(site.page(site.article(0), base))
    (page,) = read_html_files([path], base)
    assert isinstance(page, Skipped) or page.url == record["url"]


@pytest.mark.parametrize(
    ("url", "is_page"),
    [
        (OWN, True),
        ("http://127.0.0.1:8000/", True),
        ("ftp://www.caravan.kz/", False),
        ("http:///news/", False),
        ("http://user@www.caravan.kz/", False),
        ("http://www.caravan.kz:0/", False),
        ("http://www.caravan.kz:x/", False),
        ("http://[::1", False),
        ("news/a-900001/", False),
    ],
)
def test_absolute_urls(url: str, is_page: bool) -> None:
    assert is_page_address(url) is is_page
