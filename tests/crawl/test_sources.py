"""Feeds and sitemaps in a crawl: broken ones are read as far as possible, and losses are reported."""

import gzip
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.crawl.sources import MAP, OTHERS, WHOLE, articles_of, failures, path, paths_of, report, run, site, stored
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


def test_sitemaps_that_are_a_little_broken_are_read(tmp_path: Path) -> None:
    sitemaps = {f"/m{place}.xml": answer(paths_of(place)) for place, answer in enumerate(READ.values())}
    answers = site() | articles_of(len(READ)) | sitemaps | {"/sitemap.xml": index(*sitemaps)}
    with serve(answers) as server:
        run(tmp_path, server)
    found = stored(tmp_path)
    for place, name in enumerate(READ):
        assert set(paths_of(place)) <= found, name
    assert failures(tmp_path) == {}


def test_sitemaps_whose_names_hold_news_or_video_are_read_and_those_of_tags_are_not(tmp_path: Path) -> None:
    answers: Answers = {
        "/sitemap.xml": index("/sitemap-news.xml", "/post-video-sitemap.xml", "/post_tag-sitemap.xml"),
        "/sitemap-news.xml": urlset(*OTHERS[:2]),
        "/post-video-sitemap.xml": urlset(*OTHERS[2:]),
    }
    with serve(site() | answers) as server:
        done = run(tmp_path, server)
        assert "/post_tag-sitemap.xml" not in server.requests
    assert done.stat("caravan/skipped/sitemap_of_no_articles") == 1
    assert stored(tmp_path) == WHOLE


def test_an_index_that_names_itself_and_a_feed_that_is_an_index_end(tmp_path: Path) -> None:
    answers: Answers = {
        "/sitemap.xml": index("/sitemap.xml", "/a.xml"),
        "/a.xml": index("/sitemap.xml", "/a.xml"),
        "/rss/": Answer(index("/b.xml"), XML),
        "/b.xml": urlset(*OTHERS),
    }
    with serve(site() | answers) as server:
        run(tmp_path, server)
        assert len(server.requests) < 30
    assert stored(tmp_path) == WHOLE


def test_sitemaps_listed_as_if_they_were_pages_are_read(tmp_path: Path) -> None:
    answers: Answers = {"/sitemap.xml": urlset("/a.xml"), "/a.xml": urlset(*OTHERS)}
    with serve(site() | answers) as server:
        run(tmp_path, server)
    assert stored(tmp_path) == WHOLE


def test_indexes_that_name_further_indexes_without_end(tmp_path: Path) -> None:
    def further(target: str) -> str | None:
        number = target.removeprefix("/i").removesuffix(".xml")
        return index(f"/i{int(number) + 1}.xml") if number.isdecimal() and int(number) < 100 else None

    with serve(site() | {"/sitemap.xml": index("/i1.xml")}, further) as server:
        run(tmp_path, server)
        assert "/i5.xml" in server.requests
        assert "/i6.xml" not in server.requests
    assert failures(tmp_path) == {"/i5.xml": "sitemap_nested"}


#: Lists that are none of this site's.
ELSEWHERE = {
    "pages of another host": urlset("https://cdn.example.org/news/delo-nomer-102/"),
    "sitemaps of another host": index("https://cdn.example.org/sitemap-1.xml"),
    "addresses in an attribute": f'<urlset><url><loc href="{OTHERS[0]}"/></url></urlset>',
}


@pytest.mark.parametrize("body", ELSEWHERE.values(), ids=ELSEWHERE)
def test_a_sitemap_without_an_address_of_the_site_is_reported(body: str, tmp_path: Path) -> None:
    with serve(site() | {"/sitemap.xml": body}) as server:
        done = run(tmp_path, server)
    assert "none of its entries has an address of this site" in done.log.splitlines()[-1]
    assert failures(tmp_path) == {"/sitemap.xml": "sitemap_elsewhere"}


def test_sitemaps_of_another_host_in_robots_txt_are_reported(tmp_path: Path) -> None:
    robots = Answer("User-agent: *\nSitemap: https://cdn.example.org/sitemap.xml\n", {"Content-Type": "text/plain"})
    with serve(site() | {"/robots.txt": robots}) as server:
        done = run(tmp_path, server)
    assert "robots.txt names is not read, as it is not of this site: https://cdn.example.org/" in done.log


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


def test_lost_sitemaps_are_reported_and_retried(tmp_path: Path) -> None:
    paths = {f"/m{place}.xml": paths_of(place) for place in range(len(LOST) + SOUND)}
    sitemaps: Answers = {name: urlset(*own) for name, own in paths.items()}
    lost = dict(zip(paths, LOST.values(), strict=False))
    answers = site() | articles_of(len(paths)) | {"/sitemap.xml": index(*paths, stamp="2026-11-21")}
    odd = {name: answer(paths[name]) for name, (answer, _, _) in lost.items()}
    with serve(answers | sitemaps | odd) as server:
        done = run(tmp_path, server)
        assert f"{len(lost)} pages failed" in done.log.splitlines()[-1]
        assert failures(tmp_path) == {name: reason for name, (_, reason, _) in lost.items()}
        assert report(tmp_path)["failures"] == Counter(reason for _, reason, _ in lost.values())
        found = stored(tmp_path)
        for name, (_, reason, number) in lost.items():
            assert f"Not read: {server.url.rstrip('/')}{name}" in done.log
            assert len(found & set(paths[name])) == number, (name, reason)
        shutil.copytree(tmp_path, tmp_path / "stay lost", ignore=shutil.ignore_patterns("runs"))
        again = run(tmp_path / "stay lost", server)
        assert set(lost) <= set(server.requests)
        assert "pages failed" not in again.log.splitlines()[-1], "a sound run has met them"
        server.answers |= sitemaps
        run(tmp_path, server)
        assert set(lost) <= set(server.requests)
        assert stored(tmp_path) == {path(101), *(each for own in paths.values() for each in own)}
        assert failures(tmp_path) == {}
        run(tmp_path, server)
        assert not set(paths) & set(server.requests), "a sitemap with the same stamp is not requested again"


@pytest.mark.parametrize(
    ("body", "reason"), [(page("Ой", "<h1>Ой</h1>"), "feed_unreadable"), ("<rss><channel><item><li", "feed_cut")]
)
def test_a_lost_feed_is_reported_and_retried(body: str, reason: str, tmp_path: Path) -> None:
    with serve(site() | {"/sitemap.xml": MAP, "/rss/": body}) as server:
        done = run(tmp_path, server)
        assert "1 page failed" in done.log.splitlines()[-1]
        assert f"Not read: {server.url}rss/" in done.log
        assert failures(tmp_path) == {"/rss/": reason}
        assert report(tmp_path)["failures"] == {reason: 1}
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
PAGES = ["/", "/news/", "/tag/delo-nomer-dlinnoe-i-novoe/", "/news/page/2/", "/news/kz/almaty/", "/pravila.pdf"]
# what feed and sitemap name besides the articles, and how many of the entries the run warns of
FORMS: list[tuple[list[str], list[str], str | None]] = [
    (UNKNOWN[:2], UNKNOWN[2:], "5 of 10"),
    ([], ["/delo-nomer-dlinnoe-i-novoe/", "/news/delo-dlinnoe-i-ochen-novoe.html", "/a/b/12345/", *UNKNOWN], "8 of 13"),
    ([], UNKNOWN[:3], None),  # a few
    ([], [*UNKNOWN, *(f"/glava-{number}/" for number in range(100))], None),  # a small share
    ([], PAGES, None),
]


@pytest.mark.parametrize(("in_feed", "in_sitemap", "number"), FORMS)
def test_entries_at_addresses_of_unknown_form_are_one_warning(
    in_feed: list[str], in_sitemap: list[str], number: str | None, tmp_path: Path
) -> None:
    feed = Answer(rss(*(f"<link>{own}</link>" for own in in_feed)), XML)
    answers = site() | {"/rss/": feed, "/sitemap.xml": urlset(*OTHERS, *in_sitemap)}
    with serve(answers) as server:
        done = run(tmp_path, server)
        assert not set(server.requests) & {*UNKNOWN, *in_feed}
    told = "entries of feed and sitemaps are at addresses of unknown form and are not read; the last: "
    is_told = number is not None
    assert done.log.count(f"] WARNING: {number} {told}") == is_told
    assert (f"complete, but {number} {told}" in done.log.splitlines()[-1]) is is_told
    assert (told in done.log) is is_told
    counted = len([own for own in (*in_feed, *in_sitemap) if "/glava-" not in own and own not in PAGES])
    assert report(tmp_path)["not_followed"].get("entry_address", 0) == counted
