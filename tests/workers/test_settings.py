"""Invalid settings of a worker."""

import pytest
from scrapy.utils.project import get_project_settings

from caravan_crawler.arguments import CrawlArguments
from caravan_crawler.settings_checks import arguments_problem, settings_problem

POSTGRESQL = "postgresql://caravan:secret@127.0.0.1/caravan"
NEEDS_POSTGRESQL = "SHARED_CRAWL needs a store in PostgreSQL"

# SHARED_CRAWL, STORE_URL, WORKER_LEASE; how the problem begins
PROBLEMS = [
    ("maybe", POSTGRESQL, 60, "SHARED_CRAWL=maybe is not 1 or 0"),
    ("1", None, 60, NEEDS_POSTGRESQL),
    ("1", "none", 60, NEEDS_POSTGRESQL),
    ("1", "sqlite:////tmp/store.db", 60, NEEDS_POSTGRESQL),
    ("1", POSTGRESQL, 0, "WORKER_LEASE must be longer than 0 seconds"),
    ("1", POSTGRESQL, 0.5, None),
    ("0", None, 0, None),
    (False, None, 60, None),
]


@pytest.mark.parametrize(("is_shared", "store_url", "lease", "problem"), PROBLEMS)
def test_wrong_settings_are_one_line(
    is_shared: str | bool, store_url: str | None, lease: float, problem: str | None
) -> None:
    settings = get_project_settings()
    settings.setdict({"SHARED_CRAWL": is_shared, "STORE_URL": store_url, "WORKER_LEASE": lease})
    found = settings_problem(settings)
    assert found == problem if problem is None else found is not None and found.startswith(problem)
    assert "secret" not in (found or "")


def test_a_worker_has_no_limit() -> None:
    settings = get_project_settings()
    assert arguments_problem(settings, CrawlArguments(limit=20)) is None
    settings.set("SHARED_CRAWL", "1")
    assert arguments_problem(settings, CrawlArguments(refresh_days=0)) is None
    assert (arguments_problem(settings, CrawlArguments(limit=20)) or "").startswith("limit is for a run of its own")
