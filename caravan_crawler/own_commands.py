"""Base classes of the project's commands: a user's mistake is one line and exit code 2."""

import argparse
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, NoReturn

from scrapy.commands import ScrapyCommand
from scrapy.crawler import CrawlerProcessBase
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    UsageError,
)
from scrapy.settings import Settings
from scrapy.spiderloader import get_spider_loader
from scrapy.utils.url import guess_scheme

from caravan_crawler.addons import complete_components, disable_run_components
from caravan_crawler.arguments import SPIDER
from caravan_crawler.atomic import local_path
from caravan_crawler.console import print_err
from caravan_crawler.failures import FORBIDDEN, RobotsUnreadError, error_message
from caravan_crawler.feed_checks import (
    data_dir_problem,
    log_file_problem,
    output_problem,
    repetition_problem,
)
from caravan_crawler.logformatter import quieten
from caravan_crawler.outcome import REFUSED, UNREACHABLE
from caravan_crawler.settings_checks import assignment_problem, command_problem, level_problem, page_problem


class CheckedCommand(ScrapyCommand):
    """A command, the project's or Scrapy's, that checks what Scrapy would end with a stack trace or a page of usage."""

    # Scrapy sets both before it calls a command.
    settings: Settings
    crawler_process: CrawlerProcessBase

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options; a mistake in them is one line, without the usage."""
        super().add_options(parser)
        parser.error = self._refuse_usage  # type: ignore[method-assign]
        parser._option_string_actions["--loglevel"].help = f"log level (default: {self.default_level()})"

    def default_level(self) -> str:
        """Return the log level for the help text; :func:`quieten` raises that of the settings."""
        return f"WARNING, in a log file {self.settings['LOG_LEVEL']}"

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Set the settings that options name, and check the log and other files, which Scrapy opens unchecked."""
        if problem := assignment_problem(self.settings, opts.set):
            raise UsageError(problem, print_help=False)
        pidfile, opts.pidfile = opts.pidfile, None  # written below
        feeds = [name for option in ("output", "overwrite_output") for name in getattr(opts, option, None) or ()]
        try:
            super().process_options(args, opts)
        except UsageError as error:
            raise UsageError(str(error), print_help=False) from None
        complete_components(self.settings)
        quieten(self.settings)
        if self.requires_crawler_process and (problem := log_file_problem(self.settings)):
            self.settings.set("LOG_FILE", None, priority="cmdline")  # it cannot be written, not even for this line
            raise UsageError(problem, print_help=False)
        problem = level_problem(self.settings) or data_dir_problem(self.settings)
        problem = problem or repetition_problem(feeds, self.settings)
        for option, name in (("--pidfile", pidfile), ("--profile", opts.profile)):
            problem = problem or (output_problem(option, name, self.settings) if name is not None else None)
        if problem:
            raise UsageError(problem, print_help=False)
        if pidfile is not None:
            Path(pidfile).write_text(f"{os.getpid()}\n", encoding="utf-8")

    def end(self, message: str, code: int) -> None:
        """Print a line and set the exit code."""
        print_err(f"scrapy {self.__module__.rpartition('.')[2]}: {message}")
        self.exitcode = code

    def _refuse_usage(self, message: str) -> NoReturn:
        """Replace :meth:`argparse.ArgumentParser.error`, which prints the usage first."""
        self.end(message, REFUSED)
        sys.exit(REFUSED)


_NOT_FETCHED = (
    IgnoreRequest,
    RobotsUnreadError,
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    OSError,
)


class _FailedDownloads(logging.Filter):
    """Notes that a page was not fetched, and leaves the stack trace out of the warning.

    A page that robots.txt forbids is a message of level DEBUG only, and is printed here.
    """

    found = False

    def __init__(self, tell: Callable[[str], None]) -> None:
        super().__init__()
        self._tell = tell

    def filter(self, record: logging.LogRecord) -> bool:
        """Let each record through."""
        if record.levelno == logging.WARNING and record.exc_info:
            record.exc_info = None
            self.found = True
        if (message := record.getMessage()).startswith(FORBIDDEN):
            self._tell(message)
            self.found = True
        return True


class OnePageCommand(CheckedCommand):
    """A command of Scrapy's for one page, without store and feeds; a page that is not fetched is exit code 4."""

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Check options and settings, and disable what only a crawl needs."""
        super().process_options(args, opts)
        problem = page_problem(self, args)
        if problem is None and opts.spider not in (None, *(spiders := get_spider_loader(self.settings).list())):
            problem = f"there is no spider '{opts.spider}', only {', '.join(spiders)}"
        if problem:
            raise UsageError(problem, print_help=False)
        disable_run_components(self.settings)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        failed = _FailedDownloads(lambda problem: self.end(f"not fetched: {problem}", UNREACHABLE))
        for name in ("scrapy.core.scraper", "scrapy.downloadermiddlewares.robotstxt"):
            logging.getLogger(name).addFilter(failed)
        try:
            super().run(args, opts)  # type: ignore[safe-super]  # Scrapy's command is the next base
        except _NOT_FETCHED as error:  # of scrapy shell
            self.end(f"not fetched: {error_message(error)}", UNREACHABLE)
        except (UsageError, ValueError) as error:  # Scrapy's have no message, and print the whole usage
            raise UsageError(str(error) or "give one URL (http://… or https://…)", print_help=False) from None
        if failed.found:
            self.exitcode = UNREACHABLE


class OtherPageCommand(OnePageCommand):
    """``scrapy fetch``, ``shell`` or ``view``, for saved pages too; the spider would refuse pages of other sites."""

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Use Scrapy's spider, and its handler of files."""
        super().process_options(args, opts)
        given = args[0] if args else ""
        url = given if given.startswith("file:") else guess_scheme(given)
        if url.startswith("file:") and not (path := local_path(url)).is_file():
            raise UsageError(f"{path} is no file", print_help=False)
        self.settings["DOWNLOAD_HANDLERS"].pop("file", None)
        if opts.spider == SPIDER:
            opts.spider = None


class OwnCommand(CheckedCommand):
    """A command of the project: it ends with one line and an exit code, and logs nothing unless it is asked to."""

    requires_project = True
    usage: ClassVar[str] = "[options]"
    purpose: ClassVar[str]

    def syntax(self) -> str:
        return self.usage

    def short_desc(self) -> str:
        return self.purpose

    def default_level(self) -> str:
        return "nothing is logged"

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Silence the log, unless a level is given: the command prints what it has to say. Refuse unknown options."""
        super().process_options(args, opts)
        if not opts.loglevel:
            self.settings.set("LOG_LEVEL", "CRITICAL", priority="cmdline")
        if problem := command_problem(self, args):
            raise UsageError(problem, print_help=False)
