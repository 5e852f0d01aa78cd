"""An SQLite store's file read once from end to end, beside an export that asks for its rows in another order.

The order of the keys is not the order in the file, and on a disk each row would be waited for alone; read straight
through, the system has the file in memory before its rows are asked for. What does not fit there is not read so.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_AT_ONCE = 1 << 20


@contextmanager
def read_ahead(file: Path | None) -> Iterator[None]:
    """Read ``file`` in a thread for as long as the block takes, at most; None and a file too big are left alone."""
    if file is None or file.stat().st_size > _memory() / 2:
        yield
        return
    stop = threading.Event()
    thread = threading.Thread(target=_read, args=(file, stop), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _read(file: Path, stop: threading.Event) -> None:
    buffer = bytearray(_AT_ONCE)
    try:
        with file.open("rb", buffering=0) as source:
            while not stop.is_set() and source.readinto(buffer):
                pass
    except OSError:
        return  # whoever reads rows meets the same error, and tells it


def _memory() -> int:
    """Return the machine's memory in bytes, 0 where it is not told."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return 0
