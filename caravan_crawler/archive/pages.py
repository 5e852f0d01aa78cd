"""Pages of an archive, and those saved as HTML files by a browser, by wget, or by another crawler."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from caravan_crawler.pages.document import Document, parse_document
from caravan_crawler.urls import Site, article_address, is_page_address


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


_INDEX = ("", "index", "index.html", "index.htm")

_END_OF_HEAD = re.compile(rb"</head|<body", re.IGNORECASE)


def read_html_files(files: Iterable[Path], base: str) -> Iterator[ArchivedPage | Skipped]:
    """Yield the pages whose URL on the site at ``base`` is known, or why a file is skipped.

    The modification time of a file is the time at which its page was observed.
    """
    site = Site(base)
    for path in files:
        try:
            body = path.read_bytes()
            modified_at = datetime.fromtimestamp(int(path.stat().st_mtime), UTC)
        except (OSError, OverflowError, ValueError):
            yield Skipped("unreadable")
            continue
        url = claimed_address(parse_document(_head(body), base, site)) or _address_from_path(path, site)
        if url is None:
            yield Skipped("without_address")
        else:
            yield ArchivedPage(url, body, modified_at)


def _head(body: bytes) -> bytes:
    """Return a page up to the end of its head, which names the page's address."""
    end = _END_OF_HEAD.search(body)
    return body[: end.start()] if end else body


def claimed_address(document: Document) -> str | None:
    """Return the article's URL from a page's canonical link or ``og:url``, or None."""
    for claim in (document.structured.links.get("canonical"), document.structured.text("og:url")):
        if claim and is_page_address(claim) and article_address(urlsplit(claim).path, urlsplit(claim).query):
            return claim
    return None


def _address_from_path(path: Path, site: Site) -> str | None:
    """Return the URL of a file in a mirror, whose folders are named after the site's host and paths; or None."""
    parts = path.parts
    host = next((index for index, part in enumerate(parts) if site.is_host(part)), None)
    if host is None:
        return None
    *folders, name = ["", *parts[host + 1 :]]
    # wget saves a page of the root with a query as index.html?p=1, and with -E as index.html?p=1.html
    name, _, query = name.removesuffix(".html").partition("?")
    own = [*folders, *([name] if name not in _INDEX else []), ""]
    address = site.address("/".join(own) + (f"?{query}" if query else ""))
    return site.canonical(address) if address else None
