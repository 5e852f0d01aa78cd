"""Opening the store that settings and arguments name."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Executable

from caravan_crawler.arguments import SAMPLE
from caravan_crawler.keep.engine import store_url
from caravan_crawler.keep.owner import COPY
from caravan_crawler.keep.store import Known, Store
from caravan_crawler.keep.writes import Writes
from caravan_crawler.urls import PUBLIC_HOSTS, Site

#: The value of ``STORE_URL`` for a run that keeps nothing.
NONE = "none"


class NoStore(Store):
    """Keeps nothing and knows nothing: each run reads everything anew."""

    def __init__(self) -> None:
        self.name = NONE
        self.on_failure = None
        self.is_broken = False
        self.was_empty = True

    def execute_all(self, *statements: Executable) -> None:
        """Do nothing."""

    def execute(self, statement: Executable, rows: Any = None) -> Any:
        """Do nothing."""

    def rows(self, statement: Executable, **values: Any) -> list[Any]:
        """Return nothing."""
        return []

    def known(self, keys: Iterable[str], now: str) -> dict[str, Known]:
        """Return nothing."""
        return {}

    def write(self, page: Writes) -> None:
        """Forget it."""

    def flush(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


def open_store(setting: str | None, data_dir: str, site: str, *, shared: bool = False) -> Store:
    """Open the store for a run on ``site``, an argument as the user gives it; ``shared`` with other workers.

    :class:`~caravan_crawler.keep.errors.StoreError` where it cannot be, with the exit code that means.
    """
    return NoStore() if setting == NONE else open_edition(setting, data_dir, edition(site), shared=shared)


def open_edition(setting: str | None, data_dir: str, whose: str, *, shared: bool = False) -> Store:
    """Open the store for the articles of an :func:`edition`."""
    if not shared:
        return Store(store_url(setting, data_dir), whose)
    from caravan_crawler.keep.workers import SharedStore  # runs of a store use it, which loads this module

    return SharedStore(store_url(setting, data_dir), whose)


def edition(site: str) -> str:
    """Return whose articles a site has: the original's or another edition's, the sample site's, or a copy's.

    A copy is any other host, whatever its name and port, since they change from run to run. What a copy is of only its
    responses can tell: :mod:`~caravan_crawler.visit.identity`.
    """
    if site == SAMPLE:
        return SAMPLE
    (host,) = [host for host in Site(site).hosts if not host.startswith("www.")] or [""]
    return host if host in PUBLIC_HOSTS or host.endswith(".caravan.kz") else COPY
