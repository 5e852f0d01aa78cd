"""A WordPress for the tests of this folder."""

from collections.abc import Iterator

import pytest

from tests.wordpress.server import WordPress


@pytest.fixture(scope="session")
def wordpress() -> Iterator[WordPress]:
    """An installed WordPress with the posts of ``posts.py``."""
    with WordPress() as wordpress:
        yield wordpress
