"""A file of a dataset, which knows its size and its SHA-256 when it is written."""

import hashlib
import io
import os
from pathlib import Path
from typing import Any

_BUFFER = 1 << 20


class WholeFile(io.BufferedWriter):
    """A new file, on the disk for good once it is closed."""

    def __init__(self, path: Path) -> None:
        self._sum = _Summing(path)
        super().__init__(self._sum, _BUFFER)

    @property
    def size(self) -> int:
        """Its bytes, all of them once it is closed."""
        return self._sum.size

    @property
    def sha256(self) -> str:
        """The sum of its bytes, in hexadecimal digits."""
        return self._sum.sha256.hexdigest()

    def close(self) -> None:
        """Write what is left and wait for the disk."""
        if not self.closed:
            try:
                self.flush()
                os.fsync(self.fileno())
            finally:
                self._sum.close()


class _Summing(io.FileIO):
    def __init__(self, path: Path) -> None:
        super().__init__(path, "x")
        self.size = 0
        self.sha256 = hashlib.sha256()

    def write(self, data: Any) -> int:
        written = super().write(data)
        self.sha256.update(memoryview(data)[:written])
        self.size += written
        return written


def write_text(path: Path, text: str) -> WholeFile:
    """Write a small file; return it closed."""
    file = WholeFile(path)
    try:
        file.write(text.encode())
    finally:
        file.close()
    return file
