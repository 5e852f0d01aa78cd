"""``scrapy export``: a table of the store as one file, or a dataset in a folder or at a URL of object storage."""

import argparse
from typing import TYPE_CHECKING

from caravan_crawler.atomic import local_path
from caravan_crawler.console import StopRequestedError, floors_of, format_size, raise_on_stop_signal
from caravan_crawler.outcome import SOUND
from caravan_crawler.own_commands import OwnCommand
from caravan_crawler.store.database import StoreError

# The export package is imported by the command only: Scrapy imports all commands at each start.
if TYPE_CHECKING:
    from caravan_crawler.export.datapackage import Dataset
    from caravan_crawler.export.dataset import Export


class Command(OwnCommand):
    """Check the options, export, and exit with the outcome's code."""

    requires_crawler_process = False
    usage = "[options] <file, folder or URL>"
    purpose = "Export the store: one table as one file, or a dataset to publish (tables, descriptions, sums, a card)"

    def long_desc(self) -> str:
        from caravan_crawler.export.options import FILE_FORMATS

        return (
            "A name with an extension is a file, whose extension sets the format "
            f"({', '.join(f'.{each}' for each in FILE_FORMATS)}): one table, by default the articles. "
            "A name without one, or with a slash at its end, is a folder, and s3://bucket/path a URL: a dataset of all "
            "tables with their descriptions."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
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
        from caravan_crawler.export.options import ExportError
        from caravan_crawler.export.targets import without_credentials

        try:
            with raise_on_stop_signal():
                dataset = self._export(args, opts).to(args[0])
        except (ExportError, StoreError) as error:
            self.end(str(error), error.code)
        except StopRequestedError as stop:
            self.end("stopped on request; nothing was published", stop.code)
        else:
            for line in dataset.warnings:
                self.end(f"{args[0]}: {line}", SOUND)
            self.end(f"{without_credentials(args[0])}: {summary(dataset)}", SOUND)

    def _export(self, args: list[str], opts: argparse.Namespace) -> "Export":
        from caravan_crawler.export.dataset import Export
        from caravan_crawler.export.options import ExportOptions, ExportRefusedError, format_of
        from caravan_crawler.feed_checks import reserved_problem
        from caravan_crawler.settings_checks import export_problem

        is_one = len(args) == 1 and ("://" in args[0] or local_path(args[0]).name.strip(" .-"))
        usage = "give one file such as articles.csv, one folder, or one URL such as s3://bucket/path"
        problem = (None if is_one else usage) or export_problem(self.settings)
        if problem is None and "://" not in args[0]:
            problem = reserved_problem(args[0], local_path(args[0]), self.settings, "an export")
        if problem:
            raise ExportRefusedError(problem)
        return Export(
            self.settings["STORE_URL"],
            self.settings["DATA_DIR"],
            ExportOptions.parse(vars(opts), format_of(args[0])),
            floors_of(self.settings),
            accepts_all=opts.below_floors,
            byte_order_mark=self.settings.getbool("CSV_BOM"),
        )


def summary(dataset: "Dataset") -> str:
    """Return the size of a dataset in one line."""
    tables = ", ".join(f"{name} {one.rows:,}" for name, one in dataset.counts.items())
    formats = len(dataset.options.formats)
    in_formats = f"; {formats} format{'s' if formats > 1 else ''}" if dataset.sums else ""  # a file has no checksums
    return f"{tables}{in_formats}; {format_size(dataset.size)}"
