"""Dates of feeds and sitemaps in a crawl: periods, clocks, and sitemaps of months."""

from pathlib import Path

from tests.crawl.sources import MAP, OTHERS, WHOLE, articles_of, failures, path, paths_of, report, run, site, stored
from tests.support.crawling import TIMEOUT, start_by_clock
from tests.support.plain_site import (
    XML,
    Answer,
    Answers,
    article,
    index,
    links,
    page,
    rss,
    urlset,
)
from tests.support.plain_site import serve_plain as serve

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


# dates as a feed prints them, and whether the page is asked for
DATES = {
    "Вс, 25 окт 2026 10:15:00 +0500": True,
    "25 октября 2026, 10:15": True,
    "25.10.2026": True,
    "Sun, 01 Jan 2090 00:00:00 +0500": True,  # a lie
    "%date%": True,
    "Чт, 1 окт 2026 10:15:00 +0500": False,
}


def test_dates_of_a_feed_under_a_period(tmp_path: Path) -> None:
    paths = {printed: path(number) for number, printed in enumerate(DATES, 201)}
    items = (f"<link>{own}</link><pubDate>{printed}</pubDate>" for printed, own in paths.items())
    pages: Answers = {path(number): article(number, day="2026-10-25") for number, _ in enumerate(DATES, 201)}
    with serve(site(days=DAYS) | pages | {"/rss/": Answer(rss(*items), XML)}) as server:
        run(tmp_path, server, "-a", "since=2026-10-15", "-a", "until=2026-11-10")
    found = stored(tmp_path)
    for printed, own in paths.items():
        assert ((own in server.requests), (own in found)) == (DATES[printed], DATES[printed]), printed


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
        options = ("-a", f"site={server.url}", "-a", "refresh_days=0")
        first = start_by_clock(tmp_path, *options, FAKETIME="+400d")
        log, _ = first.communicate(timeout=TIMEOUT)
        assert first.returncode == 0, log[-2000:]
        # Published since, with an old stamp, and in a listing whose new articles are not in the feed.
        server.answers |= {"/m.xml": urlset(*OTHERS[:4]), "/sport/": page("Спорт", links(OTHERS[0], OTHERS[4]))}
        done = run(tmp_path, server)
        assert "the clock was ahead" in done.log
        assert {"/m.xml", "/sport/"} <= set(server.requests)
    assert stored(tmp_path) == WHOLE


MONTHS = ["/sitemap202509.xml", "/sitemap202508.xml"]
OF_MONTH = dict(zip(MONTHS, (urlset(*OTHERS[:3]), urlset(*OTHERS[3:])), strict=True))


def test_months_that_are_empty_once_or_have_another_ones_entries_are_read_again(tmp_path: Path) -> None:
    months = {f"/sitemap2025{month:02}.xml": paths_of(month) for month in range(1, 9)}
    whole: Answers = {month: urlset(*own) for month, own in months.items()}
    names = list(months)
    odd = {
        names[1]: urlset(),
        names[3]: index(),
        names[5]: whole[names[4]],
        names[6]: whole[names[7]],
    }
    answers = site() | articles_of(9) | {"/sitemap.xml": index(*months, stamp="2025-10-01")}
    with serve(answers | whole | odd) as server:
        run(tmp_path, server)
        found = stored(tmp_path)
        for month, own in months.items():
            assert set(own) <= found or (month in odd and not set(own) & found), month
        assert [month for month, own in months.items() if not set(own) & found] == list(odd)
        server.answers |= whole
        run(tmp_path, server)
        assert stored(tmp_path) == {path(101), *(each for own in months.values() for each in own)}
        assert failures(tmp_path) == {}
        run(tmp_path, server)
        assert not set(months) & set(server.requests)


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
