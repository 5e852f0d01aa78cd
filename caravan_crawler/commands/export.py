"""``scrapy export``: a table of the store as one file, or a dataset in a folder or at a URL of object storage."""

import argparse
import sys
from typing import TYPE_CHECKING, NoReturn

from scrapy.commands import ScrapyCommand

from caravan_crawler.atomic import local_path
from caravan_crawler.console import StopRequestedError, format_size, print_err, raise_on_stop_signal
from caravan_crawler.outcome import REFUSED
from caravan_crawler.store.database import StoreError

# The export package is imported by the command only: Scrapy imports all commands at each start.
if TYPE_CHECKING:
    from caravan_crawler.export.datapackage import Dataset
    from caravan_crawler.export.dataset import Export


class Command(ScrapyCommand):
    """Check the options, export, and exit with the outcome's code."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """Return the arguments for the help text."""
        return "[options] <file, folder or URL>"

    def short_desc(self) -> str:
        """Return the description for the list of commands."""
        return "Export the store: one table as one file, or a dataset to publish (tables, descriptions, sums, a card)"

    def long_desc(self) -> str:
        """Return the description for the command's help."""
        from caravan_crawler.export.options import FILE_FORMATS

        return (
            "A name with an extension is a file, whose extension sets the format "
            f"({', '.join(f'.{each}' for each in FILE_FORMATS)}): one table, by default the articles. "
            "A name without one, or with a slash at its end, is a folder, and s3://bucket/path a URL: a dataset of all "
            "tables with their descriptions."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        from caravan_crawler.export.options import FORMATS, ExportOptions
        from caravan_crawler.export.tables import TABLES

        super().add_options(parser)
        defaults = ExportOptions()
        add = parser.add_argument
        # Without colons: Scrapy prints a line that ends with one as a heading.
        formats = f"{','.join(FORMATS)} (default {','.join(defaults.formats)})"
        add("--format", metavar="LIST", help=f"of a dataset's tables, of {formats}")
        add("--table", metavar="LIST", help=f"of {','.join(TABLES)} (default all, in a file articles)")
        add("--since", metavar="DAY", help="first day of publication, YYYY-MM-DD, inclusive")
        add("--until", metavar="DAY", help="last day of publication, YYYY-MM-DD, inclusive")
        add("--sections", metavar="LIST", help="articles of these sections: news,gazeta (default: all)")
        add("--language", metavar="LIST", help="articles in these languages: ru,kk (default: all)")
        add("--license", metavar="ID", help="under which you publish, for card and package: cc-by-4.0")
        add("--notes", metavar="FILE", help="Markdown on licence and source, for the card")
        add("--below-floors", action="store_true", help="export even where fields are found too seldom, or nothing is")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Export to the folder or URL."""
        from caravan_crawler.export.cloud import without_password
        from caravan_crawler.export.options import ExportError

        try:
            with raise_on_stop_signal():
                dataset = self._export(args, opts).to(args[0])
        except (ExportError, StoreError) as error:
            self._end(str(error), error.code)
        except StopRequestedError as stop:
            self._end("stopped on request; nothing was published", stop.code)
        for line in dataset.warnings:
            print_err(f"scrapy export: {args[0]}: {line}")
        print_err(f"scrapy export: {without_password(args[0])}: {summary(dataset)}")

    def _export(self, args: list[str], opts: argparse.Namespace) -> "Export":
        from caravan_crawler.export.dataset import Export
        from caravan_crawler.export.options import ExportOptions, format_of
        from caravan_crawler.feed_checks import reserved_problem
        from caravan_crawler.settings_checks import export_problem, option_problem

        assert self.settings is not None
        if problem := option_problem(self, args):
            self._end(problem, REFUSED)
        if len(args) != 1 or not args[0].strip():
            self._end("give one file such as articles.csv, one folder, or one URL such as s3://bucket/path", REFUSED)
        problem = export_problem(self.settings)
        if problem is None and "://" not in args[0]:
            problem = reserved_problem(args[0], local_path(args[0]), self.settings, "an export")
        if problem:
            self._end(problem, REFUSED)
        options = ExportOptions.parse(
            file_format=format_of(args[0]),
            formats=opts.format,
            tables=opts.table,
            since=opts.since,
            until=opts.until,
            sections=opts.sections,
            languages=opts.language,
            license_id=opts.license,
            notes=opts.notes,
        )
        return Export(
            self.settings["STORE_URL"],
            self.settings["DATA_DIR"],
            options,
            {name: float(share) for name, share in self.settings.getdict("FLOORS").items()},
            accepts_all=opts.below_floors,
            byte_order_mark=self.settings.getbool("CSV_BOM"),
        )

    def _end(self, problem: str, code: int) -> NoReturn:
        print_err(f"scrapy export: {problem}")
        sys.exit(code)


def summary(dataset: "Dataset") -> str:
    """Return the size of a dataset in one line."""
    tables = ", ".join(f"{name} {one.rows:,}" for name, one in dataset.counts.items())
    formats = len(dataset.options.formats)
    in_formats = f"; {formats} format{'s' if formats > 1 else ''}" if dataset.sums else ""  # a file has no checksums
    return f"{tables}{in_formats}; {format_size(dataset.size)}"
