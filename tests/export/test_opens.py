"""The dataset opens in pandas, Polars and DuckDB, with its types and letters."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.crawling import read_jsonl
from tests.support.kills import Stored

Row = dict[str, Any]


def by_pandas(path: Path) -> list[Row]:
    import pandas

    readers: dict[str, Callable[[Path], Any]] = {
        ".csv": lambda file: pandas.read_csv(file, dtype={"article_key": str}),
        ".jsonl": lambda file: pandas.read_json(file, lines=True, dtype={"article_key": str}),
        ".parquet": pandas.read_parquet,
    }
    return list(readers[path.suffix](path).to_dict("records"))


def by_polars(path: Path) -> list[Row]:
    import polars

    readers: dict[str, Callable[[Path], Any]] = {
        ".csv": lambda file: polars.read_csv(file, schema_overrides={"article_key": polars.String}),
        ".jsonl": polars.read_ndjson,
        ".parquet": polars.read_parquet,
    }
    return list(readers[path.suffix](path).to_dicts())


def by_duckdb(path: Path) -> list[Row]:
    import duckdb

    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        found = connection.execute(f"SELECT * FROM '{path}'")
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


@pytest.mark.parametrize("format_", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("read", [by_pandas, by_polars, by_duckdb], ids=["pandas", "polars", "duckdb"])
def test_opens(read: Callable[[Path], list[Row]], format_: str, dataset: Path, crawled: Path) -> None:
    rows = {str(row["article_key"]): row for row in read(dataset / f"articles.{format_}")}
    stored = Stored(crawled).articles
    assert rows.keys() == stored.keys()
    for key, record in stored.items():
        row = rows[key]
        for name in ("headline", "body", "lede", "source"):
            guard = "'" if format_ == "csv" and str(record[name]).startswith(("-", "+", "=", "@")) else ""
            assert _none(row[name]) == (None if record[name] is None else guard + record[name])
        assert _list(row["tags"]) == record["tags"]
        assert [dict(link) for link in _list(row["links"])] == record["links"]
        assert (None if _none(row["article_id"]) is None else int(row["article_id"])) == record["article_id"]
    others = ("versions", "views", "trending", "rates", "weather")
    assert all(len(read(dataset / f"{name}.{format_}")) for name in others)


def _none(value: Any) -> Any:
    return None if isinstance(value, float) and value != value else value


def _list(value: Any) -> list[Any]:
    return json.loads(value) if isinstance(value, str) else list(value)


def test_parquet_has_types(dataset: Path) -> None:
    import polars

    (rate, *_) = by_duckdb(dataset / "rates.parquet")
    assert isinstance(rate["rate"], Decimal)
    assert isinstance(rate["page_date"], date)
    assert isinstance(rate["observed_at"], datetime)
    stored = read_jsonl(dataset / "rates.jsonl")[0]
    assert rate["observed_at"].astimezone(UTC) == datetime.fromisoformat(stored["observed_at"])
    assert rate["rate"] == Decimal(str(stored["rate"]))
    kinds = dict(polars.read_parquet_schema(dataset / "articles.parquet"))
    assert kinds["views"] == polars.Int64
    assert kinds["authors"] == polars.List(polars.String)
    assert kinds["links"] == polars.List(polars.Struct({"text": polars.String, "url": polars.String}))
    assert kinds["date_published"] == polars.Date
    assert {kinds[name] for name in ("published_at", "observed_at", "first_seen_at")} == {polars.Datetime("us", "UTC")}
    rows = zip(by_duckdb(dataset / "articles.parquet"), read_jsonl(dataset / "articles.jsonl"), strict=True)
    moments = [(row["published_at"], line["published_at"]) for row, line in rows]
    assert {line is None for _, line in moments} == {True, False}
    assert all(moment == (line and datetime.fromisoformat(line)) for moment, line in moments)
