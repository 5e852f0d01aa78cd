"""A page out of an archive."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SavedPage:
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
