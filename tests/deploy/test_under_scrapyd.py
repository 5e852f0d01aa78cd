"""Arguments refused only if Scrapyd starts the crawl."""

import sys
import zipfile
from pathlib import Path

import pytest
from scrapy.settings import Settings

import caravan_crawler
from caravan_crawler.arguments import CrawlArguments
from caravan_crawler.settings_checks import arguments_problem

WHOLE = {"DATA_DIR": "/srv/caravan"}
FOLDERS = [
    ({"_job": "1"}, "data", "DATA_DIR=data is relative"),
    ({"_job": "1"}, "/srv/caravan", None),
    ({"_job": "1"}, "~/caravan", None),
    ({}, "data", None),
]


@pytest.mark.parametrize(("arguments", "data_dir", "problem"), FOLDERS)
def test_a_relative_folder(arguments: dict[str, str], data_dir: str, problem: str | None) -> None:
    found = arguments_problem(Settings({"DATA_DIR": data_dir}), CrawlArguments.parse(arguments))
    assert found is None if problem is None else found and found.startswith(problem)


@pytest.mark.parametrize(
    ("holds", "arguments", "is_refused"),
    [("caravan_crawler", {"_job": "1"}, True), ("caravan_crawler", {}, False), ("another", {"_job": "1"}, False)],
)
def test_installed_copy_that_shadows_the_deployed_one(
    holds: str, arguments: dict[str, str], is_refused: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    egg = tmp_path / "1795377268.egg"
    with zipfile.ZipFile(egg, "w") as archive:
        archive.writestr(f"{holds}/__init__.py", "")
    monkeypatch.setattr(sys, "path", [*sys.path, str(egg)])
    problem = arguments_problem(Settings(WHOLE), CrawlArguments.parse(arguments))
    place = Path(caravan_crawler.__file__).parent
    words = f"this is not what was deployed but the copy in {place}, which Scrapyd must not find"
    assert problem == (words if is_refused else None)
