"""Scrapy's command, with a reader of pages that breaks."""

import sys
from typing import Any, NoReturn

from scrapy.cmdline import execute

from caravan_crawler.inspection import facts


def broken(document: Any) -> NoReturn:
    raise RuntimeError("broken on purpose")


if __name__ == "__main__":
    setattr(facts, "read_page", broken)  # noqa: B010 (mypy takes what a module imports for its own)
    execute(["scrapy", *sys.argv[1:]])
