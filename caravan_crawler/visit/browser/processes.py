"""The browser's processes, for the day it does not end by itself."""

import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any


def driver_pid(handler: Any) -> int | None:
    """Return the number of the node process that drives the browser of a scrapy-playwright handler, if it has one."""
    manager = getattr(getattr(handler, "browser_provider", None), "playwright_context_manager", None)
    transport = getattr(getattr(manager, "_connection", None), "_transport", None)
    return getattr(getattr(transport, "_proc", None), "pid", None)


def descendants(pid: int) -> list[int]:
    """Return the numbers of all processes below one; none where the system has no ``/proc``."""
    found = []
    for path in Path("/proc").glob(f"{pid}/task/*/children"):
        with suppress(OSError):
            for child in path.read_text().split():
                found += [int(child), *descendants(int(child))]
    return found


def kill(pids: list[int]) -> None:
    """End processes at once; those that are gone already are left out."""
    for pid in pids:
        with suppress(OSError):
            os.kill(pid, signal.SIGKILL)
