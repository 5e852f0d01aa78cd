"""Feeds and sitemaps in a crawl: broken ones are read as far as possible, and losses are reported."""

import gzip
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from caravan_crawler.outcome import ENTRIES_STAT, UNKNOWN_ENTRIES_STAT, entries_problem
from tests.crawl.sources import MAP, OTHERS, WHOLE, articles_of, failures, path, paths_of, report, run, site, stored
from tests.support.crawling import Crawl
from tests.support.plain_site import (
    EMPTY_FEED,
    HTML,
    XML,
    Answer,
    Answers,
    index,
    links,
    page,
    rss,
    urlset,
)
from tests.support.plain_site import serve_plain as serve

PACKED = {"Content-Type": "application/x-gzip"}
PACKED_ANYWAY = XML | {"Content-Encoding": "gzip"}


def warned(sitemap: str) -> str:
    return f"<br />\n<b>Notice</b>: Undefined index & more in <b>/x.php</b><br />\n{sitemap}"


def with_hosts(paths: list[str]) -> str:
    hosts = ("http://caravan.kz", "https://www.caravan.kz", "http://www.caravan.kz:80", "", "//caravan.kz")
    return urlset(*(f"{host}{own}" for host, own in zip(hosts, paths, strict=True)))


#: The response for the sitemap of some articles.
READ: dict[str, Callable[[list[str]], Answer]] = {
    "gzip": lambda own: Answer(gzip.compress(urlset(*own).encode()), PACKED),
    "gzip with a tail": lambda own: Answer(gzip.compress(urlset(*own).encode()) + b"\n\n", PACKED),
    "gzip by its header": lambda own: Answer(gzip.compress(urlset(*own).encode()), PACKED_ANYWAY),
    "gzip by its header, a tail": lambda own: Answer(gzip.compress(urlset(*own).encode()) + b"\n\n", PACKED_ANYWAY),
    "gzip in gzip": lambda own: Answer(gzip.compress(gzip.compress(urlset(*own).encode())), PACKED_ANYWAY),
    "no gzip in spite of its header": lambda own: Answer(urlset(*own), PACKED_ANYWAY),
    "PHP's warnings": lambda own: Answer(warned(urlset(*own)), HTML),
    "another encoding": lambda own: Answer(urlset(*own).replace("UTF-8", "UTF-16").encode(), XML),
    "text": lambda own: Answer(
        "\n".join(f"https://www.caravan.kz{each}" for each in own), {"Content-Type": "text/plain"}
    ),
    "a feed": lambda own: Answer(rss(*(f"<link>{each}</link>" for each in own)), XML),
    "names of the site": lambda own: Answer(with_hosts(own), XML),
}


#: Lists that are none of this site's.
ELSEWHERE = {
    "pages of another host": urlset("https://cdn.example.org/news/delo-nomer-102/"),
    "sitemaps of another host": index("https://cdn.example.org/sitemap-1.xml"),
    "addresses in an attribute": f'<urlset><url><loc href="{OTHERS[0]}"/></url></urlset>',
}
#: Where a site names sitemaps, and the articles in each of these, by place.
NAMED = {
    where: len(READ) + place
    for place, where in enumerate(
        (
            "a name that holds news",
            "a name that holds video",
            "an index that names itself",
            "a feed that is an index",
            "a list of pages",
        )
    )
}


def odd_sitemaps() -> Answers:
    """Return the sitemaps of a site, each odd in one way; an index names them, and that is named by robots.txt."""
    sitemaps: Answers = {
        **{f"/m{place}.xml": answer(paths_of(place)) for place, answer in enumerate(READ.values())},
        "/sitemap-news.xml": urlset(*paths_of(NAMED["a name that holds news"])),
        "/post-video-sitemap.xml": urlset(*paths_of(NAMED["a name that holds video"])),
        "/post_tag-sitemap.xml": urlset(*OTHERS),
        "/itself.xml": index("/sitemap.xml", "/itself.xml", "/of-itself.xml"),
        "/listed.xml": urlset("/of-list.xml"),
        "/i1.xml": index("/i2.xml"),
        **{f"/elsewhere{place}.xml": body for place, body in enumerate(ELSEWHERE.values())},
    }
    further: Answers = {
        "/of-itself.xml": urlset(*paths_of(NAMED["an index that names itself"])),
        "/rss/": Answer(index("/of-feed.xml"), XML),
        "/of-feed.xml": urlset(*paths_of(NAMED["a feed that is an index"])),
        "/of-list.xml": urlset(*paths_of(NAMED["a list of pages"])),
        **{f"/i{number}.xml": index(f"/i{number + 1}.xml") for number in range(2, 100)},
        "/robots.txt": Answer(
            "User-agent: *\nSitemap: /sitemap.xml\nSitemap: https://cdn.example.org/sitemap.xml\n",
            {"Content-Type": "text/plain"},
        ),
    }
    return sitemaps | further | {"/sitemap.xml": index("/sitemap.xml", *sitemaps)}


class OddSitemaps(NamedTuple):
    """A finished crawl of a site with these sitemaps."""

    crawl: Crawl
    requests: list[str]
    stored: set[str]
    failures: dict[str, str]


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> OddSitemaps:
    data_dir = tmp_path_factory.mktemp("odd")
    with serve(site() | articles_of(len(READ) + len(NAMED)) | odd_sitemaps()) as server:
        done = run(data_dir, server)
    return OddSitemaps(done, server.requests, stored(data_dir), failures(data_dir))


@pytest.mark.parametrize("name", READ)
def test_a_sitemap_that_is_a_little_broken_is_read(name: str, odd: OddSitemaps) -> None:
    place = list(READ).index(name)
    assert set(paths_of(place)) <= odd.stored
    assert f"/m{place}.xml" not in odd.failures


@pytest.mark.parametrize("name", NAMED)
def test_a_sitemap_is_read_wherever_it_is_named(name: str, odd: OddSitemaps) -> None:
    assert set(paths_of(NAMED[name])) <= odd.stored


def test_sitemaps_of_tags_are_not_read(odd: OddSitemaps) -> None:
    assert "/post_tag-sitemap.xml" not in odd.requests
    assert odd.crawl.stat("caravan/skipped/sitemap_of_no_articles") == 1


def test_an_index_that_names_itself_is_requested_once(odd: OddSitemaps) -> None:
    assert (odd.requests.count("/sitemap.xml"), odd.requests.count("/itself.xml")) == (1, 1)


def test_indexes_that_name_further_indexes_without_end(odd: OddSitemaps) -> None:
    assert "/i5.xml" in odd.requests
    assert "/i6.xml" not in odd.requests
    assert odd.failures["/i5.xml"] == "sitemap_nested"


@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_sitemap_without_an_address_of_the_site_is_reported(name: str, odd: OddSitemaps) -> None:
    path = f"/elsewhere{list(ELSEWHERE).index(name)}.xml"
    assert odd.failures[path] == "sitemap_elsewhere"
    assert f"{path} (none of its entries has an address of this site)" in odd.crawl.log


def test_sitemaps_of_another_host_in_robots_txt_are_reported(odd: OddSitemaps) -> None:
    assert "robots.txt names is not read, as it is not of this site: https://cdn.example.org/" in odd.crawl.log


def test_no_other_of_these_sitemaps_is_a_failure(odd: OddSitemaps) -> None:
    assert odd.failures.keys() == {"/i5.xml", *(f"/elsewhere{place}.xml" for place in range(len(ELSEWHERE)))}
    assert odd.crawl.log.splitlines()[-1].startswith("scrapy crawl: complete, but 4 pages failed; the last: ")


def cut(own: list[str]) -> str:
    """Return a sitemap that ends in its fourth entry."""
    return urlset(*own[:3]).replace("</urlset>", "") + "<url><loc>" + own[3][:-6]


def cut_gzip(own: list[str]) -> bytes:
    return gzip.compress(urlset(*own).encode(), 0)[:-120]


#: The response for the sitemap of some articles, the failure, and how many of them are read nevertheless.
LOST: dict[str, tuple[Callable[[list[str]], Answer], str, int]] = {
    "cut": (lambda own: Answer(cut(own), XML), "sitemap_cut", 3),
    "cut gzip": (lambda own: Answer(cut_gzip(own), PACKED), "sitemap_cut", 3),
    "cut gzip by its header": (lambda own: Answer(cut_gzip(own), PACKED_ANYWAY), "sitemap_cut", 3),
    "a page": (lambda own: Answer(page("Ой", "<h1>Ой</h1>")), "sitemap_unreadable", 0),
    "an error": (lambda own: Answer(page("Ошибка 404", "<h1>Страница не найдена</h1>")), "sitemap_unreadable", 0),
    "empty": (lambda own: Answer("", XML), "sitemap_unreadable", 0),
    "no gzip": (lambda own: Answer(b"\x1f\x8b\x08\x00 damaged", XML), "sitemap_unreadable", 0),
    "not found": (lambda own: Answer("", XML, 404), "http_404", 0),
    "a redirect to a page that was requested": (lambda own: Answer("", {"Location": "/"}, 302), "redirected", 0),
}
#: Whole sitemaps: a run is sound if a tenth of its pages fails.
SOUND = 14


def test_lost_sitemaps_and_a_feed_that_breaks_off_are_reported_and_retried(tmp_path: Path) -> None:
    paths = {f"/m{place}.xml": paths_of(place) for place in range(len(LOST) + SOUND)}
    sitemaps: Answers = {name: urlset(*own) for name, own in paths.items()}
    lost = dict(zip(paths, LOST.values(), strict=False))
    reasons = {name: reason for name, (_, reason, _) in lost.items()} | {"/rss/": "feed_cut"}
    answers = site() | articles_of(len(paths)) | {"/sitemap.xml": index(*paths, stamp="2026-11-21")}
    odd = {name: answer(paths[name]) for name, (answer, _, _) in lost.items()}
    with serve(answers | sitemaps | odd | {"/rss/": "<rss><channel><item><li"}) as server:
        done = run(tmp_path, server)
        assert f"{len(reasons)} pages failed" in done.log.splitlines()[-1]
        assert failures(tmp_path) == reasons
        assert report(tmp_path)["failures"] == Counter(reasons.values())
        for name in reasons:
            assert f"Not read: {server.url.rstrip('/')}{name}" in done.log
        found = stored(tmp_path)
        for name, (_, reason, number) in lost.items():
            assert len(found & set(paths[name])) == number, (name, reason)
        shutil.copytree(tmp_path, tmp_path / "stay lost", ignore=shutil.ignore_patterns("runs"))
        again = run(tmp_path / "stay lost", server)
        assert set(lost) <= set(server.requests)
        assert "pages failed" not in again.log.splitlines()[-1], "a sound run has met them"
        server.answers |= sitemaps | {"/rss/": EMPTY_FEED}
        run(tmp_path, server)
        assert set(lost) <= set(server.requests)
        assert stored(tmp_path) == {path(101), *(each for own in paths.values() for each in own)}
        assert failures(tmp_path) == {}
        run(tmp_path, server)
        assert not set(paths) & set(server.requests), "a sitemap with the same stamp is not requested again"


def test_a_page_in_place_of_the_feed_is_reported_and_retried(tmp_path: Path) -> None:
    with serve(site() | {"/sitemap.xml": MAP, "/rss/": page("Ой", "<h1>Ой</h1>")}) as server:
        done = run(tmp_path, server)
        assert f"complete, but 1 page failed; the last: {server.url}rss/" in done.log.splitlines()[-1]
        assert f"Not read: {server.url}rss/" in done.log
        assert failures(tmp_path) == {"/rss/": "feed_unreadable"}
        assert report(tmp_path)["failures"] == {"feed_unreadable": 1}
        assert stored(tmp_path) == WHOLE
        server.answers["/rss/"] = EMPTY_FEED
        run(tmp_path, server)
        assert failures(tmp_path) == {}


def test_page_in_place_of_an_optional_sitemap_is_no_failure(tmp_path: Path) -> None:
    answers = site(page("Газета", links(*sorted(WHOLE))))
    with serve(answers, lambda target: answers["/"] if target.endswith(".xml") else None) as server:
        done = run(tmp_path, server)
        assert failures(tmp_path) == {}
        assert done.stat("caravan/absent/soft_404") == 3
        # Once the site has a sitemap, a page in its place is one.
        server.answers |= {"/sitemap.xml": index("/m.xml"), "/m.xml": MAP}
        run(tmp_path, server)
        del server.answers["/sitemap.xml"]
        run(tmp_path, server)
        assert failures(tmp_path) == {"/sitemap.xml": "sitemap_unreadable"}
        run(tmp_path, server)
        assert failures(tmp_path) == {"/sitemap.xml": "sitemap_unreadable"}


UNKNOWN = [f"/sport/boks/delo-nomer-dlinnoe-i-novoe-{letter}/" for letter in "abcde"]
PAGES = [
    "/",
    "/news/",
    "/glava-1/",
    "/tag/delo-nomer-dlinnoe-i-novoe/",
    "/news/page/2/",
    "/news/kz/almaty/",
    "/pravila.pdf",
]
TOLD = "entries of feed and sitemaps are at addresses of unknown form and are not read; the last: "


def test_entries_at_addresses_of_unknown_form_are_one_warning(tmp_path: Path) -> None:
    in_feed, in_sitemap = UNKNOWN[:2], [*UNKNOWN[2:], "/delo-nomer-dlinnoe-i-novoe/", "/a/b/12345/"]
    in_sitemap.append("/news/delo-dlinnoe-i-ochen-novoe.html")
    feed = Answer(rss(*(f"<link>{own}</link>" for own in in_feed)), XML)
    with serve(site() | {"/rss/": feed, "/sitemap.xml": urlset(*OTHERS, *in_sitemap, *PAGES)}) as server:
        done = run(tmp_path, server)
    assert not set(server.requests) & {*in_feed, *in_sitemap}
    entries = len(in_feed) + len(in_sitemap) + len(OTHERS) + len(PAGES)
    assert done.log.count(f"] WARNING: 8 of {entries} {TOLD}") == 1
    assert f"complete, but 8 of {entries} {TOLD}" in done.log.splitlines()[-1]
    assert report(tmp_path)["not_followed"]["entry_address"] == 8


# entries of unknown form, all entries, and whether the run warns of them
SHARES = [(5, 10, True), (8, 13, True), (3, 8, False), (5, 110, False), (0, 11, False)]


@pytest.mark.parametrize(("unknown", "entries", "is_told"), SHARES)
def test_few_entries_at_addresses_of_unknown_form_are_no_warning(unknown: int, entries: int, is_told: bool) -> None:
    problem = entries_problem({UNKNOWN_ENTRIES_STAT: unknown, ENTRIES_STAT: entries})
    assert (problem is not None) is is_told
