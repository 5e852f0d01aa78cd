"""``scrapy report FILE.html``: the store as one page of charts."""

import argparse
import sys
from importlib.util import find_spec

from caravan_crawler.atomic import local_path, open_atomic
from caravan_crawler.console import StopRequestedError, floors_of, format_size, ignore_late_stops, raise_on_stop_signal
from caravan_crawler.feed_checks import reserved_problem
from caravan_crawler.outcome import REFUSED, SOUND
from caravan_crawler.own_commands import OwnCommand
from caravan_crawler.settings_checks import floors_problem
from caravan_crawler.store import database
from caravan_crawler.store.database import StoreError
from caravan_crawler.store.snapshot import Snapshot

#: Optional dependencies, the extra ``report``.
_LIBRARIES = ("altair", "jinja2", "vl_convert")


class Command(OwnCommand):
    """Write the report."""

    requires_crawler_process = False
    usage = "[options] <file.html>"
    purpose = "Write what the store holds as one page of charts, which needs no network"

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Write the page from a snapshot of the store, atomically."""
        problem = _problem(args) or floors_problem(self.settings)
        if problem := problem or reserved_problem(args[0], local_path(args[0]), self.settings, "a report"):
            self.end(problem, REFUSED)
            return
        try:
            with raise_on_stop_signal():
                self.end(self._write(args[0]), SOUND)
        except StopRequestedError as stop:
            self.end("stopped; nothing is changed", stop.code)
        except StoreError as error:
            self.end(str(error), error.code)
        except OSError as error:
            self.end(f"{args[0]} cannot be written: {error.strerror}", REFUSED)

    def _write(self, file_name: str) -> str:
        # Imported on use: Scrapy imports all commands at each start, and Altair is slow to import and optional.
        from caravan_crawler.report.page import build_page

        with (
            Snapshot(self.settings["STORE_URL"], self.settings["DATA_DIR"]) as snapshot,
            open_atomic(local_path(file_name)) as file,
        ):
            page = build_page(snapshot, floors_of(self.settings), database.now())
            file.write(page)
            ignore_late_stops()
        return f"{file_name}: {format_size(len(page.encode()))}, drawn from the store {snapshot.name}"


def _problem(args: list[str]) -> str | None:
    if len(args) != 1:
        return "it takes the file to write: scrapy report report.html"
    if sys.flags.optimize > 1:
        return "Altair needs the docstrings that -OO and PYTHONOPTIMIZE=2 leave out"
    if any(find_spec(name) is None for name in _LIBRARIES):
        return "it needs altair, jinja2 and vl-convert-python: pip install -e '.[report]'"
    return None
