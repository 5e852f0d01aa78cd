"""Pages of an archive, and what can be wrong with one."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ArchivedPage:
    """A page as it was fetched from ``url`` at ``observed_at``, in UTC; validators where the server gave them."""

    url: str
    body: bytes
    observed_at: datetime
    content_type: str = ""
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something in an archive that is no page: one word says why."""

    reason: str


class ArchiveError(Exception):
    """A path cannot be read as an archive; its text is one line for the user."""
