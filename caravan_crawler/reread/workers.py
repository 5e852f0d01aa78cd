"""Parts of an archive read by several processes, their results in the parts' order."""

import logging
import os
import signal
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing import connection, get_context, parent_process
from typing import Any

from caravan_crawler.archive.sources import Part
from caravan_crawler.collector import calm_collector
from caravan_crawler.reread.reader import Reader, Reading
from caravan_crawler.reread.way import Way

#: Parts under way for each process: one it reads, and one that waits for it.
_AHEAD = 2

Result = tuple[Part, list[Reading]]


class ProcessDiedError(Exception):
    """A process was ended from outside, for its memory or by a signal; its text is one line for the user."""


class Task:
    """Reads a part as the pages of the site at ``base``, by the pipelines that ``settings`` name."""

    def __init__(self, settings: dict[str, Any], base: str) -> None:
        self._settings = settings
        self._base = base
        self._readers: dict[str, Reader] = {}

    def __call__(self, part: Part) -> tuple[list[Reading], int]:
        """Return what each of the part's pages gives, and where the next part begins."""
        base = part.source.about.site or self._base
        if base not in self._readers:
            self._readers[base] = Reader(self._settings, base)
        pages = part.pages(base)
        return list(self._readers[base].read(pages)), pages.end


@contextmanager
def reading(task: Task, way: Way, processes: int) -> Iterator[Iterator[Result]]:
    """Give an iterator over the parts and what they gave; its end stops the processes, however it comes."""
    if processes == 1:
        yield _one_by_one(task, way)
        return
    pool = ProcessPoolExecutor(processes, get_context("spawn"), _begin, (task,))
    try:
        yield _in_order(pool, way, processes * _AHEAD)
    finally:
        pool.shutdown(cancel_futures=True)


def _one_by_one(task: Task, way: Way) -> Iterator[Result]:
    while (part := way.next()) is not None:
        readings, end = task(part)
        way.back_to(part.source, end)
        yield replace(part, stop=end), readings


def _in_order(pool: ProcessPoolExecutor, way: Way, ahead: int) -> Iterator[Result]:
    """Yield results in the parts' order, never holding more than a few: the store may be slower than the readers."""
    under_way: deque[tuple[Part, Future[tuple[list[Reading], int]]]] = deque()
    part: Part | None = None
    try:
        while True:
            while len(under_way) < ahead and (following := way.next()) is not None:
                under_way.append((following, _submit(pool, following)))
            if not under_way:
                return
            part, future = under_way.popleft()
            readings, end = future.result()
            if end != part.stop:  # what is under way behind it begins at no record
                while under_way:
                    void, unwanted = under_way.pop()
                    unwanted.cancel()
                    way.back_to(void.source, void.start)
                way.back_to(part.source, end)
            yield replace(part, stop=end), readings
    except BrokenProcessPool:
        where = f" reading {part.source.path} from byte {part.start}" if part else ""
        raise ProcessDiedError(f"a process has died{where}; the same command goes on from there") from None


def _submit(pool: ProcessPoolExecutor, part: Part) -> "Future[tuple[list[Reading], int]]":
    """Have a part read. A process begun for it inherits that Ctrl-C is not for it, and it waits here meanwhile."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return pool.submit(_read, part)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_task: Task | None = None


def _begin(task: Task) -> None:
    """Make a new process ready. The first process alone decides when the work ends."""
    global _task
    _task = task
    calm_collector()
    logging.basicConfig(level=logging.ERROR)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Wait for the first process's end, which may be a kill, and end too."""
    parent = parent_process()
    assert parent is not None
    connection.wait([parent.sentinel])
    os._exit(1)


def _read(part: Part) -> tuple[list[Reading], int]:
    assert _task is not None
    return _task(part)
