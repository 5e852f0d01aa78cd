"""``scrapy reparse PATH…``: parse archived pages again, offline, and store the result."""

import argparse
import os
from contextlib import closing
from pathlib import Path
from typing import Any

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from caravan_crawler.arguments import SAMPLE, ArgumentError, CrawlArguments
from caravan_crawler.console import StopFlag, is_terminal, print_err, print_out, tune_gc
from caravan_crawler.outcome import BELOW_FLOORS, CRASHED, REFUSED, SOUND
from caravan_crawler.store.database import StoreError, StoreRefusedError
from caravan_crawler.store.store import (
    IDENTITY,
    NONE,
    Store,
    edition,
    identity_problem,
    open_edition,
    site_identity,
)
from caravan_crawler.urls import PUBLIC_BASE


class Command(ScrapyCommand):
    """Parse an archive again."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """Return the arguments for the help text."""
        return "[options] <WARC file or folder> ..."

    def short_desc(self) -> str:
        """Return the description for the list of commands."""
        return "Read WARC files or folders of saved HTML again, without the network, and store what is better"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        parser.add_argument("--site", help="the site's address, for pages that no crawl of ours has archived")
        parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: one a core)")
        parser.add_argument("--dry-run", action="store_true", help="only report changes, store nothing")
        parser.add_argument(
            "--accept-losses",
            action="store_true",
            help="remove values that earlier readings of the same pages found, however much it is and whatever field",
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Parse the archive, store the result, and print a summary of the changes."""
        from caravan_crawler.settings_checks import command_problem  # imports settings that depend on the environment

        if problem := command_problem(self, args):
            self._end(problem, REFUSED)
            return
        if not args or not all(args):
            raise UsageError("reparse takes WARC files or folders", print_help=False)
        if opts.jobs < 1:
            raise UsageError("--jobs must be 1 or more", print_help=False)
        assert self.settings is not None
        try:
            site = CrawlArguments.parse({"site": opts.site or PUBLIC_BASE}).site
            if site == SAMPLE:
                raise ArgumentError("the sample site has no address of its own")
        except ArgumentError as error:
            raise UsageError(f"--site: {error}", print_help=False) from None
        try:
            from caravan_crawler.archive.pages import ArchiveError
            from caravan_crawler.archive.sources import find_sources
            from caravan_crawler.reparse.reader import ProcessDiedError
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] != "warcio":
                raise
            self._end("it needs warcio: pip install -e '.[archive]'", REFUSED)
            return
        try:
            stop = StopFlag()
            self._reparse(find_sources([Path(arg) for arg in args]), opts, site, stop)
        except ArchiveError as error:
            self._end(str(error), REFUSED)
        except StoreError as error:
            self._end(str(error), error.code)
        except ProcessDiedError as error:
            self._end(str(error), CRASHED)

    def _reparse(self, sources: Any, opts: argparse.Namespace, site: str, stop: StopFlag) -> None:
        from caravan_crawler.archive.pages import ArchiveError
        from caravan_crawler.archive.sources import most_parts
        from caravan_crawler.reparse.job import LossesError, LossGuard, ReparseJob
        from caravan_crawler.reparse.reader import Task, reading
        from caravan_crawler.store.reparse_store import ReparseStore

        assert self.settings is not None
        editions = {_edition(source.about, site) for source in sources}
        if len(editions) > 1:
            raise ArchiveError(f"these are pages of different sites, each with a store of its own: {sorted(editions)}")
        identities = {source.about.identity for source in sources}
        if len(identities) > 1:
            raise ArchiveError("these are pages of different sites, each with a store of its own")
        if self.settings["STORE_URL"] == NONE:
            raise ArchiveError("STORE_URL=none stores nothing; reparse needs a store")
        tune_gc()
        processes = min(opts.jobs, sum(map(most_parts, sources)) or 1)
        store_names = self.settings["STORE_URL"], self.settings["DATA_DIR"], editions.pop()
        try:
            with (
                reading(Task(self.settings.copy_to_dict(), site), processes) as read,
                closing(open_edition(*store_names)) as store,
            ):
                _check_identity(store, identities.pop(), note=not opts.dry_run)
                losses = None if opts.accept_losses or opts.dry_run else LossGuard()
                keeping = ReparseStore(
                    store,
                    accept_losses=opts.accept_losses,
                    put_off_losses=losses is not None,
                    dry_run=opts.dry_run,
                )
                job = ReparseJob(keeping, sources, losses)
                with _Progress(job.size) as progress:
                    job.run(read, stop.is_asked, progress.done)
        except LossesError as error:
            self._end(str(error), BELOW_FLOORS)
            return
        print_out(job.summary.lines())
        would = "dry run, nothing stored: " if opts.dry_run else ""
        ending = "stopped; the same command continues: " if stop.number else ""
        self._end(f"{ending}{would}{job.summary.words()}", 128 + stop.number if stop.number else SOUND)

    def _end(self, words: str, code: int = CRASHED) -> None:
        print_err(f"scrapy reparse: {words}")
        self.exitcode = code


def _edition(about: Any, site: str) -> str:
    """Return the site edition of an archive, by its site: a copy may be noted as the original."""
    return SAMPLE if about.edition == SAMPLE else edition(about.site or site)


def _check_identity(store: Store, said: str | None, *, note: bool) -> None:
    """Refuse a store of another site than the archive's pages declare, if they declare one."""
    if said is None:
        return
    held = site_identity(store.rows)
    if problem := identity_problem(held, said):
        raise StoreRefusedError(f"{store.name} holds {problem}")
    if held is None and note:
        store.note(IDENTITY, said)


class _Progress:
    """A progress bar over the parts left to parse, on a terminal only."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._bar: Any = None

    def __enter__(self) -> "_Progress":
        if is_terminal():
            from tqdm import tqdm

            self._bar = tqdm(total=self._total, unit="B", unit_scale=True, leave=False)
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def done(self, part: Any) -> None:
        """Update the bar after a part is parsed and stored."""
        if self._bar is not None:
            self._bar.update(part.stop - part.start)
