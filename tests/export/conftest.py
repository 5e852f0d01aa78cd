"""One crawl of the sample site and its dataset, for all tests that only read them."""

from pathlib import Path

import pytest

from tests.export.exporting import ALL_FORMATS, export, succeeded
from tests.support.crawling import crawl


@pytest.fixture(scope="session")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a store with some 120 articles of the sample site."""
    folder = tmp_path_factory.mktemp("crawled")
    result = crawl(folder, "-a", "site=sample", "-a", "limit=120")
    assert result.code == 0, result.log[-2000:]
    return folder


@pytest.fixture(scope="session")
def dataset(crawled: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The dataset of that store, in all formats."""
    folder = tmp_path_factory.mktemp("exported") / "dataset"
    succeeded(export(folder, crawled, "--format", ALL_FORMATS))
    return folder
