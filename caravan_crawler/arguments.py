"""The spider's arguments, ``-a NAME=VALUE``: their names, checks and help texts."""

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from caravan_crawler.atomic import user_path
from caravan_crawler.normalise.dates import parse_date
from caravan_crawler.normalise.text import encodable
from caravan_crawler.urls import PUBLIC_BASE, Site, address_problem, normal_path

#: Name of the project's spider.
SPIDER = "caravan"
SAMPLE = "sample"
#: Characters of an invalid URL that a message quotes.
_SHOWN = 100
_DEFAULT_PORTS = {"http": 80, "https": 443}
#: Longest list of section names in a scope, in bytes.
_LONGEST_SECTIONS = 200
#: Most characters that are read of a pipe or a device that names pages.
_LARGEST_STREAM = 16 * 1024 * 1024
#: Digits of the largest number that is accepted.
_MOST_DIGITS = 6


class ArgumentError(ValueError):
    """An argument that cannot be used; its text is one line for the user."""


#: What Scrapyd adds to the user's arguments: its number for the job, and the version asked for.
_JOB, _VERSION = "_job", "_version"

#: Each argument and its help text.
HELP = {
    "site": f"base URL of the site, or '{SAMPLE}' for the sample site of the package (default {PUBLIC_BASE})",
    "since": "first day of publication, YYYY-MM-DD, inclusive",
    "until": "last day of publication, YYYY-MM-DD, inclusive",
    "sections": "comma list of sections: news,gazeta,sport (default all)",
    "urls": "read only these pages: comma list of URLs, or @FILE with one a line",
    "refresh_days": "articles younger than so many days are read again for views and edits (default 7)",
    "limit": "end after this number of new or changed articles, and publish them with those of the runs that it "
    "continues; the next run continues (default: no limit)",
}


@dataclass(frozen=True)
class CrawlArguments:
    """The arguments of one crawl, checked. ``site`` is a base URL with its final slash, or ``sample``.

    ``job`` is Scrapyd's number for the run, None where something else has started it.
    """

    site: str = PUBLIC_BASE
    since: date | None = None
    until: date | None = None
    sections: frozenset[str] = frozenset()
    urls: tuple[str, ...] = ()
    refresh_days: int = 7
    limit: int | None = None
    job: str | None = None

    @classmethod
    def parse(cls, given: dict[str, str]) -> "CrawlArguments":
        """Check the arguments as given; :class:`ArgumentError` names the first bad one."""
        job = given.get(_JOB)
        given = {name: value for name, value in given.items() if name not in (_JOB, _VERSION)}
        for name in given:
            if name not in HELP:
                raise ArgumentError(f"unknown argument '{name}'{known_names(name, HELP)}")
        values: dict[str, Any] = {name: check(given[name]) for name, check in _CHECKS.items() if name in given}
        arguments = cls(**values, job=job)
        if arguments.since and arguments.until and arguments.until < arguments.since:
            raise ArgumentError(f"until={arguments.until} is before since={arguments.since}")
        return replace(arguments, urls=_urls(given["urls"], arguments.site)) if "urls" in given else arguments

    @property
    def scope(self) -> str:
        """Scope of the run: its period, sections or ``urls``; empty for a run of everything.

        The scope and a URL form an index, whose size PostgreSQL limits: a long list of sections is stored as a hash.
        """
        sections = ",".join(sorted(self.sections))
        if len(sections.encode()) > _LONGEST_SECTIONS:
            sections = sha256(sections.encode()).hexdigest()[:16]
        parts = {
            "since": self.since.isoformat() if self.since else None,
            "until": self.until.isoformat() if self.until else None,
            "sections": sections,
            "urls": sha256("\n".join(sorted(self.urls)).encode()).hexdigest()[:16] if self.urls else None,
        }
        return " ".join(f"{name}={value}" for name, value in parts.items() if value)

    def as_json(self) -> dict[str, Any]:
        """Return the arguments as JSON values."""
        values: dict[str, Any] = vars(self) | {"sections": sorted(self.sections), "urls": list(self.urls)}
        return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}

    @property
    def is_bounded(self) -> bool:
        """Whether the run has a period."""
        return self.since is not None or self.until is not None

    def covers(self, day: date) -> bool:
        """Whether ``day`` is within the period."""
        return not self.is_before(day) and not (self.until and day > self.until)

    def is_before(self, day: date | None) -> bool:
        """Whether ``day`` is known and before the period."""
        return day is not None and self.since is not None and day < self.since

    def has_section(self, section: str | None) -> bool:
        """Whether a section is requested; an unknown section (None) may be."""
        return section is None or not self.sections or section in self.sections

    def wants(self, section: str | None, published: str | None) -> bool:
        """Whether the section and day are requested; an article without a day only if there is no period."""
        if published is None:
            return self.has_section(section) and not self.is_bounded
        return self.has_section(section) and self.covers(date.fromisoformat(published))

    def is_open_to(self, printed: str | None) -> bool:
        """Whether an article with this date in a listing may be in the period; without a date it may.

        ``5 августа`` is this year or earlier. It may be before the period, but is never treated as after it.
        """
        parsed = parse_date(printed, datetime.now(UTC)) if printed is not None and self.is_bounded else None
        if parsed is None or parsed.day is None:
            return True
        return self.covers(parsed.day) or (parsed.inferred and not self.is_before(parsed.day))


def _site(value: str) -> str:
    value = value.strip()
    if value == SAMPLE:
        return value
    try:
        parts = urlsplit(value)
        port_is_sound = parts.port is None or parts.port > 0
    except ValueError as error:
        raise ArgumentError(f"site={value} is not a URL: {error}") from None
    if parts.scheme not in ("http", "https"):
        raise ArgumentError(f"site={value} must begin with http:// or https://, or be '{SAMPLE}'")
    if parts.username or parts.password:
        raise ArgumentError(f"site={parts.scheme}://{parts.hostname}/ must be given without user and password")
    host = (parts.hostname or "").rstrip(".")  # with a dot at its end it is the same host
    if not host or not port_is_sound or any(mark in value for mark in " \\\t\n"):
        raise ArgumentError(f"site={value} names no host that can be crawled")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ArgumentError(f"site={value} must be the root of a site, such as {parts.scheme}://{parts.netloc}/")
    try:
        host = host.encode("idna").decode("ascii")
    except UnicodeError:
        raise ArgumentError(f"site={value} names no host that can be crawled") from None
    host = f"[{host}]" if ":" in host else host
    port = "" if parts.port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}/"


def day_in(value: str) -> date | None:
    """Return a day written ``YYYY-MM-DD``, or None."""
    try:
        day = date.fromisoformat(value.strip())
    except ValueError:
        return None
    return day if day.isoformat() == value.strip() else None


def names_in(value: str) -> tuple[str, ...]:
    """Return the names in a comma list, in small letters and without slashes around them; none if one is no name."""
    names = tuple(dict.fromkeys(part.strip().strip("/").lower() for part in value.split(",") if part.strip()))
    return () if any("/" in name or name in ("", ".", "..") for name in names) else names


def known_names(name: str, known: Iterable[str]) -> str:
    """Return the end of a message about an unknown name: the one that may be meant, and all known ones."""
    close = difflib.get_close_matches(name, known := list(known), 1)
    hint = f"; did you mean '{close[0]}'?" if close else ""
    return f"{hint} (known: {', '.join(known)})"


def _day(name: str, value: str) -> date:
    if (day := day_in(value)) is None:
        raise ArgumentError(f"{name}={value} is not a day as YYYY-MM-DD")
    return day


def _sections(value: str) -> frozenset[str]:
    if names := names_in(value):
        return frozenset(map(normal_path, names))
    raise ArgumentError(f"sections={value} must be names such as news,gazeta")


def _number(name: str, least: int, value: str) -> int:
    if not value.strip().isdecimal() or len(value) > _MOST_DIGITS or int(value) < least:
        raise ArgumentError(f"{name}={value} is not a whole number from {least} on")
    return int(value)


#: The check of each argument but ``urls``, in the order in which they are checked.
_CHECKS: dict[str, Callable[[str], Any]] = {
    "site": _site,
    "since": partial(_day, "since"),
    "until": partial(_day, "until"),
    "sections": _sections,
    "refresh_days": partial(_number, "refresh_days", 0),
    "limit": partial(_number, "limit", 1),
}


def _urls(value: str, site: str) -> tuple[str, ...]:
    if value.startswith("@"):
        path = user_path(value[1:])
        try:
            text = path.read_text(encoding="utf-8-sig") if path.is_file() else _read_stream(path)
            lines = text.splitlines()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            raise ArgumentError(f"urls=@{path} cannot be read: {reason}") from None
        urls = [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    else:
        urls = [url.strip() for url in value.split(",") if url.strip()]
    if not urls:
        raise ArgumentError("urls names no page")
    for url in urls:
        if encodable(url) != url:
            raise ArgumentError(f"urls: {url} is not UTF-8")
        if site == SAMPLE and urlsplit(url).netloc:
            raise ArgumentError(f"urls: {url} is not a page of the sample site; give the path alone")
        check_on_site(url, Site("http://127.0.0.1/" if site == SAMPLE else site))
    return tuple(dict.fromkeys(urls))


@cache
def _read_stream(path: Path) -> str:
    """Return the text of a pipe or a device, which can be read once and may have no end."""
    with path.open(encoding="utf-8-sig") as file:
        text = file.read(_LARGEST_STREAM + 1)
    if len(text) > _LARGEST_STREAM:
        raise ArgumentError(f"urls=@{path} cannot be read: it has more than {_LARGEST_STREAM} characters")
    return text


def check_on_site(url: str, site: Site) -> str:
    """Return ``url`` resolved on ``site``. Raise :class:`ArgumentError` if it is not a page of it."""
    resolved = site.resolve(url)
    if resolved is None:
        shown = url if len(url) <= _SHOWN else f"{url[:_SHOWN]}…"
        try:
            problem = address_problem(urljoin(site.base, url), site.longest_address)
        except ValueError:  # brackets that hold no address
            problem = None
        raise ArgumentError(f"urls: {shown}: {problem}" if problem else f"urls: {shown} is not a page of {site.base}")
    return resolved
