"""A pool of processes that parse the parts of an archive."""

import logging
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from itertools import islice
from multiprocessing import active_children, connection, get_context, parent_process
from typing import Any

from caravan_crawler.archive.sources import Part
from caravan_crawler.reparse.reader import Reader, Reading

#: Parts in flight per process: one that it parses, and one that waits for it.
_IN_FLIGHT = 2

Read = Callable[[Iterable[Part]], Iterator[tuple[Part, list[Reading]]]]


class ProcessDiedError(Exception):
    """A process of the pool was killed or ran out of memory; the message is one line for the user."""


class Task:
    """Parses the pages of a part; ``base`` is the site's address, ``settings`` name the pipelines."""

    def __init__(self, settings: dict[str, Any], base: str) -> None:
        self._settings = settings
        self._base = base
        self._readers: dict[str, Reader] = {}

    def __call__(self, part: Part) -> list[Reading]:
        """Return the readings of the part's pages."""
        base = part.source.about.site or self._base
        if base not in self._readers:
            self._readers[base] = Reader(self._settings, base)
        return list(self._readers[base].read(part.pages(base)))


@contextmanager
def reading(task: Task, processes: int) -> Iterator[Read]:
    """Yield a function that parses parts, in this process or by a pool, and yields each with its readings, in order.

    The pool's processes are forked here with all imported modules, so no store or lock may be open yet. They end with
    the context.
    """
    if processes == 1:
        yield lambda parts: ((part, task(part)) for part in parts)
        return
    pool = ProcessPoolExecutor(processes, get_context("fork"), _init_process, (task,))
    try:
        _fork_all(pool, processes)
        yield partial(_in_order, pool, processes * _IN_FLIGHT)
    finally:
        pool.shutdown(cancel_futures=True)


def _fork_all(pool: ProcessPoolExecutor, processes: int) -> None:
    """Fork the pool's processes, which happens at its first call."""
    try:
        pool.submit(os.getpid)
    except (OSError, RuntimeError) as error:  # a limit of processes, threads or open files
        for process in active_children():
            process.kill()
        raise ProcessDiedError(f"{processes} processes cannot be started ({error}); --jobs N asks for fewer") from None


def _in_order(pool: ProcessPoolExecutor, most: int, parts: Iterable[Part]) -> Iterator[tuple[Part, list[Reading]]]:
    """Yield results in the order of the parts; at most ``most`` are in memory, as the store may be slower."""
    left = iter(parts)
    in_flight: deque[tuple[Part, Future[list[Reading]]]] = deque()
    part: Part | None = None
    try:
        while True:
            for following in islice(left, most - len(in_flight)):
                in_flight.append((following, pool.submit(_parse, following)))
            if not in_flight:
                return
            part, future = in_flight.popleft()
            yield part, future.result()
    except BrokenProcessPool:
        where = f" reading {part.source.path} from byte {part.start}" if part else ""
        raise ProcessDiedError(f"a process has died{where}; the same command continues from there") from None


_task: Task | None = None


def _init_process(task: Task) -> None:
    """Prepare a new process; it ignores SIGINT, as the parent process decides when the work ends."""
    global _task
    _task = task
    logging.basicConfig(level=logging.ERROR)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        threading.Thread(target=_exit_with_parent, daemon=True).start()
    except RuntimeError:  # a limit of threads
        os._exit(1)


def _exit_with_parent() -> None:
    """Wait until the parent process ends, which may be by a kill, and exit."""
    parent = parent_process()
    assert parent is not None
    connection.wait([parent.sentinel])
    os._exit(1)


def _parse(part: Part) -> list[Reading]:
    assert _task is not None
    return _task(part)
