"""A request to stop in the middle of a command: Ctrl-C, or SIGTERM as systemd and others send it."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopAskedError(BaseException):
    """Somebody has asked for the end; what is half done is taken away on its way up. ``code`` is the exit code."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.code = 128 + number


@contextmanager
def stops_heeded() -> Iterator[None]:
    """Raise :class:`StopAskedError` at the first signal that asks for the end; a second one ends at once."""
    before = {number: signal.signal(number, _stop) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(number: int, _frame: FrameType | None) -> NoReturn:
    for each in _SIGNALS:
        signal.signal(each, signal.SIG_DFL)
    raise StopAskedError(number)


class Stop:
    """Notes the first signal that asks for the end, for work that ends by itself; a second one ends at once."""

    def __init__(self) -> None:
        self.number = 0
        for number in _SIGNALS:
            signal.signal(number, self._note)

    def is_asked(self) -> bool:
        """Whether the work is to end."""
        return self.number != 0

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self.number = number
        signal.signal(number, signal.SIG_DFL)
