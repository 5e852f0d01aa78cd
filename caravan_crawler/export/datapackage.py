"""Describe a dataset: statistics, JSON Schemas, ``datapackage.json`` and the card ``README.md``."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from caravan_crawler import __version__
from caravan_crawler.export.options import ExportOptions
from caravan_crawler.export.rows import Batch
from caravan_crawler.export.tables import ARTICLES, Column, Kind, Table

PACKAGE, CARD, SUMS = "datapackage.json", "README.md", "SHA256SUMS"

#: The key in ``datapackage.json`` that only this project's packages have.
_MARK = "caravan-crawler"
_EXAMPLES = 3


class TableCounts:
    """Counts of one table: its ``rows``, and in ``found`` the number of values of each column.

    Empty lists and empty texts do not count as values.
    """

    def __init__(self, table: Table) -> None:
        self.table = table
        self.rows = 0
        self.found: Counter[str] = Counter()
        self.latest = ""
        """The latest ``observed_at``."""
        self._observed_at = [column.name for column in table.columns].index("observed_at")

    def add(self, batch: Batch) -> None:
        """Count the rows of a batch."""
        self.rows += len(batch[0])
        for column, values in zip(self.table.columns, batch, strict=True):
            empty = values.count("[]") if column.is_list else values.count(None) + values.count("")
            self.found[column.name] += len(values) - empty
        self.latest = max(self.latest, max(batch[self._observed_at]))

    def share(self, column: str) -> float:
        """Return the share of rows (0 to 1) in which a column has a value; 0 without rows."""
        return self.found[column] / self.rows if self.rows else 0.0


class ArticleCounts(TableCounts):
    """Counts of the articles by section, language and year; for each of ``fields``, URLs of articles without it."""

    def __init__(self, table: Table, fields: Iterable[str] = ()) -> None:
        super().__init__(table)
        self.sections: Counter[str | None] = Counter()
        self.languages: Counter[str] = Counter()
        self.years: Counter[str] = Counter()
        self.first_day: str | None = None
        self.last_day: str | None = None
        self.without: dict[str, list[str]] = {name: [] for name in fields}
        self._index = {column.name: index for index, column in enumerate(table.columns)}

    def add(self, batch: Batch) -> None:
        """Count the articles of a batch."""
        super().add(batch)
        self.sections.update(batch[self._index["section"]])
        self.languages.update(batch[self._index["language"]])
        days = [day for day in batch[self._index["date_published"]] if day]
        if days:
            self.years.update([day[:4] for day in days])
            self.first_day = min(days if self.first_day is None else [self.first_day, *days])
            self.last_day = max(days if self.last_day is None else [self.last_day, *days])
        for name, examples in self.without.items():
            if len(examples) < _EXAMPLES and self.found[name] < self.rows:
                values = zip(batch[self._index[name]], batch[self._index["url"]], strict=True)
                missing = [url for value, url in values if value in (None, "", "[]")]
                examples += missing[: _EXAMPLES - len(examples)]


@dataclass(frozen=True)
class TableFile:
    """A table in one format, with the file's size in bytes and its SHA-256."""

    table: Table
    format: str
    size: int
    sha256: str

    @property
    def name(self) -> str:
        """The file's name."""
        return f"{self.table.name}.{self.format}"


@dataclass
class Dataset:
    """A written dataset: its options, the site, files and counts of its tables, and all checksums."""

    options: ExportOptions
    site: str
    files: list[TableFile] = field(default_factory=list)
    counts: dict[str, TableCounts] = field(default_factory=dict)
    sums: dict[str, str] = field(default_factory=dict)
    """Path in the folder to SHA-256."""
    warnings: list[str] = field(default_factory=list)
    """Lines for the user."""

    @property
    def size(self) -> int:
        """The size of its tables in bytes."""
        return sum(file.size for file in self.files)

    @property
    def articles(self) -> ArticleCounts | None:
        """The counts of the articles; None without that table."""
        counts = self.counts.get("articles")
        return counts if isinstance(counts, ArticleCounts) else None

    @property
    def latest(self) -> str:
        """The latest ``observed_at`` of all tables; empty without rows."""
        return max((one.latest for one in self.counts.values()), default="")


def _statistics(one: TableCounts) -> dict[str, Any]:
    found: dict[str, Any] = {"rows": one.rows}
    if isinstance(one, ArticleCounts):
        found |= {
            "first_day": one.first_day,
            "last_day": one.last_day,
            "sections": {section or "": number for section, number in one.sections.most_common()},
            "languages": dict(one.languages.most_common()),
            "years": dict(sorted(one.years.items())),
        }
    rates = {column.name: round(one.share(column.name), 4) for column in one.table.columns}
    return found | {"latest": one.latest or None, "fill_rates": rates}


# JSON Schema of a line of JSON lines

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_LINK = {
    "type": "object",
    "properties": {"text": {"type": "string"}, "url": {"type": "string"}},
    "required": ["text", "url"],
    "additionalProperties": False,
}
_JSON_TYPES: dict[Kind, dict[str, Any]] = {
    Kind.TEXT: {"type": "string"},
    Kind.INTEGER: {"type": "integer"},
    Kind.DECIMAL: {"type": "number"},
    Kind.DAY: {"type": "string", "format": "date"},
    Kind.MOMENT: {"type": "string", "format": "date-time"},
    Kind.TEXTS: {"type": "array", "items": {"type": "string"}},
    Kind.LINKS: {"type": "array", "items": _LINK},
}


def json_schema(table: Table) -> dict[str, Any]:
    """Return the JSON Schema of a line: all fields are required, no others are allowed."""
    return {
        "$schema": _DRAFT,
        "title": table.name,
        "description": table.description,
        "type": "object",
        "properties": {column.name: _property(column) for column in table.columns},
        "required": [column.name for column in table.columns],
        "additionalProperties": False,
    }


def _property(column: Column) -> dict[str, Any]:
    what = dict(_JSON_TYPES[column.kind])
    if column.nullable:
        what["type"] = [what["type"], "null"]
    return {"description": column.description, **what}


# datapackage.json, a Frictionless Data Package: one resource for each table and format

_MEDIA_TYPES = {"csv": "text/csv", "jsonl": "application/x-ndjson", "parquet": "application/vnd.apache.parquet"}
_PACKAGE_TYPES: dict[Kind, dict[str, Any]] = {
    Kind.TEXT: {"type": "string"},
    Kind.INTEGER: {"type": "integer"},
    Kind.DECIMAL: {"type": "number"},
    Kind.DAY: {"type": "date"},
    Kind.MOMENT: {"type": "datetime", "format": "%Y-%m-%dT%H:%M:%S%z"},
    Kind.TEXTS: {"type": "array"},
    Kind.LINKS: {"type": "array"},
}


def data_package(dataset: Dataset, folder: str = "") -> dict[str, Any]:
    """Return the package as JSON values; ``folder`` is the path of the tables relative to it.

    It does not say when or where it was made, so that the same store yields the same bytes.
    """
    options, site, latest = dataset.options, dataset.site, dataset.latest
    to_be_completed = {"name": "other", "title": "To be completed by the publisher: see README.md"}
    homepage = {"homepage": f"https://{site}/"} if "." in site else {}
    return {
        "profile": "data-package",
        "name": _name_of(dataset),
        "title": f"News of {site}",
        "description": "Articles as the site printed them, their versions and view counts, and what its header showed.",
        **homepage,
        **({"created": latest} if latest else {}),
        "licenses": [{"name": options.license} if options.license else to_be_completed],
        "sources": [{"title": site, **({"path": homepage["homepage"]} if homepage else {})}],
        "resources": [_resource(file, dataset.counts, folder) for file in dataset.files],
        _MARK: {
            "version": __version__,
            "since": options.since.isoformat() if options.since else None,
            "until": options.until.isoformat() if options.until else None,
            "sections": list(options.sections),
            "languages": list(options.languages),
            "statistics": {name: _statistics(one) for name, one in dataset.counts.items()},
        },
    }


def _name_of(dataset: Dataset) -> str:
    return re.sub(r"[^a-z0-9]+", "-", dataset.site.lower()).strip("-")


def is_package(text: str) -> bool:
    """Whether a ``datapackage.json`` was written by an export."""
    try:
        package = json.loads(text)
    except ValueError:
        return False
    return isinstance(package, Mapping) and _MARK in package


def _resource(file: TableFile, counts: dict[str, TableCounts], folder: str) -> dict[str, Any]:
    table = file.table
    return {
        "profile": "tabular-data-resource" if file.format == "csv" else "data-resource",
        "name": table.name if file.format == "csv" else f"{table.name}-{file.format}",
        "path": folder + file.name,
        "title": table.name,
        "description": table.description,
        "format": file.format,
        "mediatype": _MEDIA_TYPES[file.format],
        **({"encoding": "utf-8"} if file.format != "parquet" else {}),
        "bytes": file.size,
        "hash": f"sha256:{file.sha256}",
        **_content(table, counts, file.format),
    }


def _content(table: Table, counts: dict[str, TableCounts], format_: str) -> dict[str, Any]:
    rows = counts[table.name].rows
    # Programs that validate packages support the schema of neither Parquet nor empty JSON lines.
    if format_ == "parquet" or (format_ == "jsonl" and not rows):
        return {"type": "file"}
    schema: dict[str, Any] = {"fields": [_field(column) for column in table.columns], "missingValues": [""]}
    if table.key:
        schema["primaryKey"] = list(table.key)
    if table.of_articles and table is not ARTICLES and ARTICLES.name in counts:
        resource = ARTICLES.name if format_ == "csv" else f"{ARTICLES.name}-{format_}"
        reference = {"resource": resource, "fields": ["article_key"]}
        schema["foreignKeys"] = [{"fields": ["article_key"], "reference": reference}]
    return {"rows": rows, "schema": schema}


def _field(column: Column) -> dict[str, Any]:
    more = {} if column.nullable else {"constraints": {"required": True}}
    return {"name": column.name, "description": column.description, **_PACKAGE_TYPES[column.kind], **more}


# README.md, the card that dataset hubs show

#: A hub loads the first of these formats that a table has.
_BEST_FORMATS = ("parquet", "jsonl", "csv")
#: The hubs' size categories, by upper limit.
_SIZES = (
    *((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K")),
    *((1_000_000, "100K<n<1M"), (10_000_000, "1M<n<10M")),
)
_MOST_SECTIONS = 30
_MARKUP = re.compile(r"[\\`*_{}\[\]()<>#+!|~&$:@\"']")

_LIMITS = """## What you can rely on, and what not

- `null` (in CSV an empty cell) means that the page does not say. There are no placeholders and no guesses.
- Every `*_raw` is the text as printed. Times are ISO 8601; most pages print a day and no time.
- Each article is one row, whatever addresses lead to it. All tables show the store at one moment.
- CSV cells that a spreadsheet would run as a formula begin with an apostrophe; JSON lines and Parquet hold the exact
  text. Lists are JSON in a CSV cell.
- Articles that the site never listed, or took down before they were read, are missing. A section's share here need not
  be its share of what was printed.
- Views are what the page printed when it was read. Language is judged by the letters of the text.
- Texts may name persons; they are as the site published them, errors included.
"""

_OPEN = """**To be completed by the publisher.** The texts and pictures belong to their authors and to the site. This
export grants no licence to them. State here the licence or the legal basis of your publication, and a contact for
corrections and removals. `scrapy export --license cc-by-4.0 --notes notes.md` writes them into the card.
"""


def dataset_card(dataset: Dataset, folder: str = "") -> str:
    """Return the card in Markdown; ``folder`` is the path of the tables relative to it."""
    articles, notes = dataset.articles, dataset.options.notes
    parts = [_front_matter(dataset, folder), f"# News of {dataset.site}\n", _overview(dataset)]
    if articles and articles.rows:
        parts += [_sections(articles), _fill_rates(articles)]
    made = (
        f"## How it was made\n\nRead from the site's pages by Caravan Crawler {__version__}, which obeys robots.txt, "
        "and exported from its store. `datapackage.json` describes every field and gives these figures to programs, "
        "`schemas/` has a JSON Schema of each table, and `sha256sum -c SHA256SUMS` checks the files.\n"
    )
    licence = f"## Licence and source\n\n{notes}\n" if notes else f"## Licence and source\n\n{_OPEN}"
    return "\n".join([*parts, made, _LIMITS, _citation(dataset), licence])


def _front_matter(dataset: Dataset, folder: str) -> str:
    articles, license_id = dataset.articles, dataset.options.license
    lines = ["---", f"pretty_name: {json.dumps(f'News of {dataset.site}', ensure_ascii=False)}"]
    lines += _yaml_list("language", sorted(filter(None, articles.languages)) if articles else [])
    lines += [f"license: {license_id}"] if license_id else ["license: other", "license_name: to-be-completed"]
    lines += _yaml_list("task_categories", ["text-classification", "summarization", "text-generation"])
    most = max((one.rows for one in dataset.counts.values()), default=0)
    lines += _yaml_list("size_categories", [next((name for end, name in _SIZES if most < end), "10M<n<100M")])
    lines.append("configs:")
    for name in dataset.counts:
        best = next(format_ for format_ in _BEST_FORMATS if format_ in dataset.options.formats)
        lines += [f"- config_name: {name}", f"  data_files: {folder}{name}.{best}"]
        lines += ["  default: true"] if name == "articles" else []
    return "\n".join([*lines, "---", ""])


def _yaml_list(name: str, values: list[str]) -> list[str]:
    return [f"{name}:", *(f"- {value}" for value in values)] if values else []


def _literal(text: str) -> str:
    """Escape a name for Markdown and HTML, table cells included."""
    return _MARKUP.sub(lambda found: f"&#{ord(found[0])};", " ".join(text.split()))


def _overview(dataset: Dataset) -> str:
    articles, options = dataset.articles, dataset.options
    lines = [f"Articles of the news site {dataset.site}, and what its pages show beside them, as structured tables."]
    if articles and articles.first_day:
        lines.append(f"Published from {articles.first_day} to {articles.last_day}.")
    if dataset.latest:
        lines.append(f"Last observed at {dataset.latest}.")
    filters = {
        "published since": options.since,
        "published until": options.until,
        "sections": ", ".join(map(_literal, options.sections)),
        "languages": ", ".join(options.languages),
    }
    if chosen := "; ".join(f"{name} {value}" for name, value in filters.items() if value):
        lines.append(f"Only a part of the store was asked for: {chosen}.")
    rows = [(f"`{name}`", f"{one.rows:,}", one.table.description) for name, one in dataset.counts.items()]
    return "\n".join([*lines, "", _markdown_table(("table", "rows", "one row is"), rows)])


def _citation(dataset: Dataset) -> str:
    """Return a BibTeX entry; its year is that of the latest observation."""
    site = re.sub(r"[^\w .:-]", "", dataset.site)
    year = dataset.latest[:4]
    fields = {
        "title": f"News of {site}",
        "author": "{Caravan Crawler contributors}",
        "year": year,
        "note": f"Collected with Caravan Crawler {__version__}, last observed at {dataset.latest}",
    }
    if "." in site and " " not in site:
        fields["howpublished"] = f"\\url{{https://{site}/}}"
    lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items() if value)
    return f"## Citation\n\n```bibtex\n@misc{{{_name_of(dataset)}-{year},\n{lines}}}\n```\n"


def _sections(articles: ArticleCounts) -> str:
    most = articles.sections.most_common()
    rows = [(_literal(section or "(unknown)"), f"{number:,}") for section, number in most[:_MOST_SECTIONS]]
    if rest := sum(number for _, number in most[_MOST_SECTIONS:]):
        rows.append(("(others)", f"{rest:,}"))
    return "## Articles by section\n\n" + _markdown_table(("section", "articles"), rows)


def _fill_rates(articles: ArticleCounts) -> str:
    rows = [
        (f"`{column.name}`", f"{100 * articles.share(column.name):.1f} %", column.description.replace("|", "\\|"))
        for column in articles.table.columns
    ]
    return "## Fields of an article\n\n" + _markdown_table(("field", "has a value", "meaning"), rows)


def _markdown_table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(row)} |\n" for row in (header, *rows)]
    return "".join([lines[0], "|---" * len(header) + "|\n", *lines[1:]])
