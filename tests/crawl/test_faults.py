"""A crawl of a site with each fault: it ends, reports its losses, and writes no wrong value."""

from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from caravan_crawler.sample_site import serve
from caravan_crawler.sample_site.faults import FAULTS, FaultySite
from tests.support.crawling import Crawl, crawl, read_jsonl

ARTICLES = 60
#: Requests of a crawl without faults: little more than one per article.
FEW_REQUESTS = 2 * ARTICLES
#: Requests of a crawl with faults: includes retries, and those spent on a trap until it is recognised.
MOST_REQUESTS = 5 * ARTICLES
IMPATIENT = ("-s", "DOWNLOAD_TIMEOUT=2", "-s", "RETRY_TIMES=1")


class Run(NamedTuple):
    """A finished crawl and its expected records; ``records`` include those of a failed run."""

    crawl: Crawl
    gold: dict[str, dict[str, Any]]
    spoilt: set[str]
    requests: list[str]
    early_requests: int

    @property
    def records(self) -> list[dict[str, Any]]:
        parts = self.crawl.data_dir.glob("runs/*/.articles.jsonl.*.part")
        return self.crawl.tables.get("articles") or [record for part in parts for record in read_jsonl(part)]

    @property
    def missing(self) -> set[str]:
        """Articles published before the crawl that were not found."""
        return set(list(self.gold)[:ARTICLES]) - {record["url"] for record in self.records}

    @property
    def last_line(self) -> str:
        return self.crawl.log.splitlines()[-1]


def run(tmp_path: Path, *faults: str, options: tuple[str, ...] = IMPATIENT) -> Run:
    site = FaultySite(ARTICLES, faults=faults)
    with serve(site) as server:
        result = crawl(tmp_path, "-a", f"site={server.url}", *options)
        records = list(site.gold(server.url))
        spoilt = {record["url"] for number, record in enumerate(records) if site.spoils(number)}
        requests = list(server.requests)
    assert "Traceback" not in result.log, result.log[-3000:]
    return Run(result, {record["url"]: record for record in records}, spoilt, requests, site.early_requests)


def fields(record: dict[str, Any], *without: str) -> dict[str, Any]:
    left_out = ("fetched_url", "observed_at", *without)
    return {name: value for name, value in record.items() if name not in left_out}


def assert_exact(done: Run) -> None:
    """Assert that every record is exact and unique."""
    assert [record["url"] for record in done.records if fields(record) != done.gold[record["url"]]] == []
    assert len({record["url"] for record in done.records}) == len(done.records)


class Group(NamedTuple):
    """Faults of one site that hit different articles: ``costly`` ones lose theirs, ``harmless`` ones none."""

    costly: tuple[str, ...] = ()
    harmless: tuple[str, ...] = ()
    most_requests: int = FEW_REQUESTS
    retries: int = 1

    @property
    def faults(self) -> tuple[str, ...]:
        return *self.costly, *self.harmless


#: Faults of a few pages: all others must be read. A run is sound if a tenth of its pages fails. Pages of 20 megabytes,
#: and those that unpack to 32, exceed DOWNLOAD_MAXSIZE.
GROUPS = [
    Group(costly=("hang:30:30", "drip:8:30", "reset:always:30"), harmless=("slow",)),
    Group(costly=("cut:always:30", "half_pages:always:30", "empty:always:30"), harmless=("errors_500",)),
    Group(costly=("challenge", "nested:always:16"), harmless=("drip:0.5",)),
    Group(costly=("redirect_away:always:12", "redirect_loop:always:60"), harmless=("wrong_charset", "url_trap")),
    Group(
        costly=("error_200", "gzip_bomb:32:18"),
        harmless=("endless_listing_new",),
        most_requests=FEW_REQUESTS + ARTICLES // 3,
    ),
    Group(costly=("huge:20:30", "errors_500:always"), harmless=("endless_listing",)),
    Group(harmless=("shifting:5", "article_trap"), most_requests=MOST_REQUESTS),
    # A page may be hit by each of them, once.
    Group(
        harmless=("cut:1:5", "reset:1:5", "half_pages:1:5", "challenge:1:5", "errors_500:1:5"),
        most_requests=FEW_REQUESTS + ARTICLES // 2,
        retries=5,
    ),
]


@pytest.mark.parametrize("group", GROUPS, ids=[",".join(group.faults) for group in GROUPS])
def test_other_articles_are_read_and_no_wrong_value_is_written(group: Group, tmp_path: Path) -> None:
    done = run(tmp_path, *group.faults, options=(*IMPATIENT, "-s", f"RETRY_TIMES={group.retries}"))
    assert done.crawl.code == 0, done.crawl.log[-3000:]
    assert_exact(done)
    urls = list(done.gold)
    spoilt = {fault: {urls[number] for number in spoilt_by(fault)} for fault in group.costly}
    for fault in group.costly:
        assert spoilt[fault], fault
        assert spoilt[fault] <= done.missing, fault
    assert done.missing == set().union(*spoilt.values())
    assert len(done.missing) == sum(len(each) for each in spoilt.values()), "each fault has articles of its own"
    assert (f"{len(done.missing)} pages failed" in done.last_line) == bool(group.costly)
    not_read = [line for line in done.crawl.log.splitlines() if "Not read: " in line]
    names = {url: (urlsplit(url).path.strip("/"), f"?p={done.gold[url]['article_id']} ") for url in done.missing}
    assert [url for url in done.missing if not any(name in line for line in not_read for name in names[url])] == []
    assert len(done.requests) <= group.most_requests
    if "shifting:5" in group.faults:
        assert len(done.crawl.articles) > ARTICLES, "those published meanwhile are read, too"
    # Nothing is read from where redirects lead.
    written = [path.read_text(encoding="utf-8") for path in (tmp_path / "runs").rglob("*.csv")]
    written += [path.read_text(encoding="utf-8") for path in (tmp_path / "runs").rglob("*.jsonl")]
    assert not [text for text in written if "root:" in text or "example.invalid" in text or "10.0.0.1" in text]


def spoilt_by(fault: str) -> list[int]:
    """The numbers of the articles that a fault alone spoils."""
    site = FaultySite(ARTICLES, faults=[fault])
    return [number for number in range(ARTICLES) if site.spoils(number)]


#: Faults of one in nine articles each, together of half of a site's, by the reason of their failures.
HALF = {
    "kind_challenge": "challenge:always:9",
    "http_500": "errors_500:always:9",
    "ResponseDataLossError": "reset:always:9",
    "offsite": "redirect_away:always:9",
    "DownloadFailedError": "hang:0.1:9",
}


def test_site_with_half_of_its_pages_failing_is_blocked(tmp_path: Path) -> None:
    done = run(tmp_path, *HALF.values())
    assert done.crawl.code == 4
    assert "pages failed" in done.last_line
    assert {reason for reason in HALF if not done.crawl.stat(f"caravan/failed/{reason}")} == set(), "each kind counts"
    assert_exact(done)


def test_undecodable_bytes_lose_no_other_text(tmp_path: Path) -> None:
    done = run(tmp_path, "invalid_bytes")
    assert done.crawl.code == 0
    assert {record["url"] for record in done.crawl.articles} == set(done.gold)
    for record in done.crawl.articles:
        body = record["body"].replace("\ufffd", "")
        assert fields(record) | {"body": body} == done.gold[record["url"]]


@pytest.mark.parametrize(("fault", "at_once"), [("rate_limit", "8"), ("rate_limit_date", "1"), ("rate_limit_503", "8")])
def test_requested_pause_is_obeyed(fault: str, at_once: str, tmp_path: Path) -> None:
    at_once_options = ("-s", f"CONCURRENT_REQUESTS={at_once}", "-s", f"CONCURRENT_REQUESTS_PER_DOMAIN={at_once}")
    done = run(tmp_path, fault, options=at_once_options)
    assert done.early_requests == 0
    assert done.crawl.code == 0, done.crawl.log[-3000:]
    assert_exact(done)
    assert done.missing == set()


@pytest.mark.parametrize(("field", "after"), [("date", 30), ("body", 30), ("headline", 0)])
def test_template_without_a_required_field(field: str, after: int, tmp_path: Path) -> None:
    done = run(tmp_path, f"markup_switch:{after}:{field}")
    assert done.crawl.code == 3, done.last_line
    assert "articles" not in done.crawl.tables, "nothing is published"
    by_number = {gold["article_id"]: gold for gold in done.gold.values() if gold["article_id"]}
    for record in done.records:
        # The other template names the canonical path of an article known only by its short link.
        gold = by_number.get(record["article_id"]) or done.gold[record["url"]]
        if gold["url"] not in done.spoilt:
            assert fields(record) == gold
        elif field == "date":
            lost = ("url", "section", "date_published", "published_at", "date_published_raw")
            assert not record["date_published"]
            assert fields(record, *lost) == fields(gold, *lost)


def test_without_robots_txt_the_site_is_forbidden(tmp_path: Path) -> None:
    done = run(tmp_path, "dead_robots")
    assert done.crawl.code == 4
    assert set(done.requests) == {"/robots.txt"}
    assert "robots.txt" in done.last_line


def test_every_fault_has_its_crawl() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    assert [name for name in FAULTS if f'"{name}' not in text] == []
