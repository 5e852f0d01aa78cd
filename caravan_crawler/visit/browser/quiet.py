"""What the libraries below say of a browser that died, in many lines; ``chromium.py`` says it in one."""

import logging


class _OfTheBrowser(logging.Filter):
    """Drops what the event loop says of tasks and answers that a dead browser has left behind."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        return "playwright" not in message and "from the driver" not in message


_OF_THE_BROWSER = _OfTheBrowser()


def quieten() -> None:
    """Leave out their lines; called any number of times it does the same."""
    logging.getLogger("scrapy-playwright").setLevel(logging.ERROR)
    logging.getLogger("playwright").setLevel(logging.CRITICAL)
    logging.getLogger("asyncio").addFilter(_OF_THE_BROWSER)
