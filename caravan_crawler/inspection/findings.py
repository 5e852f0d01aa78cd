"""Findings about a site, and whether a crawl of it would yield data below the floors."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from caravan_crawler.inspection.facts import ArticleFacts, Facts, Inspection, Role
from caravan_crawler.normalise.numbers import SANE_BAND
from caravan_crawler.outcome import BELOW_FLOORS, MOST_FAILED, SOUND, UNREACHABLE, Outcome

#: A body with fewer characters is short for a news item.
SHORT_BODY = 200
#: Maximum share of doubtful values. Above it, the reader or the site is at fault.
MOST_DOUBTFUL = 0.2
#: Crawl-delay in seconds with which the whole archive takes longer than half a year.
_LONG_DELAY = 100
#: Problem of a URL that robots.txt forbids.
FORBIDDEN = "robots.txt forbids it"
_NAMES = {
    Role.SITEMAP: "the sitemap",
    Role.HOME: "the home page",
    Role.FEED: "the feed",
    Role.LISTING: "the list",
}
#: The kinds of page that a source may have.
_KINDS = {
    Role.SITEMAP: ("sitemap", "sitemap index"),
    Role.HOME: ("home", "listing", "other"),
    Role.FEED: ("feed",),
    Role.LISTING: ("listing", "other", "tag"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding, printed as ``odd: …``. With ``counts``, it would put the data of a crawl below the floors.

    ``code`` is a stable name for programs, ``urls`` are the pages it was seen on.
    """

    code: str
    message: str
    counts: bool = False
    urls: tuple[str, ...] = ()


def judge(inspection: Inspection, floors: Mapping[str, float]) -> tuple[list[Finding], Outcome]:
    """Return the findings, those that count first, and the outcome. ``floors`` is the setting FLOORS."""
    odd = [*_about_robots(inspection), *_about_sources(inspection), *_about_pages(inspection)]
    odd += _about_articles(inspection, floors)
    odd.sort(key=lambda one: not one.counts)
    if problem := _unreachable(inspection):
        return odd, Outcome(UNREACHABLE, problem)
    read = [one for one in inspection.articles if one.article]
    message = f"{len(read)} of {len(inspection.articles)} pages asked for as articles are articles"
    if counting := [one for one in odd if one.counts]:
        return odd, Outcome(BELOW_FLOORS, f"{'; '.join(one.message for one in counting)} ({message})")
    others = f"; oddities that do not count: {len(odd)}" if odd else ""
    return odd, Outcome(SOUND, f"{message}{others}")


def _unreachable(inspection: Inspection) -> str | None:
    """Return why the site is unreachable, or None; a challenge or a forbidding robots.txt is a response."""
    if any(one.status is not None and (one.status < 400 or one.kind == "challenge") for one in inspection.facts):
        return None
    if not inspection.robots.allows_home:
        return None
    last = next((one for one in reversed(inspection.facts) if one.problem), None)
    problem = inspection.robots.problem or (f"{last.url}: {last.problem}" if last else None)
    return f"no page could be read; {problem or inspection.ended or 'nothing was asked for'}"


def _about_robots(inspection: Inspection) -> Iterator[Finding]:
    robots = inspection.robots
    if robots.problem:
        yield Finding("robots_unread", robots.problem, counts=True)
    forbidden = [one for one in inspection.facts if one.problem == FORBIDDEN]
    if forbidden:
        counts = not robots.allows_home or any(one.asked.role is Role.ARTICLE for one in forbidden)
        yield _finding("robots_forbids", "robots.txt forbids us what was asked for", forbidden, counts=counts)
    if robots.crawl_delay and robots.crawl_delay >= _LONG_DELAY:
        yield Finding("crawl_delay", f"robots.txt asks for {robots.crawl_delay:g} seconds between requests")
    if inspection.ended:
        yield Finding("ended_early", inspection.ended, counts=True)


def _about_sources(inspection: Inspection) -> Iterator[Finding]:
    for one in inspection.sources:
        yield from _about_source(one)
    sources = [one for one in inspection.sources if one.source]
    if sources and not any(one.source and one.source.found for one in sources):
        yield Finding("no_addresses", "no source names an address of an article", counts=True)
    if sources and not any(one.kind.startswith("sitemap") for one in sources):
        yield Finding("no_sitemap", "there is no sitemap, so what no list and no page links to is not found")
    lists = [one for one in sources if one.asked.role is Role.LISTING]
    found_by_list = [{found.url for found in one.source.found} for one in lists if one.source]
    if len(found_by_list) > 1 and found_by_list[0] and found_by_list[1] <= found_by_list[0]:
        yield _finding("same_list", "the second page of the list names no other articles than the first", lists[1:])


def _about_source(facts: Facts) -> Iterator[Finding]:
    role, source = facts.asked.role, facts.source
    if facts.kind == "challenge" or facts.problem == FORBIDDEN:
        return  # reported once for all pages
    is_other = source is None or facts.kind not in _KINDS[role]
    if unread := facts.problem or (f"it is no {role} but {facts.kind}" if is_other else None):
        if facts.asked.is_promised or facts.status not in (404, 410) or role is Role.HOME:
            # Articles listed only by this sitemap would never be found.
            counts = role is Role.SITEMAP and facts.asked.is_promised
            yield _finding(f"{role}_unread", f"{_NAMES[role]} cannot be read: {unread}", [facts], counts=counts)
        elif role is Role.FEED:
            yield _finding("no_feed", f"there is no feed: {unread}", [facts])
        return
    assert source is not None
    if facts.kind == "sitemap index" and not source.sitemaps:
        yield _finding("empty_index", "the sitemap index names no sitemap of articles", [facts])
    elif role is not Role.HOME and not source.found and not source.sitemaps:
        yield _finding("no_articles_named", f"{_NAMES[role]} names no article", [facts])
    if source.unreadable:
        yield _finding("unreadable_stamp", f"{source.unreadable} of {source.entries} stamps cannot be read", [facts])
    if source.in_future:
        yield _finding("future_stamp", f"{source.in_future} of {source.entries} stamps lie in the future", [facts])


def _about_pages(inspection: Inspection) -> Iterator[Finding]:
    pages = inspection.facts
    if challenged := [one for one in pages if one.kind == "challenge"]:
        message = f"a challenge instead of the page on {len(challenged)} of {len(pages)} pages (as Cloudflare sends it)"
        yield _finding("challenge", message, challenged, counts=True)
    if broken := [one for one in pages if one.kind == "broken"]:
        yield _finding("reader_broke", f"{broken[0].problem}: a bug of the crawler", broken, counts=True)
    if moved := [one for one in pages if one.status == 200 and one.url != one.asked.url]:
        message = f"redirects at {len(moved)} of {len(pages)} addresses, the first to {moved[0].url}"
        yield _finding("redirect", message, moved, asked=True)
    encodings: defaultdict[str, list[Facts]] = defaultdict(list)
    refused: defaultdict[str, list[Facts]] = defaultdict(list)
    low, high = SANE_BAND
    for one in pages:
        if one.encoding:
            encodings[one.encoding].append(one)
        for rate in one.rates:
            if rate.rate is None:
                why = f"the rate of {rate.currency} is no number from {low} to {high} tenge: {rate.rate_raw}"
                refused[why].append(one)
    for message, same in encodings.items():
        yield _finding("encoding", f"{message}: {len(same)} of {len(pages)} pages", same)
    for why, same in refused.items():
        yield _finding("rate", why, same)


def _about_articles(inspection: Inspection, floors: Mapping[str, float]) -> Iterator[Finding]:
    asked = [one for one in inspection.articles if one.kind != "challenge" and one.problem != FORBIDDEN]
    promised = [one for one in asked if one.asked.is_promised]
    unread = [one for one in promised if one.article is None and one.kind != "broken"]
    if unread:
        counts = len(unread) > MOST_FAILED * len(promised) and (len(unread) > 1 or len(promised) == 1)
        what = ", ".join(dict.fromkeys(one.problem or one.kind for one in unread))
        message = f"{len(unread)} of {len(promised)} addresses of articles lead to no article: {what}"
        yield _finding("no_article", message, unread, counts=counts)
    read = [one for one in asked if one.article]
    if not read:
        if inspection.robots.allows_home and not inspection.robots.problem:
            yield Finding("no_articles", "no article was read", counts=True)
        return
    yield from _missing(read, floors)
    for code, message, is_odd, spoils in _ARTICLE_FINDINGS:
        odd = [one for one in read if one.article and is_odd(one, one.article)]
        if odd:
            counts = spoils and len(odd) > MOST_DOUBTFUL * len(read)
            yield _finding(code, f"{message} on {len(odd)} of {len(read)} articles", odd, counts=counts)


def _missing(read: list[Facts], floors: Mapping[str, float]) -> Iterator[Finding]:
    """Yield a finding for each field with a floor that is missing on some articles."""
    for name, floor in floors.items():
        without = [one for one in read if one.article and not getattr(one.article.record, name, None)]
        if without:
            found = 1 - len(without) / len(read)
            message = f"{name} is missing on {len(without)} of {len(read)} articles"
            below = f": {found:.0%}, and the floor is {floor:.0%}" if found < floor else ""
            yield _finding(f"missing_{name}", message + below, without, counts=found < floor)


def _lacks_moment(facts: Facts, article: ArticleFacts) -> bool:
    """Whether the time of day is missing where the metadata should have it.

    It should at a URL without an article id, as the newest markup has ``article:published_time`` (known from a
    scraper of the site), and where the page has a stamp that cannot be read.
    """
    has_number = article.record.url.endswith((f"-{article.record.article_id}/", f"?p={article.record.article_id}"))
    return article.record.published_at is None and (not has_number or ":" in (article.raw.date_structured or ""))


def _has_other_month(facts: Facts, article: ArticleFacts) -> bool:
    day = article.record.date_published
    return bool(facts.asked.month and day and not day.startswith(facts.asked.month))


def _has_other_canonical(facts: Facts, article: ArticleFacts) -> bool:
    return bool(facts.canonical) and article.raw.found_by.get("address") not in (None, "canonical")


#: Code, message, test, and whether the finding counts on more than a fifth of the articles.
_ARTICLE_FINDINGS: tuple[tuple[str, str, Callable[[Facts, ArticleFacts], bool], bool], ...] = (
    ("future_date", "a date lies in the future", lambda _, a: a.in_future, True),
    ("other_day", "the metadata name another day than the page prints", lambda _, a: a.verdict == "disagree", True),
    ("other_month", "the month of the sitemap is not the article's", _has_other_month, True),
    (
        "short_body",
        f"the body has under {SHORT_BODY} letters",
        lambda _, a: 0 < len(a.record.body or "") < SHORT_BODY,
        True,
    ),
    ("other_title", "the headline does not match the title", lambda _, a: not a.fits_title, True),
    ("undecodable", "headline or body hold characters that cannot be decoded", lambda _, a: a.is_damaged, True),
    ("no_moment", "the time of day is missing", _lacks_moment, False),
    ("no_canonical", "there is no canonical link", lambda facts, _: not facts.canonical, False),
    ("other_canonical", "the canonical link is not the article's address", _has_other_canonical, False),
)


def _finding(code: str, message: str, facts: list[Facts], *, counts: bool = False, asked: bool = False) -> Finding:
    return Finding(code, message, counts, tuple(one.asked.url if asked else one.url for one in facts))
