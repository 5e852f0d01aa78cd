"""A JSON Schema for a line of each table's JSON lines."""

from typing import Any

from caravan_crawler.publish.dataset.tables import Column, Kind, Table

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_LINK = {
    "type": "object",
    "properties": {"text": {"type": "string"}, "url": {"type": "string"}},
    "required": ["text", "url"],
    "additionalProperties": False,
}
#: A day, or a moment with its offset.
DATE_PATTERN = r"^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}[+-]\d{2}:\d{2})?$"
_TYPES: dict[Kind, dict[str, Any]] = {
    Kind.TEXT: {"type": "string"},
    Kind.INTEGER: {"type": "integer"},
    Kind.DECIMAL: {"type": "number"},
    Kind.DAY: {"type": "string", "format": "date"},
    Kind.MOMENT: {"type": "string", "format": "date-time"},
    Kind.TEXTS: {"type": "array", "items": {"type": "string"}},
    Kind.LINKS: {"type": "array", "items": _LINK},
}


def json_schema(table: Table) -> dict[str, Any]:
    """Return the schema: every field is there, and nothing else."""
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
    what = dict(_TYPES[column.kind])
    if column.name == "date_published":
        what["pattern"] = DATE_PATTERN
    if column.nullable:
        what["type"] = [what["type"], "null"]
    return {"description": column.description, **what}
