"""Statements made ready for the driver once: what runs for every page goes past SQLAlchemy's own, longer way.

SQLAlchemy still writes the SQL of either database, and says how a value becomes the driver's.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ClauseElement, Dialect
from sqlalchemy.sql.compiler import SQLCompiler


class Prepared:
    """One statement, whose values come by name; those that are the same each time are part of it."""

    def __init__(self, statement: ClauseElement, dialect: Dialect, columns: list[str] | None = None) -> None:
        """``columns`` are those that an INSERT fills."""
        compiled = statement.compile(dialect=dialect, column_keys=columns)
        assert isinstance(compiled, SQLCompiler)
        binds = compiled.binds
        self.sql = compiled.string
        self._fixed = {name: bind.value for name, bind in binds.items() if not bind.required}
        self._is_positional = compiled.positiontup is not None
        self._values = [
            (name, binds[name].type.dialect_impl(dialect).bind_processor(dialect))
            for name in compiled.positiontup or binds
        ]

    def values(self, row: Mapping[str, Any]) -> list[Any] | dict[str, Any]:
        """Return the values of ``row`` as the driver takes them: each in its place, or by name."""
        if self._fixed:
            row = {**self._fixed, **row}
        values = [row[name] if process is None else process(row[name]) for name, process in self._values]
        if self._is_positional:
            return values
        return {name: value for (name, _), value in zip(self._values, values, strict=True)}
