"""``datapackage.json``: the dataset described for programs, as a Frictionless Data Package.

Each table is one resource for each format. Nothing in it tells when or where the export was made, so that the same
store gives the same bytes.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from caravan_crawler import __version__
from caravan_crawler.publish.dataset.choice import Choice
from caravan_crawler.publish.dataset.json_schemas import DATE_PATTERN
from caravan_crawler.publish.dataset.statistics import TableCounts, statistics
from caravan_crawler.publish.dataset.tables import ARTICLES, Column, Kind, Table

#: In a package of ours, and in none of others.
MARK = "caravan-crawler"
_MEDIA_TYPES = {"csv": "text/csv", "jsonl": "application/x-ndjson", "parquet": "application/vnd.apache.parquet"}
_FIELDS: dict[Kind, dict[str, Any]] = {
    Kind.TEXT: {"type": "string"},
    Kind.INTEGER: {"type": "integer"},
    Kind.DECIMAL: {"type": "number"},
    Kind.DAY: {"type": "date"},
    Kind.MOMENT: {"type": "datetime", "format": "%Y-%m-%dT%H:%M:%S%z"},
    Kind.TEXTS: {"type": "array"},
    Kind.LINKS: {"type": "array"},
}


@dataclass(frozen=True)
class TableFile:
    """A table written in one format: its file's name, bytes and SHA-256."""

    table: Table
    format: str
    size: int
    sha256: str

    @property
    def name(self) -> str:
        """The file's name."""
        return f"{self.table.name}.{self.format}"


def data_package(
    files: Iterable[TableFile], counts: dict[str, TableCounts], choice: Choice, site: str, folder: str = ""
) -> dict[str, Any]:
    """Return the description as JSON values; ``folder`` is where the tables lie, seen from it."""
    latest = max((one.latest for one in counts.values()), default="")
    to_be_completed = {"name": "other", "title": "To be completed by the publisher: see README.md"}
    homepage = {"homepage": f"https://{site}/"} if "." in site else {}
    return {
        "profile": "data-package",
        "name": re.sub(r"[^a-z0-9]+", "-", site.lower()).strip("-"),
        "title": f"News of {site}",
        "description": "Articles as the site printed them, their versions and view counts, and what its header showed.",
        **homepage,
        **({"created": latest} if latest else {}),
        "licenses": [{"name": choice.license} if choice.license else to_be_completed],
        "sources": [{"title": site, **({"path": homepage["homepage"]} if homepage else {})}],
        "resources": [_resource(file, counts, folder) for file in files],
        MARK: {
            "version": __version__,
            "since": choice.since.isoformat() if choice.since else None,
            "until": choice.until.isoformat() if choice.until else None,
            "sections": list(choice.sections),
            "languages": list(choice.languages),
            "statistics": statistics(counts),
        },
    }


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
    """Return rows and schema; Parquet tells its own, and the programs that check packages hardly know it.

    Nor do they know lines of JSON where there is none.
    """
    if format_ == "parquet" or (format_ == "jsonl" and not counts[table.name].rows):
        return {"type": "file"}
    schema = _schema(table, with_articles=ARTICLES.name in counts, format_=format_)
    return {"rows": counts[table.name].rows, "schema": schema}


def _schema(table: Table, *, with_articles: bool, format_: str) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "fields": [_field(column) for column in table.columns],
        "missingValues": [""],
    }
    if table.key:
        schema["primaryKey"] = list(table.key)
    if table.of_articles and table is not ARTICLES and with_articles:
        resource = ARTICLES.name if format_ == "csv" else f"{ARTICLES.name}-{format_}"
        reference = {"resource": resource, "fields": ["article_key"]}
        schema["foreignKeys"] = [{"fields": ["article_key"], "reference": reference}]
    return schema


def _field(column: Column) -> dict[str, Any]:
    constraints: dict[str, Any] = {}
    if not column.nullable:
        constraints["required"] = True
    if column.name == "date_published":
        constraints["pattern"] = DATE_PATTERN.strip("^$")
    more = {"constraints": constraints} if constraints else {}
    return {"name": column.name, "description": column.description, **_FIELDS[column.kind], **more}
