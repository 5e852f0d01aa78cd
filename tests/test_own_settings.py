"""Settings of a file of the user's own, or by ``-s``: more components than the project has, values of a wrong type."""

import pytest
from scrapy.settings import Settings
from scrapy.utils.project import get_project_settings

from caravan_crawler import outcome
from caravan_crawler import settings as own_settings
from caravan_crawler.addons import complete_components
from caravan_crawler.settings_checks import settings_problem


def project_with(name: str, value: object, priority: str) -> Settings:
    settings = get_project_settings()
    settings.set(name, value, priority)
    complete_components(settings)
    return settings


@pytest.mark.parametrize("priority", ["project", "cmdline"])
def test_components_beside_those_of_the_project(priority: str) -> None:
    settings = project_with("ITEM_PIPELINES", {"a.B": 1, "caravan_crawler.pipelines.ViewsPipeline": None}, priority)
    own = own_settings.ITEM_PIPELINES
    assert dict(settings["ITEM_PIPELINES"]) == {**own, "a.B": 1, "caravan_crawler.pipelines.ViewsPipeline": None}
    settings = project_with("FEED_STORAGES", {"": "a.B"}, priority)
    assert dict(settings["FEED_STORAGES"]) == {**own_settings.FEED_STORAGES, "": "a.B"}
    assert dict(project_with("FEEDS", {}, priority)["FEEDS"]) == {}


#: A setting, its value, and the end of the problem.
WRONG: list[tuple[str, object, str]] = [
    ("DOWNLOAD_DELAY", "x", "DOWNLOAD_DELAY=x is not a number"),
    ("DOWNLOAD_DELAY", -1, "DOWNLOAD_DELAY=-1 must be 0 or more"),
    ("CONCURRENT_REQUESTS", 0, "CONCURRENT_REQUESTS=0 must be 1 or more"),
    ("ARCHIVE", "yes", "ARCHIVE=yes is not 1 or 0"),
    ("ARCHIVE_FILE_SIZE", "256M", "ARCHIVE_FILE_SIZE=256M is not a whole number"),
]


@pytest.mark.parametrize(("name", "value", "message"), WRONG)
def test_a_wrong_value_in_a_file_of_settings(name: str, value: object, message: str) -> None:
    assert settings_problem(project_with(name, value, "project")) == message


def test_a_run_that_could_not_request_its_pages_is_not_complete() -> None:
    ending = outcome.decide({"caravan/unasked": 1}, "finished")
    assert (ending.code, ending.reason) == (outcome.CRASHED, "1 page could not be requested; see the log")
