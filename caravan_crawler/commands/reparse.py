"""``scrapy reparse PATH…``: parse archived pages again, offline, and store the result."""

import argparse
import os
from contextlib import closing
from pathlib import Path
from typing import Any

from scrapy.exceptions import UsageError

from caravan_crawler.arguments import SAMPLE, ArgumentError, CrawlArguments
from caravan_crawler.console import StopRequestedError, print_out, progress_bar, raise_on_stop_signal, tune_gc
from caravan_crawler.outcome import BELOW_FLOORS, CRASHED, REFUSED, SOUND
from caravan_crawler.own_commands import OwnCommand
from caravan_crawler.store.database import NONE, StoreError, StoreRefusedError, store_url
from caravan_crawler.store.store import IDENTITY, Store, edition, identity_problem, site_identity
from caravan_crawler.urls import PUBLIC_BASE


class Command(OwnCommand):
    """Parse an archive again."""

    requires_crawler_process = False
    usage = "[options] <WARC file or folder> ..."
    purpose = "Read WARC files or folders of saved HTML again, without the network, and store what is better"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
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
        if not args or not all(args):
            raise UsageError("it takes WARC files or folders", print_help=False)
        if opts.jobs < 1:
            raise UsageError("--jobs must be 1 or more", print_help=False)
        try:
            site = CrawlArguments.parse({"site": opts.site or PUBLIC_BASE}).site
            if site == SAMPLE:
                raise ArgumentError("the sample site has no address of its own")
        except ArgumentError as error:
            raise UsageError(f"--site: {error}", print_help=False) from None
        try:
            from caravan_crawler.archive.sources import ArchiveError, find_sources
            from caravan_crawler.reparse.reader import ProcessDiedError
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] != "warcio":
                raise
            self.end("it needs warcio: pip install -e '.[archive]'", REFUSED)
            return
        try:
            self._reparse(find_sources([Path(arg) for arg in args]), opts, site)
        except ArchiveError as error:
            self.end(str(error), REFUSED)
        except StoreError as error:
            self.end(str(error), error.code)
        except ProcessDiedError as error:
            self.end(str(error), CRASHED)

    def _reparse(self, sources: Any, opts: argparse.Namespace, site: str) -> None:
        from caravan_crawler.archive.sources import most_parts
        from caravan_crawler.reparse.job import LossesError, LossGuard, ReparseJob
        from caravan_crawler.reparse.reader import Task, parsing
        from caravan_crawler.store.article_history import Losses
        from caravan_crawler.store.reparse_store import ReparseStore

        held, identity = _origin(sources, site, self.settings["STORE_URL"])
        tune_gc()
        processes = min(opts.jobs, sum(map(most_parts, sources)) or 1)
        ending, code = "dry run, nothing stored: " if opts.dry_run else "", SOUND
        try:
            with (
                parsing(Task(self.settings.copy_to_dict(), site), processes) as read,
                closing(Store(store_url(self.settings["STORE_URL"], self.settings["DATA_DIR"]), held)) as store,
            ):
                _check_identity(store, identity, note=not opts.dry_run)
                guard = None if opts.accept_losses or opts.dry_run else LossGuard()
                losses = Losses.ACCEPT if opts.accept_losses else Losses.PUT_OFF if guard else Losses.KEEP_REQUIRED
                job = ReparseJob(ReparseStore(store, losses, dry_run=opts.dry_run), sources, guard)
                with progress_bar("B", job.size, is_scaled=True) as bar:

                    def done(part: Any) -> None:
                        if bar is not None:
                            bar.update(part.stop - part.start)

                    try:
                        with raise_on_stop_signal():
                            job.run(read, done)
                    except StopRequestedError as stop:
                        ending, code = f"stopped; the same command continues: {ending}", stop.code
        except LossesError as error:
            self.end(str(error), BELOW_FLOORS)
            return
        print_out(job.summary.lines())
        self.end(f"{ending}{job.summary.message()}", code)


def _origin(sources: Any, site: str, store_url: str) -> tuple[str, str | None]:
    """Return edition and identity of the site whose pages these are, or raise ArchiveError."""
    from caravan_crawler.archive.sources import ArchiveError

    abouts = [source.about for source in sources]
    # By the site: a copy may be noted as the original.
    editions = {SAMPLE if about.edition == SAMPLE else edition(about.site or site) for about in abouts}
    identities = {about.identity for about in abouts}
    if len(editions) > 1 or len(identities) > 1:
        named = f": {sorted(editions)}" if len(editions) > 1 else ""
        raise ArchiveError(f"these are pages of different sites, each with a store of its own{named}")
    if store_url == NONE:
        raise ArchiveError("STORE_URL=none stores nothing; reparse needs a store")
    return editions.pop(), identities.pop()


def _check_identity(store: Store, said: str | None, *, note: bool) -> None:
    """Refuse a store of another site than the archive's pages declare, if they declare one."""
    if said is None:
        return
    held = site_identity(store.rows)
    if problem := identity_problem(held, said):
        raise StoreRefusedError(f"{store.name} holds {problem}")
    if held is None and note:
        store.note(IDENTITY, said)
