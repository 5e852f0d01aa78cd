"""Fixtures for all tests."""

from collections.abc import Iterator

import pytest

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
