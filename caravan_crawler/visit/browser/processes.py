"""The browser's processes, for the day it does not end by itself."""

import os
import signal
from contextlib import suppress
from pathlib import Path

#: What the command line of a node process that drives a browser has.
_DRIVES = b"run-driver"


def drivers() -> set[int]:
    """Return the numbers of the node processes that drive this one's browsers; none on a system without ``/proc``."""
    found = set()
    for pid in _children(os.getpid()):
        with suppress(OSError):
            if _DRIVES in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.add(pid)
    return found


def descendants(pid: int) -> list[int]:
    """Return the numbers of all processes below one; none on a system without ``/proc``."""
    return [each for child in _children(pid) for each in (child, *descendants(child))]


def kill(pids: list[int]) -> None:
    """End processes at once; those that are gone already are left out."""
    for pid in pids:
        with suppress(OSError):
            os.kill(pid, signal.SIGKILL)


def _children(pid: int) -> list[int]:
    found = []
    for path in Path("/proc").glob(f"{pid}/task/*/children"):
        with suppress(OSError):
            found += [int(child) for child in path.read_text().split()]
    return found
