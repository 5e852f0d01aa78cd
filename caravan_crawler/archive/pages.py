"""Contents of an archive: pages, and records or files that are not pages."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ArchivedPage:
    """A page as it was fetched from ``url`` at ``observed_at``, in UTC; validators are None if the server sent none."""

    url: str
    body: bytes
    observed_at: datetime
    content_type: str = ""
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """A record or file that is not a page; the reason is a key of the summary."""

    reason: str


class ArchiveError(Exception):
    """A path cannot be read as an archive; the message is one line for the user."""
