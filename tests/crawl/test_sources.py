"""Feeds and sitemaps in a crawl: broken ones are read as far as possible, and losses are reported."""

import gzip
import json
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from caravan_crawler.store import schema
from tests.store.stores import open_in, table
from tests.support.crawling import TIMEOUT, Crawl, command, crawl
from tests.support.optional_parts import need
from tests.support.plain_site import (
    EMPTY_FEED,
    HTML,
    XML,
    Answer,
    Answers,
    PlainServer,
    article,
    index,
    links,
    page,
    rss,
    urlset,
)
from tests.support.plain_site import serve_plain as serve

HOME = page("Газета", links("/news/delo-nomer-dlinnoe-101/"))
SECTIONS = ("crime", "sport", "world")


def site(home: str = HOME, *, days: dict[int, str] | None = None) -> Answers:
    """Six articles, of which the home page links to one."""
    paths = {number: path(number) for number in range(101, 107)}
    days = days or {}
    answers: Answers = {own: article(number, day=days.get(number, "2026-11-20")) for number, own in paths.items()}
    return answers | {"/": home, "/news/": page("Новости", links(paths[101]))}


def path(number: int) -> str:
    return f"/{'news' if number == 101 else SECTIONS[number % 3]}/delo-nomer-dlinnoe-{number}/"


def run(data_dir: Path, server: PlainServer, *options: str, code: int = 0) -> Crawl:
    server.requests.clear()
    done = crawl(data_dir, "-a", f"site={server.url}", "-a", "refresh_days=0", *options)
    assert done.code == code, done.log[-3000:]
    assert "Traceback" not in done.log
    return done


def rows(data_dir: Path, which: Any) -> list[dict[str, Any]]:
    store = open_in(data_dir)
    found = table(store, which)
    store.close()
    return found


def stored(data_dir: Path) -> set[str]:
    return {urlsplit(row["url"]).path for row in rows(data_dir, schema.articles)}


def failures(data_dir: Path) -> dict[str, str]:
    return {urlsplit(row["url"]).path: row["reason"] for row in rows(data_dir, schema.failures)}


def report(data_dir: Path) -> Any:
    last = max((data_dir / "runs").iterdir())
    return json.loads((last / "run.json").read_text(encoding="utf-8"))


OTHERS = [path(number) for number in range(102, 107)]
WHOLE = {path(number) for number in range(101, 107)}
MAP = urlset(*OTHERS)
WARNED = f"<br />\n<b>Notice</b>: Undefined index & more in <b>/x.php</b><br />\n{MAP}"
# the response for the sitemap
READ: dict[str, Answer] = {
    "gzip": Answer(gzip.compress(MAP.encode()), {"Content-Type": "application/x-gzip"}),
    "gzip with a tail": Answer(gzip.compress(MAP.encode()) + b"\n\n", {"Content-Type": "application/x-gzip"}),
    "gzip by its header": Answer(gzip.compress(MAP.encode()), XML | {"Content-Encoding": "gzip"}),
    "gzip by its header, a tail": Answer(gzip.compress(MAP.encode()) + b"\n\n", XML | {"Content-Encoding": "gzip"}),
    "gzip in gzip": Answer(gzip.compress(gzip.compress(MAP.encode())), XML | {"Content-Encoding": "gzip"}),
    "no gzip in spite of its header": Answer(MAP, XML | {"Content-Encoding": "gzip"}),
    "PHP's warnings": Answer(WARNED, HTML),
    "another encoding": Answer(MAP.replace("UTF-8", "UTF-16").encode(), XML),
    "text": Answer("\n".join(f"https://www.caravan.kz{own}" for own in OTHERS), {"Content-Type": "text/plain"}),
    "a feed": Answer(rss(*(f"<link>{own}</link>" for own in OTHERS)), XML),
    "names of the site": Answer(
        urlset(*(f"{base}{own}" for base, own in zip(
            ("http://caravan.kz", "https://www.caravan.kz", "http://www.caravan.kz:80", "", "//caravan.kz"),
            OTHERS,
            strict=True,
        ))), XML
    ),
}  # fmt: skip


@pytest.mark.parametrize("answer", READ.values(), ids=READ)
def test_a_sitemap_that_is_a_little_broken_is_read(answer: Answer, tmp_path: Path) -> None:
    with serve(site() | {"/sitemap.xml": answer}) as server:
        run(tmp_path, server)
    assert stored(tmp_path) == WHOLE
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


LONG = urlset(*OTHERS[:3]).replace("</urlset>", "") + "<url><loc>" + OTHERS[4][:-6]
#: Responses for the feed and the sitemap, their failures, and the articles read from the sitemap.
LOST: dict[str, tuple[Answer, Answer, dict[str, str], int]] = {
    "cut": (EMPTY_FEED, Answer(LONG, XML), {"/m.xml": "sitemap_cut"}, 3),
    "cut gzip": (
        EMPTY_FEED,
        Answer(gzip.compress(MAP.encode(), 0)[:-120], {"Content-Type": "application/x-gzip"}),
        {"/m.xml": "sitemap_cut"},
        3,
    ),
    "cut gzip by its header": (
        EMPTY_FEED,
        Answer(gzip.compress(MAP.encode(), 0)[:-120], XML | {"Content-Encoding": "gzip"}),
        {"/m.xml": "sitemap_cut"},
        3,
    ),
    "a page": (EMPTY_FEED, Answer(page("Ой", "<h1>Ой</h1>")), {"/m.xml": "sitemap_unreadable"}, 0),
    "empty": (EMPTY_FEED, Answer("", XML), {"/m.xml": "sitemap_unreadable"}, 0),
    "no gzip": (EMPTY_FEED, Answer(b"\x1f\x8b\x08\x00 damaged", XML), {"/m.xml": "sitemap_unreadable"}, 0),
    "not found": (EMPTY_FEED, Answer("", XML, 404), {"/m.xml": "http_404"}, 0),
    "the feed": (Answer(page("Ой", "<h1>Ой</h1>")), Answer(MAP, XML), {"/rss/": "feed_unreadable"}, 5),
    "a cut feed": (Answer("<rss><channel><item><li", XML), Answer(MAP, XML), {"/rss/": "feed_cut"}, 5),
}


@pytest.mark.parametrize(("feed", "sitemap", "failed", "number"), LOST.values(), ids=LOST)
def test_lost_sources_are_reported_and_retried(
    feed: Answer, sitemap: Answer, failed: dict[str, str], number: int, tmp_path: Path
) -> None:
    answers = site() | {
        "/sitemap.xml": index("/m.xml", stamp="2026-11-21"),
        "/m.xml": sitemap,
        "/rss/": feed,
    }
    with serve(answers) as server:
        done = run(tmp_path, server)
        assert "1 page failed" in done.log.splitlines()[-1]
        (where, reason) = next(iter(failed.items()))
        assert f"Not read: {server.url.rstrip('/')}{where}" in done.log
        assert failures(tmp_path) == failed
        assert report(tmp_path)["failures"] == {reason: 1}
        assert len(stored(tmp_path)) == 1 + number
        server.answers |= {"/m.xml": MAP, "/rss/": EMPTY_FEED}
        run(tmp_path, server)
        assert "/m.xml" in server.requests or where == "/rss/"
        assert stored(tmp_path) == WHOLE
        assert failures(tmp_path) == {}
        run(tmp_path, server)
        assert "/m.xml" not in server.requests, "an article with the same stamp is not requested again"


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


DAYS = {102: "2026-10-05", 103: "2026-10-25", 104: "2026-09-01", 105: "2026-10-30", 106: "2026-11-20"}


def entry(number: int, *stamps: str) -> str:
    return f'<entry><link rel="self" href="/api/{number}"/><link href="{path(number)}"/>{"".join(stamps)}</entry>'


def test_entries_of_a_feed_under_a_period(tmp_path: Path) -> None:
    feed = "".join(
        (
            entry(102, "<updated>2026-10-10</updated>"),  # updated before the period
            entry(103, "<updated>2026-11-26</updated>"),  # published in it, and updated behind it
            entry(104, "<updated>2026-11-01</updated>"),  # published before it
            entry(105),  # without a date
            entry(106, "<published>2026-11-20</published>"),  # behind it
        )
    )
    answers = site(days=DAYS) | {"/rss/": Answer(f"<feed>{feed}</feed>", XML)}
    with serve(answers) as server:
        run(tmp_path, server, "-a", "since=2026-10-15", "-a", "until=2026-11-10")
        asked = {number for number in DAYS if path(number) in server.requests}
    assert asked == {103, 104, 105}
    assert stored(tmp_path) == {path(103), path(105)}


DATES = [
    ("Вс, 25 окт 2026 10:15:00 +0500", True),
    ("25 октября 2026, 10:15", True),
    ("25.10.2026", True),
    ("Sun, 01 Jan 2090 00:00:00 +0500", True),  # a lie, so the page is asked
    ("%date%", True),
    ("Чт, 1 окт 2026 10:15:00 +0500", False),
]


@pytest.mark.parametrize(("printed", "is_asked"), DATES)
def test_dates_of_a_feed_under_a_period(printed: str, is_asked: bool, tmp_path: Path) -> None:
    feed = Answer(rss(f"<link>{path(103)}</link><pubDate>{printed}</pubDate>"), XML)
    with serve(site(days=DAYS) | {"/rss/": feed}) as server:
        run(tmp_path, server, "-a", "since=2026-10-15", "-a", "until=2026-11-10")
        assert (path(103) in server.requests) == is_asked
    assert (path(103) in stored(tmp_path)) == is_asked


def test_articles_without_a_date_are_read_in_bounds_and_the_others_by_the_next_run(tmp_path: Path) -> None:
    numbers = range(1001, 1031)
    answers = site(days=DAYS) | {path(number): article(number, day="2026-10-20") for number in numbers}
    answers["/sitemap.xml"] = urlset(*map(path, numbers))
    period = ("-a", "since=2026-10-15", "-a", "until=2026-11-10", "-s", "MAX_UNDATED=20")
    with serve(answers) as server:
        first = run(tmp_path, server, *period)
        assert "10 entries of" in first.log
        assert first.stat("caravan/skipped/entry_without_stamp") == 10
        assert len(stored(tmp_path)) == 20
        run(tmp_path, server, *period)
        assert len(stored(tmp_path)) == 30
        last = run(tmp_path, server, *period)
        assert "MAX_UNDATED" not in last.log
        assert len(server.requests) < 20


def test_after_a_run_whose_clock_was_ahead_the_next_one_reads_all_sources(tmp_path: Path) -> None:
    answers = site(days=DAYS) | {"/sitemap.xml": index("/m.xml", stamp="2026-11-21"), "/m.xml": urlset(*OTHERS[:2])}
    answers["/sport/"] = page("Спорт", links(OTHERS[0]))
    with serve(answers) as server:
        ahead = command("-s", f"DATA_DIR={tmp_path}", "-a", f"site={server.url}", "-a", "refresh_days=0")
        first = subprocess.run(
            [need("faketime"), "-f", "+400d", *ahead], capture_output=True, text=True, timeout=TIMEOUT, check=False
        )
        assert first.returncode == 0, first.stderr[-2000:]
        # Published since, with an old stamp, and in a listing whose new articles are not in the feed.
        server.answers |= {"/m.xml": urlset(*OTHERS[:4]), "/sport/": page("Спорт", links(OTHERS[0], OTHERS[4]))}
        done = run(tmp_path, server)
        assert "the clock was ahead" in done.log
        assert {"/m.xml", "/sport/"} <= set(server.requests)
    assert stored(tmp_path) == WHOLE


MONTHS = ["/sitemap202509.xml", "/sitemap202508.xml"]
OF_MONTH = dict(zip(MONTHS, (urlset(*OTHERS[:3]), urlset(*OTHERS[3:])), strict=True))
# which month answers once with what
ODD_MONTHS = [
    (MONTHS[1], urlset()),
    (MONTHS[1], index()),
    (MONTHS[1], OF_MONTH[MONTHS[0]]),
    (MONTHS[0], OF_MONTH[MONTHS[1]]),
]


@pytest.mark.parametrize(("month", "odd"), ODD_MONTHS)
def test_a_month_that_is_empty_once_or_has_another_ones_entries_is_read_again(
    month: str, odd: str, tmp_path: Path
) -> None:
    answers: Answers = site() | OF_MONTH | {"/sitemap.xml": index(*MONTHS, stamp="2025-10-01")}
    with serve(answers | {month: odd}) as server:
        run(tmp_path, server)
        assert stored(tmp_path) < WHOLE
        server.answers |= OF_MONTH
        run(tmp_path, server)
        assert stored(tmp_path) == WHOLE
        assert failures(tmp_path) == {}
        run(tmp_path, server)
        assert not set(MONTHS) & set(server.requests)


def test_a_month_that_stays_empty_is_asked_for_ever_more_rarely_and_no_failure_of_a_run(tmp_path: Path) -> None:
    answers: Answers = {"/sitemap.xml": index(*MONTHS, stamp="2025-10-01"), MONTHS[0]: MAP, MONTHS[1]: urlset()}
    with serve(site() | answers) as server:
        asked = 0
        for _ in range(4):
            run(tmp_path, server)
            asked += server.requests.count(MONTHS[1])
            assert report(tmp_path)["failures"] == {}
    assert asked == 2


def test_a_month_that_has_lost_its_entries_is_a_failure(tmp_path: Path) -> None:
    answers: Answers = {"/sitemap.xml": index(*MONTHS, stamp="2025-10-01")}
    with serve(site() | OF_MONTH | answers) as server:
        run(tmp_path, server)
        server.answers |= {"/sitemap.xml": index(*MONTHS, stamp="2025-10-02"), MONTHS[1]: urlset()}
        run(tmp_path, server)
        assert report(tmp_path)["failures"] == {"sitemap_doubtful": 1}
