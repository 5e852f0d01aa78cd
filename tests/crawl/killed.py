"""Scrapy's command, killed at the n-th time that something happens: ``KILL_AT="os.rename 3"``.

The event is one of Python's audit events (``os.rename``, ``os.mkdir``, ``sqlite3.connect`` …), ``sql`` for a
statement that is about to be executed, or ``commit`` for a transaction about to be committed. As a kill from
outside does, this one leaves no chance to tidy up.
"""

import os
import signal
import sys
from typing import Any

from scrapy.cmdline import execute
from sqlalchemy import Engine, event


class KillAt:
    def __init__(self, name: str, times: int) -> None:
        self._name = name
        self._left = times

    def happens(self, name: str, *_: Any) -> None:
        if name == self._name:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    name, times = os.environ["KILL_AT"].split()
    kill = KillAt(name, int(times))
    sys.addaudithook(kill.happens)
    event.listen(Engine, "before_cursor_execute", lambda *_: kill.happens("sql"))
    event.listen(Engine, "commit", lambda *_: kill.happens("commit"))
    execute()
