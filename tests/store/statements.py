"""Which statements a store sends, be it by SQLAlchemy or by the driver itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from sqlalchemy import Engine, event

from caravan_crawler.store.statements import Statements
from caravan_crawler.store.store import Lookup


class _Noted:
    """A driver's cursor that notes what it is told."""

    def __init__(self, cursor: Any, sent: list[str]) -> None:
        self._cursor = cursor
        self._sent = sent

    def execute(self, statement: str, *values: Any, **options: Any) -> Any:
        self._sent.append(statement)
        return self._cursor.execute(statement, *values, **options)

    def executemany(self, statement: str, rows: Any) -> Any:
        self._sent.append(statement)
        return self._cursor.executemany(statement, rows)

    def fetchall(self) -> Any:
        return self._cursor.fetchall()


@contextmanager
def statements() -> Iterator[list[str]]:
    """The statements that stores send meanwhile, each once for all its rows."""
    sent: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if statement != "BEGIN":
            sent.append(statement)

    ask, carry_out = Lookup.ask, Statements.carry_out
    event.listen(Engine, "before_cursor_execute", note)
    try:
        with (
            patch.object(Lookup, "ask", lambda lookup, cursor, *rest: ask(lookup, _Noted(cursor, sent), *rest)),
            patch.object(Statements, "carry_out", lambda own, writes, to: carry_out(own, writes, _Noted(to, sent))),
        ):
            yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", note)
