"""``scrapy report FILE.html``: the store as one page of charts."""

import argparse
from importlib.util import find_spec

from scrapy.commands import ScrapyCommand

from caravan_crawler.atomic import local_path, open_atomic
from caravan_crawler.console import StopRequestedError, format_size, print_err, raise_on_stop_signal
from caravan_crawler.feed_checks import reserved_problem
from caravan_crawler.outcome import REFUSED
from caravan_crawler.settings_checks import command_problem, floors_problem
from caravan_crawler.store import database
from caravan_crawler.store.database import StoreError
from caravan_crawler.store.snapshot import Snapshot

#: Optional dependencies, the extra ``report``.
_LIBRARIES = ("altair", "jinja2", "vl_convert")


class Command(ScrapyCommand):
    """Write the report."""

    requires_project = True

    def syntax(self) -> str:
        """Return the arguments for the help text."""
        return "[options] <file.html>"

    def short_desc(self) -> str:
        """Return the description for the list of commands."""
        return "Write what the store holds as one page of charts, which needs no network"

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Silence the log, unless a level is given: the command prints one line."""
        super().process_options(args, opts)
        assert self.settings is not None
        if not opts.loglevel:
            self.settings.set("LOG_LEVEL", "CRITICAL", priority="cmdline")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Write the page from a snapshot of the store, atomically."""
        assert self.settings is not None
        problem = command_problem(self, args) or _problem(args) or floors_problem(self.settings)
        if problem := problem or reserved_problem(args[0], local_path(args[0]), self.settings, "a report"):
            self._end(problem, REFUSED)
            return
        try:
            with raise_on_stop_signal():
                summary = self._write(args[0])
        except StopRequestedError as stop:
            self._end("stopped; nothing is changed", stop.code)
        except StoreError as error:
            self._end(str(error), error.code)
        except OSError as error:
            self._end(f"{args[0]} cannot be written: {error.strerror}", REFUSED)
        else:
            print_err(f"scrapy report: {summary}")

    def _write(self, file_name: str) -> str:
        # Imported on use: Scrapy imports all commands at each start, and Altair is slow to import and optional.
        from caravan_crawler.report.page import build_page

        assert self.settings is not None
        floors = {name: float(share) for name, share in self.settings.getdict("FLOORS").items()}
        with (
            Snapshot(self.settings["STORE_URL"], self.settings["DATA_DIR"]) as snapshot,
            open_atomic(local_path(file_name)) as file,
        ):
            page = build_page(snapshot, floors, database.now())
            file.write(page)
        return f"{file_name}: {format_size(len(page.encode()))}, drawn from the store {snapshot.name}"

    def _end(self, problem: str, code: int) -> None:
        print_err(f"scrapy report: {problem}")
        self.exitcode = code


def _problem(args: list[str]) -> str | None:
    if len(args) != 1:
        return "it takes the file to write: scrapy report report.html"
    if any(find_spec(name) is None for name in _LIBRARIES):
        return "it needs altair, jinja2 and vl-convert-python: pip install -e '.[report]'"
    return None
