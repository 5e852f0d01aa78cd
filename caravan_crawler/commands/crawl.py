"""``scrapy crawl``: Scrapy's own command, with an exit code for the run's outcome."""

import argparse
import logging
import shlex
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

# First, as Scrapy inspects the whole stack where it is loaded: with more modules, a tenth of a crawl's start.
import scrapy.core.downloader.contextfactory  # noqa: F401
from scrapy.commands.crawl import Command as CrawlCommand
from scrapy.crawler import Crawler
from scrapy.exceptions import UsageError
from scrapy.extensions.feedexport import FeedExporter
from scrapy.settings import BaseSettings
from scrapy.spiderloader import get_spider_loader
from scrapy.utils.reactor import is_reactor_installed

from caravan_crawler import outcome
from caravan_crawler import settings as own_settings
from caravan_crawler.arguments import HELP, SPIDER, ArgumentError, CrawlArguments
from caravan_crawler.console import (
    append_exit_to_log,
    note_stop_signals,
    print_err,
    raise_on_sigterm,
    stop_code,
    tune_gc,
)
from caravan_crawler.feeds import WholeFileStorage
from caravan_crawler.items import RUN_DIR, Article
from caravan_crawler.logformatter import is_quiet
from caravan_crawler.outcome import build_report, hook_problem, raise_alarm, summary, write_report
from caravan_crawler.own_commands import CheckedCommand
from caravan_crawler.settings_checks import arguments_problem, option_problem, settings_problem
from caravan_crawler.store import crawl_state, database, field_counts, publication
from caravan_crawler.store.database import NONE, StoreError
from caravan_crawler.store.store import Store, open_store

# The spider and the reader are imported on use: Scrapy imports all commands at each start.
if TYPE_CHECKING:
    from caravan_crawler.extensions.crawl_store import CrawlStore

logger = logging.getLogger(__name__)


class Command(CheckedCommand, CrawlCommand):
    """Check arguments, settings and store before any request, run, and exit with the outcome's code."""

    _store: Store | None = None
    _signal: int | None = None
    """The first signal after the reactor's start."""

    def syntax(self) -> str:
        return f"[options] {SPIDER}"

    def short_desc(self) -> str:
        return "Crawl the site: store what is new or due, and write it as CSV and JSON lines"

    def long_desc(self) -> str:
        arguments = "; ".join(f"-a {name}=…: {text}" for name, text in HELP.items())
        return f"{self.short_desc()}. Arguments of the spider '{SPIDER}': {arguments}"

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if len(args) != 1 or args[0] != SPIDER:
            super().run(args, opts)
            return
        from caravan_crawler.extensions.crawl_store import CrawlStore

        assert self._store is not None
        store = self._store
        try:
            # Until the crawl has started, a signal raises KeyboardInterrupt; then Scrapy's handlers stop it.
            crawler = self._create_crawler(args[0])
            problems: list[BaseException] = []
            crawler.settings.set("STORE", store, priority="cmdline")
            _watch(self.crawler_process.crawl(crawler, **opts.spargs), problems)
            tune_gc()
            self._note_signals(crawler)
            self.crawler_process.start()
            self.exitcode = outcome.CRASHED
            crawl_store = CrawlStore.of(crawler)
            if crawl_store is not None and crawler.stats.get_value("start_time"):
                self._conclude(crawler, crawl_store)
            elif problems:
                self._refuse(f"the crawl could not start: {problems[0]}", getattr(problems[0], "code", outcome.CRASHED))
            elif self._signal:
                self._refuse(outcome.STOPPED_MESSAGE, outcome.STOPPED + self._signal)
        except KeyboardInterrupt as stop:
            self._refuse(outcome.STOPPED_MESSAGE, stop_code(stop))
        finally:
            store.close()

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Check arguments and settings; on a problem print one line and exit, before the log begins."""
        try:
            super().process_options(args, opts)
            if args == [SPIDER]:
                arguments = CrawlArguments.parse(opts.spargs)
            elif len(args) == 1 and args[0] in get_spider_loader(self.settings).list():
                return  # a developer's own spider, run by Scrapy's command
            else:
                raise UsageError(_argument_problem(args) or option_problem(self, args) or _positional_problem(args))
        except (UsageError, ArgumentError) as error:
            self._refuse(self._format_hint(opts) or str(error))
        if self.settings["LOG_FILE"]:
            logging.raiseExceptions = False  # the last line says so if the disk is full, not a stack trace per message
        if problem := settings_problem(self.settings) or arguments_problem(self.settings, arguments):
            self._refuse(problem)
        if warning := outcome.hook_warning(self.settings["ON_FAILURE"]):
            print_err(f"scrapy crawl: {warning}")
        shared = self.settings.getbool("SHARED_CRAWL")
        raise_on_sigterm()  # to upgrade the store may take long
        try:
            self._store = open_store(
                self.settings["STORE_URL"], self.settings["DATA_DIR"], arguments.site, shared=shared
            )
        except StoreError as error:
            self._refuse(str(error), error.code)
        except KeyboardInterrupt as stop:
            self._refuse(outcome.STOPPED_MESSAGE, stop_code(stop))

    def _format_hint(self, opts: argparse.Namespace) -> str | None:
        """Return the command for a file of -o or -O in a format that only an export writes, or None."""
        for name in (*(opts.output or ()), *(opts.overwrite_output or ())):
            if name.endswith((".xlsx", ".parquet")):
                command = f"{program_name()} export {shlex.quote(name)}{_folder(self.settings)}"
                return f"{name}: a crawl writes .csv and .jsonl; for all articles of the store, after it: {command}"
        return None

    def _note_signals(self, crawler: Crawler) -> None:
        """Note which signal stops the run; Scrapy stops it."""
        if is_reactor_installed():
            from twisted.internet import reactor

            # Scrapy installs its handlers in a trigger that it adds later. Add ours from a trigger, to run after it.
            add: Any = reactor.addSystemEventTrigger
            add("after", "startup", add, "after", "startup", note_stop_signals, partial(self._note_signal, crawler))

    def _note_signal(self, crawler: Crawler, number: int) -> None:
        self._signal = self._signal or number
        if crawler.stats and crawler.stats.get_value(outcome.OUTCOME_STAT) is None:  # else it is too late to stop it
            crawler.stats.set_value(outcome.SIGNAL_STAT, number)

    def _conclude(self, crawler: Crawler, crawl_store: "CrawlStore") -> None:
        """After the feeds are closed, write the report, raise the alarm, and set the exit code of the outcome."""
        ending, spider, ended_at = self._outcome(crawler, crawl_store), crawl_store.spider, datetime.now(UTC)
        report = build_report(spider, ending, ended_at, crawl_store.articles.fields.cells)
        path: Path | None = Path(spider.data_dir) / "runs" / spider.run_id / "run.json"
        assert path is not None
        problems = self._store_report(crawl_store, report, ended_at)
        try:
            write_report(path, report)
        except OSError as error:
            problems.append(f"{path} cannot be written: {error.strerror}")
            path = None
        if problems and ending.code == outcome.SOUND:
            ending = outcome.Outcome(outcome.CRASHED, problems[0])
            report |= {"exit_code": ending.code, "outcome": ending.name, "reason": ending.reason}
        self.exitcode = ending.code
        is_sound, settings = ending.code == outcome.SOUND, self.crawler_process.settings
        for line in [*problems, *(_files(crawler) if is_sound else ())]:
            print_err(f"scrapy crawl: {line}")
        self._alarm(report, path)
        if is_sound and is_quiet(settings) and report["articles"]["new"]:
            for line in _first_steps(crawl_store, report["articles"]["new"], _folder(settings)):
                print_err(f"scrapy crawl: {line}")
        message = f"{summary(report)}{f'; {path}' if path else ''}"
        append_exit_to_log(settings, ending.code, message)
        print_err(f"scrapy crawl: {message}")

    def _outcome(self, crawler: Crawler, crawl_store: "CrawlStore") -> outcome.Outcome:
        """Return the outcome after the feeds are closed; RunMonitor decides before whether they are published."""
        stats = crawler.stats.get_stats()
        if self._signal and stats.get("finish_reason") in (None, "shutdown"):
            stats[outcome.SIGNAL_STAT] = self._signal
        ending = outcome.decide(stats, stats.get("finish_reason"), has_store=crawl_store.store.name != NONE)
        if self.crawler_process.bootstrap_failed:
            ending = outcome.Outcome(outcome.CRASHED, "the crawl did not start")
        feed_failed = any(name.startswith("feedexport/failed_count") for name in stats)
        if ending.code == outcome.SOUND and (stats.get(outcome.OUTCOME_STAT) != outcome.SOUND or feed_failed):
            ending = outcome.Outcome(outcome.CRASHED, "a feed could not be written; see the log")
        if ending.code == outcome.SOUND and (stream := stats.get(outcome.STREAM_STAT)):
            ending = outcome.Outcome(outcome.CRASHED, f"{stream}; the run's files are whole")
        return ending

    def _store_report(self, crawl_store: "CrawlStore", report: dict[str, Any], ended_at: datetime) -> list[str]:
        spider, store = crawl_store.spider, crawl_store.store
        try:
            if report["exit_code"] == outcome.UNREACHABLE:
                crawl_state.forgive(store, spider.run_id, is_outage=True)
            if report["exit_code"] == outcome.BELOW_FLOORS:
                crawl_store.articles.undo_losses(spider.crawler.stats.get_value(outcome.DRIFT_FIELDS_STAT, ()))
                crawl_state.forgive(store, spider.run_id, is_outage=False)
            if self.settings.getbool("ACCEPT_DRIFT"):
                field_counts.accept(store, database.stamp(spider.started_at))
            crawl_store.articles.fields.save(store, spider.run_id)
            crawl_state.end(store, spider.run_id, database.stamp(ended_at), report)
            publication.finish(store, spider.run_id)
        except StoreError as error:
            return [] if store.is_broken else [str(error)]  # reported before
        return []

    def _alarm(self, report: dict[str, Any], path: Path | None) -> None:
        hook = self.settings["ON_FAILURE"]
        if hook and report["exit_code"] != outcome.SOUND and (problem := raise_alarm(hook, report, path)):
            print_err(f"scrapy crawl: {problem}")

    def _refuse_usage(self, message: str) -> NoReturn:
        self._refuse(message)

    def _refuse(self, problem: str, code: int = outcome.REFUSED) -> NoReturn:
        print_err(f"scrapy crawl: {problem}")
        append_exit_to_log(self.settings, code, problem)
        if not hook_problem(self.settings["ON_FAILURE"]):
            name = outcome.Outcome(code, problem).name
            self._alarm({"exit_code": code, "outcome": name, "reason": problem}, None)
        sys.exit(code)


def _argument_problem(words: list[str]) -> str | None:
    """Return a problem if one of the words is an argument of the spider without ``-a``, or None."""
    for word in words:
        name, _, value = word.lstrip("-").partition("=")
        if name in HELP:
            return f"{word} is not read; an argument of the spider is written -a {name}={value or '…'}"
    return None


def _positional_problem(words: list[str]) -> str:
    """Return why these words, apart from options, are not the name of the spider alone."""
    if not words:
        return f"name the spider: scrapy crawl {SPIDER}"
    if words[0] != SPIDER:
        return f"there is no spider '{words[0]}'; the one here is '{SPIDER}'"
    return f"{words[1]} is not read; scrapy crawl --help lists the options"


def _watch(crawl: Any, problems: list[BaseException]) -> None:
    """Collect errors of the crawl's start in ``problems``; log the stack trace of a bug."""

    def note(error: BaseException) -> None:
        problems.append(error)
        trace = None if isinstance(error, (StoreError, ArgumentError)) else error
        logger.log(logging.ERROR if trace else logging.DEBUG, "The crawl could not start", exc_info=trace)

    if hasattr(crawl, "addErrback"):
        crawl.addErrback(lambda failure: note(failure.value))
    else:
        crawl.add_done_callback(lambda task: note(task.exception()) if task.exception() else None)


def _files(crawler: Crawler) -> Iterator[str]:
    """Yield a line for each file of -o and -O: what it holds or, if nothing was new, the command that writes it."""
    settings, exporter = crawler.settings, crawler.get_extension(FeedExporter)
    for slot in exporter.slots if exporter else ():
        is_articles = slot.filter.item_classes == (Article,)
        if slot.itemcount:
            if is_quiet(settings) and not slot.uri_template.startswith(RUN_DIR):
                yield f"{slot.uri}: {slot.itemcount} {'articles' if is_articles else 'records'}"
        elif not slot.store_empty and isinstance(slot.storage, WholeFileStorage):
            path = slot.storage.path
            line = f"{path}: nothing new, so it {'stays as it was' if path.exists() else 'is not written'}"
            if is_articles and settings["STORE_URL"] != NONE:
                name = f"all{path.suffix if path.suffix in ('.csv', '.jsonl') else '.csv'}"
                line += f"; for all articles of the store: {program_name()} export {name}{_folder(settings)}"
            yield line


def _first_steps(crawl_store: "CrawlStore", new: int, folder: str) -> Iterator[str]:
    """Yield lines after a store's first run: where its articles are, and what next."""
    spider, store = crawl_store.spider, crawl_store.store
    if store.was_empty and store.name != NONE:
        yield f"{spider.data_dir}/runs/{spider.run_id}: what this run read, as .csv and .jsonl"
        yield f"{store.name.removeprefix('sqlite:///')}: the store of all runs, {new} articles"
        yield f"next: {program_name()} status{folder} (what the store holds)"
        yield f"next: {program_name()} export all.csv{folder} (all its articles as one table)"


def _folder(settings: BaseSettings | None) -> str:
    """Return the option that names the run's ``DATA_DIR``, where it is not the default."""
    assert settings is not None
    data_dir = str(settings["DATA_DIR"])
    return "" if data_dir == own_settings.DATA_DIR else f" -s DATA_DIR={shlex.quote(data_dir)}"


def program_name() -> str:
    """Return how this command was called: ``.venv/bin/scrapy``, or the name alone where it was found on the path."""
    path = Path(sys.argv[0])
    if path.name not in ("scrapy", "caravan-crawler"):
        return "scrapy"  # python -m scrapy
    return path.name if path.is_absolute() else str(path)
