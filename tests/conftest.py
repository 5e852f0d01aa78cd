"""Fixtures for all tests."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

from caravan_crawler.sample_site import article, frame, newsroom, texts
from tests.store.stored import StoreTables
from tests.support.disks import SmallDisk, is_root
from tests.support.optional_parts import do_without, need
from tests.support.postgresql import Cluster

# The processes of the tests load compiled modules; without, each of them compiles for a second or two.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# A shared machine may be slow at any moment.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

#: Folders of saved pages, more than a thousand, where pytest need not look for tests.
collect_ignore = ["pages/cases"]

#: Where the long tests are, the longest first: begun last, they would leave the other test processes idle.
_LONG = "test_lint browser/ deploy/ export/ wordpress/ workers/ reparse/ crawl/ inspection/ test_".split()
#: Where each test may run in any process, except the modules whose tests share a crawl or an archive. All tests of
#: another module, all of ``export/``, and all that read the page cases run in one process, which makes what they share
#: once.
_SPREAD = ("browser/", "crawl/", "reparse/", "workers/")
_WHOLE = (
    *(f"crawl/test_{name}" for name in "identity kills later_pages limits list_gaps redesign sources".split()),
    *("reparse/test_kills", "reparse/test_reparse"),
)
#: Where pages are read on the way to something else, and where their size and clutter matter nevertheless.
_BARE = (
    *(*_SPREAD, "deploy/", "feeds/", "inspection/", "report/", "store/"),
    *("test_content_encoding", "test_one_page", "test_status"),
)
_CLUTTERED = ("crawl/test_archive", "crawl/test_generations", "crawl/test_sample_site", "crawl/test_truth")


def _module(node_id: str) -> str:
    """Return the module of a test, as in the tables above."""
    return node_id.partition("::")[0].removeprefix("tests/").removesuffix(".py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the long tests."""
    items.sort(key=lambda item: [not _module(item.nodeid).startswith(start) for start in _LONG])


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Distribute single tests of some folders, and whole modules of the others."""
    scheduler = LoadScopeScheduling(config, log)

    def unit(node_id: str) -> str:
        module = _module(node_id)
        for together in ("export/", "pages/test_page_cases pages/test_boxes_put_in"):
            if module.startswith(tuple(together.split())):
                return together
        return node_id if module.startswith(_SPREAD) and module not in _WHOLE else module

    scheduler._split_scope = unit
    return scheduler


@pytest.fixture(scope="module", autouse=True)
def bare_pages(request: pytest.FixtureRequest) -> Iterator[None]:
    """Make sample pages short where their size does not matter, as their reading is most of a crawl's work."""
    module = _module(request.node.nodeid)
    with pytest.MonkeyPatch.context() as patch:
        if module.startswith(_BARE) and module not in _CLUTTERED:
            patch.setattr(
                frame, "clutter", lambda *_: dict.fromkeys("head start top left after right foot end".split(), "")
            )
            patch.setattr(newsroom, "TRENDING_LENGTH", 4)
            patch.setattr(newsroom, "TRENDING_ONLY_RANKS", (1, 3))
            patch.setattr(article, "PARAGRAPHS", (1, 2))
            patch.setitem(texts.RU, "links_elsewhere", texts.RU["links_elsewhere"][:1])  # in the menu
        yield


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
def store_tables(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StoreTables]:
    """A store that does not exist yet: an SQLite file, and an empty PostgreSQL database."""
    if request.param == "sqlite":
        yield StoreTables(f"sqlite:///{tmp_path}/store.db")
        return
    cluster = request.getfixturevalue("cluster")
    with cluster.database() as name:
        yield StoreTables(cluster.url(name))


@pytest.fixture
def small_disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SmallDisk]:
    """A file system of 1.5 megabytes, or of the size in the test's parameter."""
    if not is_root():
        do_without("only root may mount a file system, for a small disk")
    disk = SmallDisk(tmp_path / "disk", getattr(request, "param", 1.5))
    yield disk
    disk.close()


@pytest.fixture
def closed_folder(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A read-only folder; for root, on a read-only file system, as root ignores the mode."""
    if is_root():
        disk: SmallDisk = request.getfixturevalue("small_disk")
        subprocess.run(["mount", "-o", "remount,ro", disk.path], check=True)
        yield disk.path
        return
    folder = tmp_path / "closed"
    folder.mkdir(0o500)
    yield folder
    folder.chmod(0o700)
