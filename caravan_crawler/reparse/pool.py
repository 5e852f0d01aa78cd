"""A pool of processes that read the parts of an archive."""

import logging
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from multiprocessing import active_children, connection, get_context, parent_process
from typing import Any

from caravan_crawler.archive.sources import Part, Source, part_at
from caravan_crawler.reparse.reader import Reader, Reading


class Way:
    """The parts of sources, in their order.

    Where one ends is a guess until it is read: to know for sure, all before that place would have to be unpacked.
    Where the guess was wrong the way goes on from the right place.
    """

    def __init__(self, beginnings: Iterable[tuple[Source, int]]) -> None:
        """``beginnings`` are the sources, each with where it is to be read from."""
        self._ahead = deque(beginnings)

    def next(self) -> Part | None:
        """Return the next part; None at the end."""
        while self._ahead:
            source, start = self._ahead[0]
            if start < source.size:
                part = part_at(source, start)
                self._ahead[0] = source, part.stop
                return part
            self._ahead.popleft()
        return None

    def back_to(self, source: Source, start: int) -> None:
        """Go on from a place in the source of the last part, or, called for one part after the other, of one before."""
        if self._ahead and self._ahead[0][0] is source:
            self._ahead.popleft()
        self._ahead.appendleft((source, start))


class Parts(Way):
    """Parts whose ends are known."""

    def __init__(self, parts: Iterable[Part]) -> None:
        """``parts`` are given in their order."""
        self._parts = deque(parts)

    def next(self) -> Part | None:
        """Return the next part; None at the end."""
        return self._parts.popleft() if self._parts else None

    def back_to(self, source: Source, start: int) -> None:
        """Nothing is guessed."""


#: Parts under way for each process: one it reads, and one that waits for it.
_AHEAD = 2

Result = tuple[Part, list[Reading]]
Read = Callable[[Way], Iterator[Result]]


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
def reading(task: Task, processes: int) -> Iterator[Read]:
    """Give what reads the parts of a way, and gives each with its pages' readings.

    So many processes do it, this one alone or others. Those are forked here, with all that is imported: nothing may
    be open yet that is not for them, a store or a lock. The end stops them, however it comes.
    """
    if processes == 1:
        yield partial(_one_by_one, task)
        return
    pool = ProcessPoolExecutor(processes, get_context("fork"), _begin, (task,))
    try:
        _fork_all(pool, processes)
        yield partial(_in_order, pool, processes * _AHEAD)
    finally:
        pool.shutdown(cancel_futures=True)


def _fork_all(pool: ProcessPoolExecutor, processes: int) -> None:
    """Have the pool fork its processes, as it does with its first call."""
    try:
        pool.submit(os.getpid)
    except (OSError, RuntimeError) as error:  # no more processes, threads or files are allowed
        for process in active_children():
            process.kill()
        raise ProcessDiedError(f"{processes} processes cannot be begun ({error}); --jobs N asks for fewer") from None


def _one_by_one(task: Task, way: Way) -> Iterator[Result]:
    while (part := way.next()) is not None:
        readings, end = task(part)
        way.back_to(part.source, end)
        yield replace(part, stop=end), readings


def _in_order(pool: ProcessPoolExecutor, ahead: int, way: Way) -> Iterator[Result]:
    """Yield results in the parts' order, never holding more than a few: the store may be slower than the readers."""
    under_way: deque[tuple[Part, Future[tuple[list[Reading], int]]]] = deque()
    part: Part | None = None
    try:
        while True:
            while len(under_way) < ahead and (following := way.next()) is not None:
                under_way.append((following, pool.submit(_read, following)))
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


_task: Task | None = None


def _begin(task: Task) -> None:
    """Make a new process ready. The first process alone decides when the work ends."""
    global _task
    _task = task
    logging.basicConfig(level=logging.ERROR)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        threading.Thread(target=_end_with_parent, daemon=True).start()
    except RuntimeError:  # no more threads are allowed
        os._exit(1)


def _end_with_parent() -> None:
    """Wait for the first process's end, which may be a kill, and end too."""
    parent = parent_process()
    assert parent is not None
    connection.wait([parent.sentinel])
    os._exit(1)


def _read(part: Part) -> tuple[list[Reading], int]:
    assert _task is not None
    return _task(part)
