"""Answers of the sample site, before they are put on a wire."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from caravan_crawler.sample_site.delivery import Delivery

HTML = "text/html; charset=utf-8"
XML = "application/xml; charset=utf-8"
RSS = "application/rss+xml; charset=utf-8"
TEXT = "text/plain; charset=utf-8"
GIF = "image/gif"
JSON = "application/json"
SCRIPT = "text/javascript; charset=utf-8"


@dataclass(frozen=True, slots=True)
class SampleResponse:
    """Status, headers (names as usually written) and body of one answer.

    ``delivery`` says how it goes over the wire; None means at once, whole and well.
    """

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    delivery: Delivery | None = None


def ok(body: bytes | str, content_type: str = HTML) -> SampleResponse:
    """A page found."""
    content = body.encode() if isinstance(body, str) else body
    return SampleResponse(200, {"Content-Type": content_type}, content)


def moved(url: str) -> SampleResponse:
    """A permanent redirect to an absolute URL."""
    body = f'<!DOCTYPE html><title>301</title><a href="{url}">{url}</a>'
    return SampleResponse(301, {"Content-Type": HTML, "Location": url}, body.encode())


@dataclass(frozen=True, slots=True)
class Validators:
    """What lets a client ask whether a page has changed."""

    etag: str
    modified: datetime

    def headers(self) -> dict[str, str]:
        """As response headers."""
        modified = format_datetime(self.modified.astimezone(UTC), usegmt=True)
        return {"ETag": self.etag, "Last-Modified": modified}

    def unchanged(self, request: Mapping[str, str]) -> bool:
        """Whether the request's conditions (header names in lower case) allow a 304."""
        tags = request.get("if-none-match")
        if tags is not None:  # it outranks If-Modified-Since
            known = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
            return "*" in known or self.etag in known
        since = request.get("if-modified-since")
        if since is None:
            return False
        try:
            moment = parsedate_to_datetime(since)
        except ValueError:
            return False
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return self.modified.replace(microsecond=0) <= moment
