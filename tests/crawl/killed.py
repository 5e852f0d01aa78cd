"""Scrapy's command, killed at the n-th occurrence of an event: ``KILL_AT="os.rename 3"``.

The event is one of Python's audit events (``os.rename``, ``os.mkdir``, ``sqlite3.connect`` …), ``sql`` for a
statement that is about to be executed, or ``commit`` for a transaction about to be committed. As a kill from
outside does, this one leaves no chance to tidy up; ``KILL_WITH="SIGTERM"`` only asks.
"""

import os
import signal
import sys
from typing import Any

from scrapy.cmdline import execute
from sqlalchemy import Engine, event


class KillAt:
    def __init__(self, name: str, times: int, number: signal.Signals) -> None:
        self._name = name
        self._left = times
        self._number = number

    def happens(self, name: str, *_: Any) -> None:
        if name == self._name:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), self._number)


if __name__ == "__main__":
    name, times = os.environ["KILL_AT"].split()
    kill = KillAt(name, int(times), signal.Signals[os.environ.get("KILL_WITH", "SIGKILL")])
    sys.addaudithook(kill.happens)
    event.listen(Engine, "before_cursor_execute", lambda *_: kill.happens("sql"))
    event.listen(Engine, "commit", lambda *_: kill.happens("commit"))
    execute()
