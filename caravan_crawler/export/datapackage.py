"""Describe a dataset: statistics, JSON Schemas, ``datapackage.json`` and the card ``README.md``."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from string import Template
from typing import Any

from caravan_crawler import __version__
from caravan_crawler.export.options import ExportOptions
from caravan_crawler.export.tables import ARTICLES, Batch, Column, Kind, Table

PACKAGE, CARD, SUMS = "datapackage.json", "README.md", "SHA256SUMS"

#: The key in ``datapackage.json`` that only this project's packages have.
_MARK = "caravan-crawler"
_EXAMPLES = 3


class TableCounts:
    """Counts of one table: its ``rows``, and in ``found`` the number of values of each column.

    Empty lists and empty texts do not count as values. Articles are also counted by section, language and day;
    ``without`` has for each of ``fields`` the URLs of some articles without a value.
    """

    def __init__(self, table: Table, fields: Iterable[str] = ()) -> None:
        self.table = table
        self.rows = 0
        self.found: Counter[str] = Counter()
        self.latest = ""
        """The latest ``observed_at``."""
        self.sections: Counter[str | None] = Counter()
        self.languages: Counter[str] = Counter()
        self.days: Counter[str] = Counter()
        self.without: dict[str, list[str]] = {name: [] for name in fields} if table is ARTICLES else {}

    def add(self, batch: Batch) -> None:
        """Count the rows of a batch."""
        self.rows += len(batch[0])
        values_of = {}
        for column, values in zip(self.table.columns, batch, strict=True):
            values_of[column.name] = values
            empty = values.count("[]") if column.is_list else values.count(None) + values.count("")
            self.found[column.name] += len(values) - empty
        self.latest = max(self.latest, *values_of["observed_at"])
        if self.table is not ARTICLES:
            return
        self.sections.update(values_of["section"])
        self.languages.update(values_of["language"])
        self.days.update(filter(None, values_of["date_published"]))
        for name, examples in self.without.items():
            if len(examples) < _EXAMPLES and self.found[name] < self.rows:
                pairs = zip(values_of[name], values_of["url"], strict=True)
                missing = [url for value, url in pairs if value in (None, "", "[]")]
                examples += missing[: _EXAMPLES - len(examples)]

    def share(self, column: str) -> float:
        """Return the share of rows (0 to 1) in which a column has a value; 0 without rows."""
        return self.found[column] / self.rows if self.rows else 0.0

    def as_json(self) -> dict[str, Any]:
        """Return the counts as JSON values."""
        found: dict[str, Any] = {"rows": self.rows}
        if self.table is ARTICLES:
            years: Counter[str] = Counter()
            for day, number in self.days.items():
                years[day[:4]] += number
            found |= {
                "first_day": min(self.days, default=None),
                "last_day": max(self.days, default=None),
                "sections": {section or "": number for section, number in self.sections.most_common()},
                "languages": dict(self.languages.most_common()),
                "years": dict(sorted(years.items())),
            }
        rates = {column.name: round(self.share(column.name), 4) for column in self.table.columns}
        return found | {"latest": self.latest or None, "fill_rates": rates}


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
    def latest(self) -> str:
        """The latest ``observed_at`` of all tables; empty without rows."""
        return max((one.latest for one in self.counts.values()), default="")

    @property
    def slug(self) -> str:
        """The site's name for identifiers."""
        name = re.sub(r"^(?:the|a) ", "", self.site.lower())
        return re.sub(r"[^a-z0-9]+", "-", name).strip("-")


def descriptions(dataset: Dataset, folder: str = "") -> dict[str, str]:
    """Return file name to text of card and package; ``folder`` is the path of the tables relative to them."""
    return {CARD: dataset_card(dataset, folder), PACKAGE: as_json(data_package(dataset, folder))}


def as_json(value: Any) -> str:
    """Return a value as the JSON of a file."""
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


_LINK = {
    "type": "object",
    "properties": {"text": {"type": "string"}, "url": {"type": "string"}},
    "required": ["text", "url"],
    "additionalProperties": False,
}
#: For each kind, the type in JSON Schema and that in a Data Package.
_TYPES: dict[Kind, tuple[dict[str, Any], dict[str, Any]]] = {
    Kind.TEXT: ({"type": "string"}, {"type": "string"}),
    Kind.INTEGER: ({"type": "integer"}, {"type": "integer"}),
    Kind.DECIMAL: ({"type": "number"}, {"type": "number"}),
    Kind.DAY: ({"type": "string", "format": "date"}, {"type": "date"}),
    Kind.MOMENT: (
        {"type": "string", "format": "date-time"},
        {"type": "datetime", "format": "%Y-%m-%dT%H:%M:%S%z"},
    ),
    Kind.TEXTS: ({"type": "array", "items": {"type": "string"}}, {"type": "array"}),
    Kind.LINKS: ({"type": "array", "items": _LINK}, {"type": "array"}),
}


def json_schema(table: Table) -> dict[str, Any]:
    """Return the JSON Schema of a line of JSON lines: all fields are required, no others are allowed."""
    properties = {}
    for column in table.columns:
        type_ = _TYPES[column.kind][0]
        nullable = {"type": [type_["type"], "null"]} if column.nullable else {}
        properties[column.name] = {"description": column.description, **type_, **nullable}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": table.name,
        "description": table.description,
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


# datapackage.json, a Frictionless Data Package: one resource for each table and format

_MEDIA_TYPES = {"csv": "text/csv", "jsonl": "application/x-ndjson", "parquet": "application/vnd.apache.parquet"}


def data_package(dataset: Dataset, folder: str = "") -> dict[str, Any]:
    """Return the package as JSON values; ``folder`` is the path of the tables relative to it.

    It does not say when or where it was made, so that the same store yields the same bytes.
    """
    options, site, latest = dataset.options, dataset.site, dataset.latest
    to_be_completed = {"name": "other", "title": "To be completed by the publisher: see README.md"}
    homepage = f"https://{site}/" if "." in site else None
    return {
        "profile": "data-package",
        "name": dataset.slug,
        "title": f"News of {site}",
        "description": "Articles as the site printed them, their versions and view counts, and what its header showed.",
        **({"homepage": homepage} if homepage else {}),
        **({"created": latest} if latest else {}),
        "licenses": [{"name": options.license} if options.license else to_be_completed],
        "sources": [{"title": site, **({"path": homepage} if homepage else {})}],
        "resources": [_resource(file, dataset.counts, folder) for file in dataset.files],
        _MARK: {
            "version": __version__,
            "since": options.since.isoformat() if options.since else None,
            "until": options.until.isoformat() if options.until else None,
            "sections": list(options.sections),
            "languages": list(options.languages),
            "statistics": {name: one.as_json() for name, one in dataset.counts.items()},
        },
    }


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
        "name": _resource_name(table, file.format),
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


def _resource_name(table: Table, format_: str) -> str:
    return table.name if format_ == "csv" else f"{table.name}-{format_}"


def _content(table: Table, counts: dict[str, TableCounts], format_: str) -> dict[str, Any]:
    rows = counts[table.name].rows
    # Programs that validate packages support the schema of neither Parquet nor empty JSON lines.
    if format_ == "parquet" or (format_ == "jsonl" and not rows):
        return {"type": "file"}
    schema: dict[str, Any] = {"fields": [_field(column) for column in table.columns], "missingValues": [""]}
    if table.key:
        schema["primaryKey"] = list(table.key)
    if table.of_articles and table is not ARTICLES and ARTICLES.name in counts:
        reference = {"resource": _resource_name(ARTICLES, format_), "fields": ["article_key"]}
        schema["foreignKeys"] = [{"fields": ["article_key"], "reference": reference}]
    return {"rows": rows, "schema": schema}


def _field(column: Column) -> dict[str, Any]:
    more = {} if column.nullable else {"constraints": {"required": True}}
    return {"name": column.name, "description": column.description, **_TYPES[column.kind][1], **more}


# README.md, the card that dataset hubs show

#: A hub loads the first of these formats that a table has.
_BEST_FORMATS = ("parquet", "jsonl", "csv")
#: The hubs' size categories by upper limit.
_SIZES = {10**3: "n<1K", 10**4: "1K<n<10K", 10**5: "10K<n<100K", 10**6: "100K<n<1M", 10**7: "1M<n<10M"}
_MOST_SECTIONS = 30
_MARKUP = re.compile(r"[\\`*_{}\[\]()<>#+!|~&$:@\"']")
_NO_LICENCE = """\
**To be completed by the publisher.** The texts and pictures belong to their authors and to the site. This
export grants no licence to them. State here the licence or the legal basis of your publication, and a contact for
corrections and removals. `scrapy export --license cc-by-4.0 --notes notes.md` writes them into the card."""


def dataset_card(dataset: Dataset, folder: str = "") -> str:
    """Return the card in Markdown; ``folder`` is the path of the tables relative to it."""
    articles = dataset.counts.get(ARTICLES.name)
    has_articles = articles is not None and articles.rows > 0
    return Template(files(__package__).joinpath("card.md").read_text(encoding="utf-8")).substitute(
        front_matter="\n".join(_front_matter(dataset, articles, folder)),
        site=dataset.site,
        overview=_overview(dataset, articles),
        articles=f"{_sections(articles)}\n{_fill_rates(articles)}\n" if articles and has_articles else "",
        version=__version__,
        citation=_citation(dataset),
        licence=dataset.options.notes or _NO_LICENCE,
    )


def _front_matter(dataset: Dataset, articles: TableCounts | None, folder: str) -> list[str]:
    license_id = dataset.options.license
    lines = [f"pretty_name: {json.dumps(f'News of {dataset.site}', ensure_ascii=False)}"]
    lines += _yaml_list("language", sorted(filter(None, articles.languages)) if articles else [])
    lines += [f"license: {license_id}"] if license_id else ["license: other", "license_name: to-be-completed"]
    lines += _yaml_list("task_categories", ["text-classification", "summarization", "text-generation"])
    most = max((one.rows for one in dataset.counts.values()), default=0)
    lines += _yaml_list("size_categories", [next((name for end, name in _SIZES.items() if most < end), "10M<n<100M")])
    lines.append("configs:")
    best = next(format_ for format_ in _BEST_FORMATS if format_ in dataset.options.formats)
    for name in dataset.counts:
        lines += [f"- config_name: {name}", f"  data_files: {folder}{name}.{best}"]
        lines += ["  default: true"] if name == ARTICLES.name else []
    return lines


def _yaml_list(name: str, values: list[str]) -> list[str]:
    return [f"{name}:", *(f"- {value}" for value in values)] if values else []


def _literal(text: str) -> str:
    """Escape a name for Markdown and HTML, table cells included."""
    return _MARKUP.sub(lambda found: f"&#{ord(found[0])};", " ".join(text.split()))


def _overview(dataset: Dataset, articles: TableCounts | None) -> str:
    options = dataset.options
    lines = [f"Articles of {dataset.site}, a news site, and what its pages show beside them, as tables."]
    if articles and articles.days:
        lines.append(f"Published from {min(articles.days)} to {max(articles.days)}.")
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
    """Return key and fields of a BibTeX entry; its year is that of the latest observation."""
    site = re.sub(r"[^\w .:-]", "", dataset.site)
    year = dataset.latest[:4]
    fields = {
        "title": f"News of {site}",
        "author": "{Caravan Crawler contributors}",
        "year": year,
        "note": f"Collected with Caravan Crawler {__version__}, last observed at {dataset.latest}",
        "howpublished": f"\\url{{https://{site}/}}" if "." in site and " " not in site else "",
    }
    lines = [f"{dataset.slug}-{year},", *(f"  {name} = {{{value}}}," for name, value in fields.items() if value)]
    return "\n".join(lines)


def _sections(articles: TableCounts) -> str:
    most = articles.sections.most_common()
    rows = [(_literal(section or "(no section)"), f"{number:,}") for section, number in most[:_MOST_SECTIONS]]
    if rest := sum(number for _, number in most[_MOST_SECTIONS:]):
        rows.append(("(others)", f"{rest:,}"))
    return "## Articles by section\n\n" + _markdown_table(("section", "articles"), rows)


def _fill_rates(articles: TableCounts) -> str:
    rows = [
        (f"`{column.name}`", f"{100 * articles.share(column.name):.1f} %", column.description.replace("|", "\\|"))
        for column in articles.table.columns
    ]
    return "## Fields of an article\n\n" + _markdown_table(("field", "has a value", "meaning"), rows)


def _markdown_table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(row)} |\n" for row in (header, *rows)]
    return "".join([lines[0], "|---" * len(header) + "|\n", *lines[1:]])
