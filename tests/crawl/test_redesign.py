"""Markup that changes overnight: it is reported, complete records survive, and incomplete ones are completed later."""

import json
import shutil
from pathlib import Path

import pytest
from sqlalchemy import update

from caravan_crawler.sample_site import SampleSite
from caravan_crawler.store import schema
from tests.crawl.reporting import ARTICLES, NEW, Run, run
from tests.store.stores import open_in, table

LOST = {"date": "date_published", "body": "body", "headline": "headline", "views": "views"}


@pytest.fixture(scope="module")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of a first run."""
    folder = tmp_path_factory.mktemp("first")
    assert run(folder).crawl.code == 0
    return folder


@pytest.fixture
def data_dir(first_run: Path, tmp_path: Path) -> Path:
    """A copy of these data, for the runs of one test."""
    return shutil.copytree(first_run, tmp_path / "data")


def below_the_floors(done: Run, lost: str, found: int, printed: int) -> None:
    """Check the report of a run whose new articles are in another template."""
    assert done.crawl.code == 3
    (words,) = done.report["drift"]
    assert words.startswith(f"{LOST[lost]} fell from {found} % to 0 % of {NEW} articles (reader ")
    assert f"{lost}_printed {printed} % → 0 %" in words
    examples = words.rpartition("without it: ")[2].split()
    assert len(examples) == 3
    assert all(url.startswith("http://127.0.0.1:") for url in examples)
    assert done.report["outcome"] == "below_floors"
    assert done.crawl.log.splitlines()[-1].startswith(f"scrapy crawl: {words}")


# fields lost by the template, and the run's reason: a page without a headline does not look like an article
REASONS = {
    "date": "date_published fell from 100 % to 0 % of ",
    # Where the page has neither body nor credit, the lede is all of its text.
    "body": "body fell from 100 % to ",
    "headline": "pages of articles could not be read as such, so the markup has probably changed; the last: ",
}


@pytest.mark.parametrize("lost", REASONS)
def test_known_articles_in_another_template_retain_complete_records(lost: str, data_dir: Path) -> None:
    store = open_in(data_dir)
    before = table(store, schema.articles), table(store, schema.article_versions)
    store.close()
    done = run(data_dir, "-a", "refresh_days=100000", faults=(f"markup_switch:0:{lost}",))
    assert done.crawl.code == 3, done.crawl.log[-2000:]
    assert REASONS[lost] in done.report["reason"]
    store = open_in(data_dir)
    after = {row["key"]: row for row in table(store, schema.articles)}
    assert [after[row["key"]][LOST[lost]] for row in before[0]] == [row[LOST[lost]] for row in before[0]]
    assert table(store, schema.article_versions) == before[1]
    assert len(table(store, schema.failures)) > 0.8 * ARTICLES
    store.close()
    # The site is fixed: they are read again, and nothing is missing.
    fixed = run(data_dir, "-a", "refresh_days=100000", new=5)
    assert fixed.crawl.code == 0, fixed.crawl.log[-2000:]


def test_lasting_redesign_publishes_nothing_until_it_is_fixed(data_dir: Path, tmp_path: Path) -> None:
    """Hours with an unreadable template: no record without its date is published until a sound run has read it."""
    feed = tmp_path / "a.jsonl"
    feed.write_bytes(b"the last good dataset")
    codes = []
    for hour in range(3):
        # The last of them reads no new article, and pages that failed twice are not due yet.
        new = NEW * min(hour + 1, 2)
        done = run(data_dir, "-a", "refresh_days=0", "-O", str(feed), new=new, faults=("markup_switch:0:date",))
        if hour == 0:
            below_the_floors(done, "date", 100, 80)
        codes.append(done.crawl.code)
        assert feed.read_bytes() == b"the last good dataset"
    assert codes[:2] == [3, 3]
    store = open_in(data_dir)
    failed = {row["article_key"] for row in table(store, schema.failures)}
    assert len(failed) == 2 * NEW
    assert {row["date_published"] for row in table(store, schema.articles) if row["key"] in failed} == {None}
    store.execute(update(schema.failures).values(retry_at="2000-01-01T00:00:00+00:00"))
    store.close()
    fixed = run(data_dir, "-a", "refresh_days=0", "-O", str(feed), new=2 * NEW)
    assert fixed.crawl.code == 0, fixed.crawl.log[-2000:]
    published = [json.loads(line) for line in feed.read_text(encoding="utf-8").splitlines()]
    assert sorted(str(record["article_id"]) for record in published) == sorted(failed)
    dateless = dateless_articles(2 * NEW) & failed  # their dates cannot be known
    assert {str(record["article_id"]) for record in published if not record["date_published"]} == dateless
    store = open_in(data_dir)
    assert {row["article_key"] for row in table(store, schema.failures)} == dateless
    assert {row["key"] for row in table(store, schema.articles) if row["date_published"] is None} >= dateless
    store.close()


def dateless_articles(new: int) -> set[str]:
    """Return the numbers of the articles without a date on the site itself."""
    site = SampleSite(ARTICLES)
    site.publish(new)
    gold = site.gold("http://127.0.0.1:8000/")
    return {str(record["article_id"]) for record in gold if record["date_published"] is None}


def test_fields_not_found_by_a_run_below_the_floors_are_restored(data_dir: Path, tmp_path: Path) -> None:
    store = open_in(data_dir)
    rows = table(store, schema.articles)
    before = {row["key"]: (row["views"], row["views_raw"]) for row in rows}
    # An article without a date is in no refresh.
    counted = [row["views"] for row in rows if row["date_published"] and row["views"] is not None]
    store.close()
    done = run(data_dir, "-a", "refresh_days=100000", faults=("markup_switch:0:views",))
    assert done.crawl.code == 3, done.crawl.log[-2000:]
    store = open_in(data_dir)
    assert {row["key"]: (row["views"], row["views_raw"]) for row in table(store, schema.articles)} == before
    store.close()
    feed = tmp_path / "a.jsonl"
    fixed = run(data_dir, "-a", "refresh_days=100000", "-O", str(feed))
    assert fixed.crawl.code == 0, fixed.crawl.log[-2000:]
    published = [json.loads(line) for line in feed.read_text(encoding="utf-8").splitlines()]
    assert len({record["url"] for record in published}) == len(published) == len(counted)
    assert sorted(record["views"] for record in published) == sorted(counted)


def test_an_accepted_change_is_the_new_history(data_dir: Path) -> None:
    switch = ("markup_switch:0:views",)
    below_the_floors(run(data_dir, "-a", "refresh_days=0", new=NEW, faults=switch), "views", 85, 65)
    accepted = run(data_dir, "-a", "refresh_days=0", "-s", "ACCEPT_DRIFT=1", new=2 * NEW, faults=switch)
    assert (accepted.crawl.code, accepted.report["drift"]) == (0, [])
    after = run(data_dir, "-a", "refresh_days=0", new=3 * NEW, faults=switch)
    assert (after.crawl.code, after.report["drift"]) == (0, [])
    assert after.report["fields"]["views"]["found"] == 0
