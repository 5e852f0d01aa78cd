"""How the driver's cursor is used without SQLAlchemy: to ask one question, and to commit what pages lead to."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any, Protocol

from sqlalchemy import Connection

Work = Callable[[Any], None]


class Transactions(Protocol):
    """What a store does past SQLAlchemy; the errors are the driver's own."""

    def commit(self, work: Work) -> None:
        """Execute what ``work`` tells a cursor, in one transaction; its answer may come later."""

    def settle(self) -> None:
        """Wait for the answer to the last commit. Nothing else may be asked on the connection before that."""

    def asking(self) -> AbstractContextManager[Any]:
        """Give a cursor to ask with, without a transaction around it."""


def transactions(connection: Connection) -> Transactions:
    """Return those of the connection's database."""
    return _Ahead(connection) if connection.dialect.name == "postgresql" else _AtOnce(connection)


class _AtOnce:
    """SQLite's: a commit is a call."""

    def __init__(self, connection: Connection) -> None:
        self._driver: Any = connection.connection.dbapi_connection

    def commit(self, work: Work) -> None:
        cursor = self._driver.cursor()
        cursor.execute("BEGIN")
        try:
            work(cursor)
        except BaseException:
            self._driver.rollback()
            raise
        self._driver.commit()

    def settle(self) -> None:
        pass

    @contextmanager
    def asking(self) -> Iterator[Any]:
        yield self._driver.cursor()


class _Ahead:
    """PostgreSQL's: a commit is sent in one go, and while the server works on it the crawl goes on.

    What was sent is committed even if the crawl is killed meanwhile. Should it fail, nothing of it is stored, and
    :meth:`settle` says so.
    """

    def __init__(self, connection: Connection) -> None:
        self._driver: Any = connection.connection.dbapi_connection
        self._under_way = ExitStack()

    def commit(self, work: Work) -> None:
        self.settle()
        with ExitStack() as stack:
            # The driver's own transactions wait for the server as they begin and as they end.
            stack.enter_context(self._autocommit())
            stack.callback(self._end_failed)
            stack.enter_context(self._driver.pipeline())
            cursor = stack.enter_context(self._driver.cursor())
            cursor.execute("BEGIN")
            work(cursor)
            cursor.execute("COMMIT")
            self._under_way = stack.pop_all()

    def settle(self) -> None:
        self._under_way.close()

    @contextmanager
    def asking(self) -> Iterator[Any]:
        # A transaction would cost two messages more than the question.
        with self._autocommit(), self._driver.cursor() as cursor:
            yield cursor

    @contextmanager
    def _autocommit(self) -> Iterator[None]:
        self._driver.autocommit = True
        try:
            yield
        finally:
            if not self._driver.closed:
                self._driver.autocommit = False

    def _end_failed(self) -> None:
        """Leave a transaction whose COMMIT was not reached."""
        if not self._driver.closed:
            self._driver.rollback()
