"""``scrapy crawl``: Scrapy's own command, with an exit code that tells how the run ended."""

import argparse
import gc
import sys
from typing import NoReturn

from scrapy.commands.crawl import Command as CrawlCommand
from scrapy.crawler import Crawler
from scrapy.exceptions import UsageError

from caravan_crawler.arguments import HELP, ArgumentError, CrawlArguments
from caravan_crawler.outcome import BAD_ARGUMENTS, CRASHED, OUTCOME_STAT, SOUND, Outcome, decide
from caravan_crawler.publish.precheck import feeds_problem
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
        calm_collector()
        self.crawler_process.start()
        self.exitcode = CRASHED
        if crawler._stats is None or self.crawler_process.bootstrap_failed:
            return
        stats = crawler.stats.get_stats()
        outcome = decide(stats, stats.get("finish_reason"))
        if outcome.code == SOUND and (stats.get(OUTCOME_STAT) != SOUND or _feeds_failed(stats)):
            outcome = Outcome(CRASHED, "a feed could not be written; see the log")
        self.exitcode = outcome.code
        print(f"scrapy crawl: {outcome.reason}{_where(crawler)}", file=sys.stderr)

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Check what the user gave; anything bad is one line and the end, before a log has begun."""
        try:
            super().process_options(args, opts)
            if args == [CaravanSpider.name]:
                CrawlArguments.parse(opts.spargs)
            elif args:
                raise UsageError(f"there is no spider '{args[0]}'; the one here is '{CaravanSpider.name}'")
        except (UsageError, ArgumentError) as error:
            _refuse(str(error))
        assert self.settings is not None
        if problem := feeds_problem(self.settings):
            _refuse(problem)


def calm_collector() -> None:
    """Let Python's garbage collector look less often, and never at what is imported, which stays."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, 20, 20)


def _refuse(problem: str) -> NoReturn:
    print(f"scrapy crawl: {problem}", file=sys.stderr)
    sys.exit(BAD_ARGUMENTS)


def _feeds_failed(stats: dict[str, object]) -> bool:
    return any(name.startswith("feedexport/failed_count") for name in stats)


def _where(crawler: Crawler) -> str:
    """Return how many articles the run found and where they lie."""
    spider = crawler.spider
    if not isinstance(spider, CaravanSpider):
        return ""
    articles = crawler.stats.get_value("caravan/pages/article", 0)
    return f" ({articles} articles read; {spider.data_dir}/runs/{spider.run_id})"
