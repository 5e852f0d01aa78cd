"""The feeds of real runs: flat tables, written atomically."""

import json
from pathlib import Path

from caravan_crawler.items import Article, ExchangeRate, TrendingEntry, Weather, column_names
from caravan_crawler.sample_site import SampleSite, serve
from tests.support.crawling import crawl, read_csv, read_jsonl

TABLES = {"articles": Article, "trending": TrendingEntry, "rates": ExchangeRate, "weather": Weather}


def test_four_tables_in_two_formats_and_the_requested_feeds(tmp_path: Path) -> None:
    wanted_csv, wanted_jsonl = tmp_path / "out" / "articles.csv", tmp_path / "articles.jsonl"
    with serve(SampleSite(articles=60)) as server:
        options = ("-a", f"site={server.url}", "-O", str(wanted_csv), "-O", str(wanted_jsonl))
        result = crawl(tmp_path, *options)
    assert result.code == 0, result.log[-2000:]
    (run,) = (tmp_path / "runs").iterdir()
    tables = {f"{table}.{kind}" for table in TABLES for kind in ("csv", "jsonl")}
    assert {file.name for file in run.iterdir()} == tables | {"run.json"}
    for table, item_class in TABLES.items():
        rows = read_csv(run / f"{table}.csv")
        assert list(rows[0]) == column_names(item_class)
        assert len(rows) == len(read_jsonl(run / f"{table}.jsonl"))
    assert wanted_csv.read_bytes() == (run / "articles.csv").read_bytes()
    assert wanted_jsonl.read_bytes() == (run / "articles.jsonl").read_bytes()
    written = sum(len(read_jsonl(run / f"{table}.jsonl")) for table in TABLES)
    assert written == result.stat("item_scraped_count")
    assert "Столицу" in wanted_csv.read_text(encoding="utf-8") or "Алматы" in wanted_csv.read_text(encoding="utf-8")


def test_two_runs_have_a_folder_each_and_the_second_leaves_the_file(tmp_path: Path) -> None:
    file, other, data_dir = tmp_path / "articles.csv", tmp_path / "articles.json", tmp_path / "data"
    options = ("-O", str(file), "-a", "refresh_days=0")
    with serve(SampleSite(articles=20)) as server:
        first = crawl(data_dir, "-a", f"site={server.url}", *options)
        before = file.read_bytes()
        second = crawl(data_dir, "-a", f"site={server.url}", *options, "-O", str(other))
    assert (first.code, second.code) == (0, 0)
    assert len(list((data_dir / "runs").iterdir())) == 2
    assert "nothing new" not in first.log
    export = "for all articles of the store: scrapy export"
    assert [line for line in second.log.splitlines() if "nothing new" in line] == [
        f"scrapy crawl: {file}: nothing new, so it stays as it was; {export} all.csv -s DATA_DIR={data_dir}",
        f"scrapy crawl: {other}: nothing new, so it is not written; {export} all.csv -s DATA_DIR={data_dir}",
    ]
    assert (file.read_bytes(), other.exists()) == (before, False)


def test_feed_holds_other_tables_on_request(tmp_path: Path) -> None:
    rates, mixed = tmp_path / "rates.csv", tmp_path / "mixed.csv"
    rate, article = (f"caravan_crawler.items.{name}" for name in ("ExchangeRate", "Article"))
    feeds = {
        str(rates): {"format": "csv", "item_classes": [rate]},
        str(mixed): {"format": "csv", "item_classes": [rate, article]},
    }
    with serve(SampleSite(articles=20)) as server:
        assert crawl(tmp_path, "-a", f"site={server.url}", "-s", f"FEEDS={json.dumps(feeds)}").code == 0
    assert [row["currency"] for row in read_csv(rates)] == ["USD", "EUR"]
    headlines = [row["headline"] for row in read_csv(mixed) if row["headline"]]
    assert len(headlines) == 20
