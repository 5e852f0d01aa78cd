"""What can go wrong unseen where Scrapyd starts the crawls, found before anything is begun."""

import sys
from collections.abc import Mapping
from importlib.machinery import PathFinder
from pathlib import Path

from scrapy.settings import BaseSettings

import caravan_crawler
from caravan_crawler.arguments import CrawlArguments


def scrapyd_problem(settings: BaseSettings, arguments: Mapping[str, str]) -> str | None:
    """Return why a job of Scrapyd's must not run, in one line; None where it may, or nothing has come from Scrapyd."""
    if CrawlArguments.parse(dict(arguments)).job is None:
        return None
    return _copy_problem() or _folder_problem(settings)


def _copy_problem() -> str | None:
    """Return which copy of the project is running in the place of the deployed one.

    Scrapyd puts its eggs at the end of the path, behind all that is installed.
    """
    for place in sys.path:
        spec = PathFinder.find_spec(caravan_crawler.__name__, [place]) if place.endswith(".egg") else None
        if spec is not None and spec.origin != caravan_crawler.__file__:
            folder = Path(caravan_crawler.__file__).parent
            return f"this is not what was deployed but the copy in {folder}, which Scrapyd must not find"
    return None


def _folder_problem(settings: BaseSettings) -> str | None:
    """Return why the ``DATA_DIR`` cannot be used.

    A relative one would lie in whatever folder Scrapyd was started in, and elsewhere after its next start.
    """
    data_dir = Path(settings["DATA_DIR"]).expanduser()
    if data_dir.is_absolute():
        return None
    return f"DATA_DIR={data_dir} is relative; Scrapyd needs the whole path, such as setting=DATA_DIR=/srv/caravan"
