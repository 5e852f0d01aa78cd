"""What can be wrong with the settings of a worker."""

import pytest
from scrapy.utils.project import get_project_settings

from caravan_crawler.settings_checks import settings_problem

POSTGRESQL = "postgresql://caravan@127.0.0.1/caravan"
NO_ADDRESS = "REDIS_URL is no address such as redis://host:6379/0"

# REDIS_URL, STORE_URL, WORKER_LEASE; how the problem begins
PROBLEMS = [
    ("127.0.0.1:6379", POSTGRESQL, 60, NO_ADDRESS),
    ("http://127.0.0.1:6379", POSTGRESQL, 60, NO_ADDRESS),
    ("redis://:secret@127.0.0.1:port/0", POSTGRESQL, 60, NO_ADDRESS),
    ("redis://:secret@127.0.0.1/name", POSTGRESQL, 60, NO_ADDRESS),
    ("redis://:secret@127.0.0.1/0", None, 60, "REDIS_URL shares a crawl between machines, which needs a store in"),
    ("redis://:secret@127.0.0.1/0", "sqlite:////tmp/store.db", 60, "REDIS_URL shares a crawl between machines"),
    ("redis://:secret@127.0.0.1/0", POSTGRESQL, 0, "WORKER_LEASE must be longer than 0 seconds"),
    ("redis://:secret@127.0.0.1:6379/0", POSTGRESQL, 60, None),
    ("rediss://127.0.0.1", POSTGRESQL, 0.5, None),
]


@pytest.mark.parametrize(("redis_url", "store_url", "lease", "problem"), PROBLEMS)
def test_wrong_settings_are_one_line(redis_url: str, store_url: str | None, lease: float, problem: str | None) -> None:
    settings = get_project_settings()
    settings.setdict({"REDIS_URL": redis_url, "STORE_URL": store_url, "WORKER_LEASE": lease})
    found = settings_problem(settings)
    assert found == problem if problem is None else found is not None and found.startswith(problem)
    assert "secret" not in (found or "")
