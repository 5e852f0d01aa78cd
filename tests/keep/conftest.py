"""The stores that the tests run on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.keep.kept import Kept


@pytest.fixture(params=["sqlite", "postgresql"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kept]:
    """A store that does not exist yet: an SQLite file, and an empty PostgreSQL database."""
    if request.param == "sqlite":
        yield Kept(f"sqlite:///{tmp_path}/store.db")
        return
    cluster = request.getfixturevalue("cluster")
    with cluster.database() as name:
        yield Kept(cluster.url(name))
