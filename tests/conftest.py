"""Fixtures for all tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.keep.kept import Kept
from tests.parts import need
from tests.postgresql import Cluster


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL server of the tests' own."""
    with Cluster(need("initdb").parent) as cluster:
        yield cluster


@pytest.fixture
def database(cluster: Cluster) -> Iterator[str]:
    """The name of a fresh database of that server."""
    with cluster.database() as name:
        yield name


@pytest.fixture(params=["sqlite", "postgresql"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kept]:
    """A store that does not exist yet: an SQLite file, and an empty PostgreSQL database."""
    if request.param == "sqlite":
        yield Kept(f"sqlite:///{tmp_path}/store.db")
        return
    cluster = request.getfixturevalue("cluster")
    with cluster.database() as name:
        yield Kept(cluster.url(name))
