"""``scrapy crawl``: Scrapy's own command, with an exit code that tells how the run ended."""

import argparse
import gc
import os
import sys
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

from scrapy.commands.crawl import Command as CrawlCommand
from scrapy.exceptions import UsageError
from scrapy.settings import BaseSettings

from caravan_crawler.arguments import HELP, ArgumentError, CrawlArguments
from caravan_crawler.outcome import BAD_ARGUMENTS, CRASHED, OUTCOME_STAT, SOUND, decide
from caravan_crawler.spiders.caravan import CaravanSpider

#: Objects between two collections; 700 by default, of which one page makes several times as many.
_COLLECT_AFTER = 20_000


class Command(CrawlCommand):
    """Check arguments and feeds before any request, run, and exit with the outcome's code."""

    def long_desc(self) -> str:
        """Return the help text, with the spider's arguments."""
        arguments = "; ".join(f"-a {name}=…: {text}" for name, text in HELP.items())
        return f"Run a spider of the project. Arguments of the spider 'caravan': {arguments}"

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run the crawl."""
        if len(args) != 1 or args[0] != CaravanSpider.name:
            super().run(args, opts)
            return
        assert self.crawler_process is not None
        crawler = self._create_crawler(args[0])
        self.crawler_process.crawl(crawler, **opts.spargs)
        # What is imported stays, so the collector need not look at it again and again.
        gc.collect()
        gc.freeze()
        gc.set_threshold(_COLLECT_AFTER, 20, 20)
        self.crawler_process.start()
        self.exitcode = CRASHED
        if crawler._stats is None or self.crawler_process.bootstrap_failed:
            return
        stats = crawler.stats.get_stats()
        outcome = decide(stats, stats.get("finish_reason"))
        self.exitcode = outcome.code
        if outcome.code == SOUND and (stats.get(OUTCOME_STAT) != SOUND or _feeds_failed(stats)):
            self.exitcode = CRASHED
            print("scrapy crawl: a feed could not be written; see the log", file=sys.stderr)
        elif outcome.code != SOUND:
            print(f"scrapy crawl: {outcome.reason}", file=sys.stderr)

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Check what the user gave; anything bad is one line and the end, before a log has begun."""
        try:
            super().process_options(args, opts)
            if args == [CaravanSpider.name]:
                CrawlArguments.parse(opts.spargs)
        except (UsageError, ArgumentError) as error:
            _refuse(str(error))
        assert self.settings is not None
        if problem := feeds_problem(self.settings):
            _refuse(problem)


def _refuse(problem: str) -> NoReturn:
    print(f"scrapy crawl: {problem}", file=sys.stderr)
    sys.exit(BAD_ARGUMENTS)


def _feeds_failed(stats: dict[str, object]) -> bool:
    return any(name.startswith("feedexport/failed_count") for name in stats)


def feeds_problem(settings: BaseSettings) -> str | None:
    """Return why a feed's file cannot be written, or None."""
    targets = [str(settings["DATA_DIR"])]
    targets += [str(uri) for uri in settings.getdict("FEEDS") if "%(" not in str(uri)]
    for target in targets:
        parts = urlsplit(target)
        if parts.scheme not in ("", "file"):
            continue
        path = Path(parts.path if parts.scheme else target).expanduser()
        is_folder = target == targets[0]
        if path.is_dir() and not is_folder:
            return f"{target} is a folder, not a file"
        existing = path if is_folder else path.parent
        while not existing.exists():
            existing = existing.parent
        if not existing.is_dir():
            return f"{target} cannot be written: {existing} is no folder"
        if not os.access(existing, os.W_OK | os.X_OK):
            return f"{target} cannot be written: no permission for {existing.resolve()}"
    return None
