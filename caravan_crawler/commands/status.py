"""``scrapy status``: the store on one screen: its content, the last runs, pages that wait, pages that failed."""

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from urllib.parse import urlsplit

from caravan_crawler.console import count, format_size, moment, print_json, print_out
from caravan_crawler.normalise.text import printable
from caravan_crawler.outcome import REFUSED
from caravan_crawler.own_commands import OwnCommand
from caravan_crawler.store import database
from caravan_crawler.store.database import StoreError
from caravan_crawler.store.snapshot import Overview, Snapshot, read_overview

#: Columns of a terminal; a longer line is cut.
_WIDTH = 80
_MOST_RUNS, _MOST_REASONS = 5, 3


class Command(OwnCommand):
    """Print an overview of the store."""

    requires_crawler_process = False
    purpose = "Show what the store holds, the last runs, what waits and what failed; a crawl may run meanwhile"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--json", action="store_true", help="print the same, with all sections, as JSON")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Print the overview of a snapshot of the store."""
        if args:
            self.end(f"it takes no arguments, as {args[0]}; another store is -s DATA_DIR=FOLDER", REFUSED)
            return
        try:
            with Snapshot(self.settings["STORE_URL"], self.settings["DATA_DIR"]) as snapshot:
                overview = read_overview(snapshot, database.now(), most_runs=_MOST_RUNS, most_reasons=_MOST_REASONS)
        except StoreError as error:
            self.end(str(error), error.code)
            return
        if opts.json:
            print_json(asdict(overview))
        else:
            print_out(map(_fit, _lines(overview)))


def _fit(line: str) -> str:
    line = printable(" ".join(line.splitlines()))
    return line if len(line) <= _WIDTH else f"{line[: _WIDTH - 1]}…"


def _lines(overview: Overview) -> Iterator[str]:
    yield f"{overview.site}: {count(overview.articles, 'article')}"
    yield f"  published  {overview.first} to {overview.last}" if overview.first else "  published  no date yet"
    yield f"  store      {overview.store}, {format_size(overview.size)}"
    yield f"  sections   {_largest(overview.sections)}"
    yield f"  languages  {_largest(overview.languages)}"
    history = (overview.versions, "version"), (overview.view_counts, "view count"), (overview.runs, "run")
    yield f"  history    {', '.join(count(*each) for each in history)}"
    yield ""
    if not overview.runs:
        yield "No run yet."
    else:
        yield f"{'Last runs (UTC)':<22}new  outcome"
    for run in overview.last_runs:
        new = "-" if run.new_articles is None else f"{run.new_articles:,}"
        yield f"  {moment(run.started_at)}  {new:>6}  {run.reason or run.outcome.replace('_', ' ')}"
    yield ""
    yield f"Waiting: {count(overview.waiting, 'article')} found but not read" + (
        f", {overview.deferred:,} doubtful URLs" if overview.deferred else ""
    )
    if overview.unread_sources:
        yield f"  {count(overview.unread_sources, 'listing or sitemap', 'listings and sitemaps')} not read to the end"
    if overview.unpublished:
        yield f"  {count(overview.unpublished, 'article')} read, and in no run's feeds yet"
    due = f", of which the next run requests {overview.due:,} again" if overview.failed else ""
    yield f"Failed: {count(overview.failed, 'page')}{due}"
    for reason in overview.reasons:
        place = urlsplit(reason.url)._replace(scheme="", netloc="").geturl()
        yield f"  {moment(reason.last_failed_at)}  {reason.pages:>6,}  {reason.reason}: {reason.message}, as {place}"


def _largest(numbers: Mapping[str, int]) -> str:
    """Return as many names and numbers as fit in a line; the largest come first."""
    listed, others = "", len(numbers)
    for name, number in numbers.items():
        part = f"{', ' if listed else ''}{name or 'unknown'} {number:,}"
        if len(listed + part) > _WIDTH - len("  languages  ") - len(", 999 more"):
            break
        listed, others = listed + part, others - 1
    return (listed + (f", {others} more" if others else "")) or "none"
