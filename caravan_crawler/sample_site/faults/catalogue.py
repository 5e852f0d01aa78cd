"""The list of faults, and how one is written."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from caravan_crawler.sample_site.faults import bad_pages, delivered, statuses
from caravan_crawler.sample_site.faults.base import Fault, PageFault, Trick
from caravan_crawler.sample_site.faults.changing import LOSABLE, MarkupSwitch, Shifting
from caravan_crawler.sample_site.faults.rate_limits import RateLimit
from caravan_crawler.sample_site.faults.traps import ArticleTrap, EndlessListing, UrlTrap

_LONGEST = 3600.0
_ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a fault: its name for people, how it is read (ValueError in words), and its default as written."""

    name: str
    read: Callable[[str], Any]
    default: str


@dataclass(frozen=True, slots=True)
class FaultKind:
    """A fault that can be asked for: what it does, what makes one, and the values that takes in turn."""

    description: str
    make: Callable[..., Fault]
    values: tuple[Value, ...] = ()

    def usage(self, name: str) -> str:
        """How it is written: ``slow[:SECONDS=0.05]``."""
        return name + "".join(f"[:{value.name}={value.default}]" for value in self.values)


def make_fault(text: str) -> Fault:
    """Make the fault written ``NAME[:VALUE[:VALUE]]``. Raise ValueError, in words, where there is none such."""
    name, *given = text.strip().split(":")
    kind = FAULTS.get(name)
    if kind is None:
        raise ValueError(f"unknown fault {name!r}; known are {', '.join(FAULTS)}")
    if len(given) > len(kind.values):
        raise ValueError(f"fault {text!r} has too many values; it is written {kind.usage(name)}")
    written = [*given, *(value.default for value in kind.values[len(given) :])]
    try:
        return kind.make(*(value.read(part) for value, part in zip(kind.values, written, strict=True)))
    except ValueError as error:
        raise ValueError(f"fault {text!r}: {error}; it is written {kind.usage(name)}") from None


def _whole(text: str, least: int = 1, most: int = 1_000_000) -> int:
    is_whole = text.isascii() and text.isdigit() and len(text) < 10
    if not is_whole or not least <= int(text) <= most:
        raise ValueError(f"{text!r} is no whole number from {least} to {most}")
    return int(text)


def _from_zero(text: str) -> int:
    return _whole(text, least=0)


def _megabytes(text: str) -> int:
    return _whole(text, most=2000)  # they are held in memory


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= _LONGEST:
        raise ValueError(f"{text!r} is no number of seconds from 0 to {_LONGEST:g}")
    return seconds


def _times(text: str) -> int | None:
    return None if text == _ALWAYS else _whole(text)


def _field(text: str) -> str:
    if text not in LOSABLE:
        raise ValueError(f"{text!r} is none of {', '.join(LOSABLE)}")
    return text


_EVERY = Value("EVERY", _whole, "20")


def _pages(name: str, description: str, trick: Trick, times: str = _ALWAYS, *, spares: bool = False) -> FaultKind:
    """A trick on one of EVERY articles, TIMES times (or always)."""

    def make(times: int | None, every: int) -> Fault:
        return PageFault(name, trick, times, every, spares=spares)

    return FaultKind(description, make, (Value("TIMES", _times, times), _EVERY))


def _sized(name: str, description: str, trick: Callable[[Any], Trick], value: Value) -> FaultKind:
    """A trick with a value of its own on one of EVERY articles, always."""

    def make(size: Any, every: int) -> Fault:
        return PageFault(name, trick(size), None, every)

    return FaultKind(description, make, (value, _EVERY))


def _pause(default: str = "1") -> tuple[Value]:
    return (Value("SECONDS", _whole, default),)


FAULTS: dict[str, FaultKind] = {
    "slow": FaultKind("each answer comes SECONDS late", delivered.Slow, (Value("SECONDS", _seconds, "0.05"),)),
    "drip": _sized(
        "drip",
        "articles whose body comes in ten pieces over SECONDS",
        delivered.drip,
        Value("SECONDS", _seconds, "1"),
    ),
    "hang": _sized(
        "hang",
        "articles that are never answered; the connection ends after SECONDS",
        delivered.hang,
        Value("SECONDS", _seconds, "30"),
    ),
    "cut": _pages("cut", "articles of which half comes, less than Content-Length, before the end", delivered.cut),
    "reset": _pages("reset", "articles in whose middle the connection is reset", delivered.reset),
    "half_pages": _pages("half_pages", "articles whose HTML breaks off, with a right Content-Length", bad_pages.half),
    "errors_500": _pages("errors_500", "pages that answer 500", statuses.error_500, "1"),
    "error_200": _pages("error_200", "articles that are an error page with status 200", bad_pages.error_200),
    "empty": _pages("empty", "articles that are nothing, with status 200", bad_pages.empty),
    "challenge": _pages("challenge", "articles that are a page asking to prove that one is human", bad_pages.challenge),
    "rate_limit": FaultKind("429 with Retry-After: SECONDS after every 40 requests", RateLimit, _pause()),
    "rate_limit_date": FaultKind(
        "the same with Retry-After as a date", lambda seconds: RateLimit(seconds, as_date=True), _pause()
    ),
    "rate_limit_503": FaultKind("the same with status 503", lambda seconds: RateLimit(seconds, 503), _pause()),
    "redirect_loop": _pages("redirect_loop", "articles that redirect to themselves", statuses.redirect_loop),
    "redirect_away": _pages(
        "redirect_away",
        "articles that redirect to another host, to file:///etc/passwd or to a private address",
        statuses.redirect_away,
    ),
    "wrong_charset": _pages(
        "wrong_charset",
        "articles in UTF-8 whose header says windows-1251 or nonsense",
        bad_pages.wrong_charset,
        spares=True,
    ),
    "invalid_bytes": _pages(
        "invalid_bytes", "articles with bytes in their text that are no UTF-8", bad_pages.invalid_bytes
    ),
    "nested": _pages("nested", "articles with 100,000 nested tags around or within the text", bad_pages.nested),
    "huge": _sized("huge", "articles of MEGABYTES", bad_pages.huge, Value("MEGABYTES", _megabytes, "50")),
    "gzip_bomb": _sized(
        "gzip_bomb",
        "articles that are MEGABYTES of blanks, packed once or twice by gzip",
        bad_pages.gzip_bomb,
        Value("MEGABYTES", _megabytes, "120"),
    ),
    "markup_switch": FaultKind(
        f"after PAGES article pages, another template without FIELD ({', '.join(LOSABLE)})",
        MarkupSwitch,
        (Value("PAGES", _from_zero, "500"), Value("FIELD", _field, "date")),
    ),
    "shifting": FaultKind(
        "ARTICLES new articles whenever a page of the list of news was read, 20 times",
        Shifting,
        (Value("ARTICLES", _whole, "3"),),
    ),
    "endless_listing": FaultKind("lists that begin anew beyond their end, on and on", EndlessListing),
    "endless_listing_new": FaultKind(
        "the same with ever new addresses of articles and pages", lambda: EndlessListing(is_new=True)
    ),
    "url_trap": FaultKind("pages that link to ever new days of a calendar and sortings, which answer 200", UrlTrap),
    "article_trap": FaultKind("the same with addresses formed like an article's without number", ArticleTrap),
    "dead_robots": FaultKind("robots.txt that answers 500", statuses.DeadRobots),
}
