"""Stores of both kinds, into which the tests reparse archives."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest

from tests.store.stored import StoreTables

MakeStore = Callable[[], StoreTables]


@pytest.fixture(params=["sqlite", "postgresql"])
def make_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MakeStore]:
    """Yield a function that returns new stores of one kind."""
    numbers = count()
    with ExitStack() as databases:

        def make() -> StoreTables:
            if request.param == "sqlite":
                return StoreTables(f"sqlite:///{tmp_path}/store-{next(numbers)}.db")
            cluster = request.getfixturevalue("cluster")
            return StoreTables(cluster.url(databases.enter_context(cluster.database())))

        yield make
