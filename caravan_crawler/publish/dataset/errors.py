"""What ends an export before its dataset is in place."""

from caravan_crawler.outcome import BELOW_FLOORS, CRASHED, LOCKED, REFUSED


class ExportError(Exception):
    """There is no new dataset; the text is one line for the user, ``code`` the exit code."""

    code = CRASHED


class ExportRefusedError(ExportError):
    """The arguments or the place for the dataset cannot be used."""

    code = REFUSED


class BelowFloorsError(ExportError):
    """The data is not fit to be published."""

    code = BELOW_FLOORS


class ExportLockedError(ExportError):
    """Another export is writing the same dataset."""

    code = LOCKED
