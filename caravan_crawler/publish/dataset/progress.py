"""A line on the terminal that tells how far an export is; nothing of it anywhere else."""

import threading
from collections.abc import Callable
from types import TracebackType

from caravan_crawler.console import is_terminal


class ExportProgress:
    """Shows the table that is written and its rows; ``total`` says how many there will be, None where unknown."""

    def __init__(self, total: Callable[[str], int | None]) -> None:
        self._bar = None
        self._total = total
        if is_terminal():
            from tqdm import tqdm  # here, so that an export without terminal does without

            tqdm.monitor_interval = 0  # no thread of its own
            tqdm.set_lock(threading.RLock())  # nor a lock between processes
            self._bar = tqdm(unit=" rows", dynamic_ncols=True, leave=False)

    def __call__(self, name: str, rows: int) -> None:
        """Take over the state."""
        if self._bar is None:
            return
        if rows == 0:
            self._bar.reset(self._total(name))
            self._bar.set_description_str(name)
        self._bar.update(rows - self._bar.n)

    def __enter__(self) -> "ExportProgress":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()
