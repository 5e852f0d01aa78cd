"""A crawl's store as tests see it: its setting and its rows, read through another connection."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, MetaData, create_engine, func, inspect, make_url, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from caravan_crawler.store.schema import articles, metadata
from tests.support.crawling import TIMEOUT
from tests.support.kills import Process

#: Tables to which every run adds rows.
OF_EACH_RUN = {"runs", "field_counts"}


class StoreTables:
    """The store at ``url``; with ``options`` a crawl uses it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.options = ("-s", f"STORE_URL={url}")
        parsed = make_url(url)
        self.is_postgresql = parsed.get_backend_name() == "postgresql"
        driver = "postgresql+psycopg" if self.is_postgresql else "sqlite"
        self._engine = create_engine(parsed.set(drivername=driver), poolclass=NullPool)

    def rows(self, table: str, order_by: str | None = None) -> list[dict[str, Any]]:
        """All rows of a table."""
        source = metadata.tables[table]
        query = select(source) if order_by is None else select(source).order_by(source.c[order_by])
        with self._engine.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def sizes(self) -> dict[str, int]:
        """The number of rows of each table, without those to which every run adds rows."""
        with self._engine.connect() as connection:
            return {
                name: connection.scalar(select(func.count()).select_from(table)) or 0
                for name, table in metadata.tables.items()
                if name not in OF_EACH_RUN
            }

    def tables(self) -> set[str]:
        """The names of its tables."""
        return set(inspect(self._engine).get_table_names())

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction, to change the store."""
        with self._engine.begin() as connection:
            yield connection

    def columns(self) -> MetaData:
        """The tables as the database describes them."""
        found = MetaData()
        found.reflect(self._engine)
        return found

    def wait_for_articles(self, number: int, process: Process) -> None:
        """Wait until a run has stored this number of articles, to disturb it in its middle."""
        give_up = time.monotonic() + TIMEOUT
        while process.poll() is None and time.monotonic() < give_up:
            try:
                with self._engine.connect() as connection:
                    if (connection.scalar(select(func.count()).select_from(articles)) or 0) >= number:
                        return
            except SQLAlchemyError:
                pass  # there are no tables yet
            time.sleep(0.01)
        raise AssertionError(f"the run has not stored {number} articles")
