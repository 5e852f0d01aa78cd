"""The same rows give the same bytes, in any store and whatever their order of insertion."""

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, make_url

from caravan_crawler.store import schema
from caravan_crawler.store.database import store_url
from caravan_crawler.store.store import Store
from tests.export.exporting import ALL_FORMATS, check_whole, export, files, succeeded
from tests.store.stores import SITE
from tests.support.kills import Stored
from tests.support.postgresql import Cluster

_JSON = ("authors", "tags", "images", "links", "found_by")
_SERIAL = ("trending", "rates", "weather")
TABLES = ("articles", "article_versions", "view_counts", *_SERIAL)


@pytest.fixture
def russian_database(cluster: Cluster) -> Iterator[str]:
    """A database with a Russian collation."""
    name = f"test_{secrets.token_hex(6)}"
    cluster.rows(f"CREATE DATABASE {name} TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'ru'")
    yield name
    cluster.rows(f"DROP DATABASE {name} WITH (FORCE)")


def rows_of(crawled: Path) -> dict[str, list[dict[str, Any]]]:
    import json

    stored, found = Stored(crawled), {}
    for name in TABLES:
        found[name] = [
            {column: json.loads(value) if column in _JSON else value for column, value in row.items()}
            for row in stored.rows(name)
        ]
    # Rows of one moment with equal and unequal values, in several alphabets.
    one = found["rates"][0]
    found["rates"] += [one | {"rate": rate, "id": None} for rate in (495.1, 500.0, 495.1, None, 512.1234)]
    weather = found["weather"][0]
    found["weather"] += [weather | {"city": city, "id": None} for city in ("ёлка", "Алматы", "алматы", None, "astana")]
    return found


def fill(url: str, rows: dict[str, list[dict[str, Any]]], *, backwards: bool) -> None:
    parsed = make_url(url)
    store = Store(store_url(url, ""), SITE) if parsed.get_backend_name() == "postgresql" else Store(parsed, SITE)
    for name, found in rows.items():
        plain = [{key: value for key, value in row.items() if key != "id"} for row in found]
        plain = plain[::-1] if backwards else plain
        if name in _SERIAL:  # other numbers, too
            table = schema.metadata.tables[name]
            plain = [row | {"id": 1000 + number} for number, row in enumerate(plain)] if backwards else plain
            store.execute(insert(table), plain)
        else:
            store.execute(insert(schema.metadata.tables[name]), plain)
    store.close()


def test_two_exports_of_one_store(crawled: Path, dataset: Path, tmp_path: Path) -> None:
    succeeded(export(tmp_path / "another name", crawled, "--format", ALL_FORMATS))
    assert files(tmp_path / "another name") == files(dataset)


def test_two_stores_of_the_same_rows(crawled: Path, cluster: Cluster, russian_database: str, tmp_path: Path) -> None:
    rows = rows_of(crawled)
    stores = {
        "sqlite": f"sqlite:///{tmp_path}/one.db",
        "backwards": f"sqlite:///{tmp_path}/other.db",
        "postgresql": cluster.url(russian_database),
    }
    found = {}
    for name, url in stores.items():
        fill(url, rows, backwards=name != "sqlite")
        succeeded(export(tmp_path / name, tmp_path, "-s", f"STORE_URL={url}", "--format", ALL_FORMATS))
        check_whole(tmp_path / name)
        found[name] = files(tmp_path / name)
    for name in ("backwards", "postgresql"):
        differing = [path for path in found["sqlite"] if found[name].get(path) != found["sqlite"][path]]
        assert not differing, name
        assert found[name].keys() == found["sqlite"].keys()
