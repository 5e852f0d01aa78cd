"""WARC records and files for the tests, made by hand, so that they can be wrong in any way."""

import gzip
from collections.abc import Iterable
from pathlib import Path

from caravan_crawler.archive.warc import RUN, SITE, WarcWriter

BASE = "https://www.caravan.kz/"
TIME = "2020-02-03T04:05:06Z"
RUN_ID = "20260206T040500Z-abcdef"


def record(
    body: bytes = b"",
    kind: str = "response",
    url: str = f"{BASE}news/a-900001/",
    date: str = TIME,
    version: str = "1.0",
    **fields: str,
) -> bytes:
    """A record of a file that is not compressed; ``body`` is all after the record's own header."""
    header = {"WARC-Type": kind, "WARC-Target-URI": url, "WARC-Date": date, "WARC-Record-ID": "<urn:uuid:0>"}
    content_type = "application/http; msgtype=response" if kind in ("response", "revisit") else "text/plain"
    header |= {"Content-Type": content_type, "Content-Length": str(len(body))} | fields
    lines = "".join(f"{name}: {value}\r\n" for name, value in header.items() if value)
    return f"WARC/{version}\r\n{lines}\r\n".encode() + body + b"\r\n\r\n"


def answer(body: bytes, status: str = "200 OK", content_type: str = "text/html", **headers: str) -> bytes:
    """An HTTP response; a header's name has underscores for its dashes."""
    lines = {"Content-Type": content_type} | {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value)
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body


def info(run_id: str | None = None, site: str = BASE) -> bytes:
    """The first record of a file: of a crawl if there is a run, else of another program."""
    lines = {"software": "other/1.0"} | ({RUN: run_id, SITE: site} if run_id else {})
    return record("".join(f"{name}: {value}\r\n" for name, value in lines.items()).encode(), "warcinfo", "")


def packed(records: Iterable[bytes]) -> bytes:
    return b"".join(map(gzip.compress, records))


def write_crawl(
    folder: Path, pages: Iterable[tuple[str, bytes]], site: str, most_bytes: int = 1 << 30, pages_a_second: int = 1
) -> None:
    """Write the files of a crawl of a site with these pages."""
    from datetime import UTC, datetime, timedelta

    files = WarcWriter(folder, RUN_ID, {SITE: site}, most_bytes)
    time = datetime(2026, 2, 6, 4, 5, 6, tzinfo=UTC)
    for number, (url, body) in enumerate(pages):
        files.write(
            url, "200 OK", [("Content-Type", "text/html")], body, time + timedelta(seconds=number // pages_a_second)
        )
    files.close()
