"""A file of a dataset, which knows its size and its SHA-256 when it is written.

It is summed, written and brought to the disk in a thread of its own, a few megabytes behind whoever makes it:
Python lets other threads run meanwhile. So an export waits for the disk only where that is the slower one.
"""

import hashlib
import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

#: The bytes that are handed over at once, and how many such pieces wait at most.
_PIECE, _MOST_WAITING = 1 << 20, 4
#: Each time so many bytes are written, the thread waits until they are on the disk: little is left for the end.
_SYNC_EVERY = 16 << 20


class SummedFile:
    """A new file, on the disk for good once it is closed.

    An error of the disk is raised by a later write, or by ``close``: a file whose ``close`` raised is torn.
    """

    def __init__(self, path: Path) -> None:
        self.size = 0
        """Its bytes."""
        self._file = path.open("xb", buffering=0)
        self._sum = hashlib.sha256()
        self._piece: list[bytes] = []
        self._piece_size = 0
        self._unsynced = 0
        self._thread = ThreadPoolExecutor(1, "export")
        self._waiting: deque[Future[None]] = deque()

    @property
    def sha256(self) -> str:
        """The sum of its bytes, in hexadecimal digits, once it is closed."""
        return self._sum.hexdigest()

    @property
    def closed(self) -> bool:
        """Whether it takes no more."""
        return self._file.closed

    def tell(self) -> int:
        """Return how many bytes were taken."""
        return self.size

    def write(self, data: Any) -> int:
        """Take bytes, all of them."""
        self._piece.append(bytes(data))
        self._piece_size += len(data)
        self.size += len(data)
        if self._piece_size >= _PIECE:
            self._hand_over()
        return len(data)

    def close(self) -> None:
        """Write what is left and wait for the disk."""
        if self.closed:
            return
        try:
            self._hand_over()
            while self._waiting:
                self._waiting.popleft().result()
            os.fsync(self._file.fileno())
        finally:
            self._thread.shutdown(cancel_futures=True)
            self._file.close()

    def _hand_over(self) -> None:
        while len(self._waiting) >= _MOST_WAITING:
            self._waiting.popleft().result()
        self._waiting.append(self._thread.submit(self._append, b"".join(self._piece)))
        self._piece.clear()
        self._piece_size = 0

    def _append(self, data: bytes) -> None:
        self._sum.update(data)
        left = memoryview(data)
        while left:
            left = left[self._file.write(left) :]
        self._unsynced += len(data)
        if self._unsynced >= _SYNC_EVERY:
            self._unsynced = 0
            os.fsync(self._file.fileno())


def write_text(path: Path, text: str) -> SummedFile:
    """Write a small file; return it closed."""
    file = SummedFile(path)
    try:
        file.write(text.encode())
    finally:
        file.close()
    return file
