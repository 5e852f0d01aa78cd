"""The kind of a page, everything that is read on it, and its records."""

import re
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import dropwhile
from urllib.parse import urlsplit

from caravan_crawler.items import COUNTED, Article, ExchangeRate, Link, PageKind, TrendingEntry, Weather
from caravan_crawler.normalise.dates import parse_date
from caravan_crawler.normalise.numbers import parse_temperature
from caravan_crawler.pages.article import ArticleReading, read_article
from caravan_crawler.pages.article_parts import mark_pager
from caravan_crawler.pages.blocks import Block, is_teaser
from caravan_crawler.pages.bylines import is_the_site
from caravan_crawler.pages.document import Document
from caravan_crawler.pages.fact_lines import facts_of, mark_dates_in_parts
from caravan_crawler.pages.header import Header, read_header
from caravan_crawler.pages.labels import is_prose
from caravan_crawler.pages.layout import Layout, find_layout
from caravan_crawler.pages.trending import TopicLine, find_trending
from caravan_crawler.urls import Site

_ERROR = re.compile(
    r"(?:ошибка\s*)?(?:404|403|410|500|502|503|504)\b.{0,60}|.{0,20}(?:страниц\w+|запис\w+|материал\w*)\s+(?:не\s+(?:найден\w*|существует)|была?\s+удален\w*|удален\w*).{0,40}"
    r"|(?:ничего|запрашиваем\w+.{0,20})\s+не\s+найдено.{0,40}|page\s+not\s+found.{0,40}|not\s+found.{0,20}|бет\s+табылмады.{0,40}|nothing\s+found.{0,40}"
    r"|(?:internal\s+server\s+error|bad\s+gateway|service\s+(?:temporarily\s+)?unavailable|gateway\s+time-?out|access\s+denied|forbidden).{0,40}"
    r"|упс\b.{0,40}|такой\s+страницы\s+нет.{0,40}|(?:429\s+)?(?:too\s+many\s+requests|слишком\s+много\s+запросов(?!\s+\w)|rate\s+limit\s+exceeded).{0,40}|briefly\s+unavailable.{0,80}"
    r"|(?:сайт\s+на\s+)?(?:техническом\s+обслуживании|реконструкции).{0,40}|ведутся\s+технические\s+работы.{0,60}"
    r"|на\s+сайте\s+возникла\s+критическая\s+ошибка.{0,40}|сайт\s+на\s+(?:техническом|реконструкции).{0,40}"
    r"|.{0,30}(?:сервис|сайт|сервер)\s+временно\s+недоступен.{0,40}|доступ\s+(?:запрещ[её]н|ограничен).{0,40}"
    r"|(?:сайт\s+на\s+обслуживании|технические\s+работы|error\s+establishing\s+a\s+database\s+connection|ошибка\s+(?:подключения|установки\s+соединения).{0,60})",
    re.IGNORECASE,
)
#: Text of a page after a listing's last one, if the site sends it with status 200.
_NOTHING_HERE = re.compile(
    r"(?:ошибка\s*)?404\b.{0,60}|.{0,40}\b(?:страниц|запис|материал|новост|публикаци|стат)\w*\s+(?:.{0,30}\s)?не\s+(?:найден|обнаружен|существу)\w*.{0,40}"
    r"|.{0,40}ничего\s+не\s+(?:найдено|нашлось).{0,40}|(?:.{0,20}\s)?нет\s+(?:записей|материалов|новостей|публикаций|статей).{0,40}"
    r"|(?:записей|материалов|новостей|публикаций|статей)\s+(?:пока\s+)?нет.{0,40}|.{0,20}not\s+found.{0,40}|nothing\s+found.{0,40}|no\s+(?:posts|results).{0,40}"
    r"|.{0,20}(?:ештеңе|бет|жазба\w*)\s+табылмады.{0,40}",
    re.IGNORECASE,
)
#: Headlines that only an error page has, even if it contains dates.
_BARE_ERROR = re.compile(
    r"(?:ошибка\s*)?(?:404|403|410|50[0234])|(?:404\s*[-–—:]?\s*)?(?:страница|запись)\s+не\s+найдена|page\s+not\s+found",
    re.IGNORECASE,
)
_CHALLENGE = re.compile(
    r"один\s+момент|человек\s+ли\s+вы|just\s+a\s+moment|checking\s+(?:if\s+the\s+site|your\s+browser)|ddos-guard|attention\s+required|cf-browser-verification"
    r"|проверка\s+(?:браузера|безопасности)|подтвердите,?\s+что\s+вы\s+(?:не\s+робот|человек)|вы\s+не\s+робот|captcha|are\s+you\s+(?:a\s+)?human|verify\s+you\s+are",
    re.IGNORECASE,
)
#: Without date, views and credit, a shorter text at an article's address is more likely a notice than an article.
_SHORTEST_UNDATED = 120
#: Error and challenge pages say little; a whole article about captchas does not.
_FEW_WORDS = 120


#: Links to articles that make a page a list.
_FEWEST_CARDS = 3


def kind_of(document: Document, layout: Layout, *, text_length: int, has_date: bool) -> PageKind:
    """Judge the page by what it shows, and by its address where it shows what several kinds do."""
    if document.excess is not None:
        return PageKind(document.excess)
    if document.is_cut:
        return PageKind.CUT
    by_address = _kind_by_address(document.url)
    if by_address in (PageKind.TAG, PageKind.SEARCH):
        return by_address
    headline = document.blocks[layout.headline].text if layout.headline is not None else ""
    # No error page counts its readers or credits its photo.
    if layout.first("credit") is None and layout.first("views") is None:
        if _is_challenge(document):
            return PageKind.CHALLENGE
        headings = [block.text for block in document.blocks[:400] if block.tag in ("h1", "h2")]
        if _is_error(_BARE_ERROR if layout.facts else _ERROR, document.structured.title or "", headline, headings):
            return PageKind.ERROR
    if by_address is not None:
        return by_address
    address = document.site.address(document.url, document.url)
    if address is not None and headline and not is_the_site(headline):
        is_numbered = address.article_id is not None
        lines = {fact.kind for fact in (*layout.facts, *layout.facts_after_text) if fact.value}
        has_lines = not lines.isdisjoint(("credit", "views", "author"))
        if is_numbered:
            is_article = has_date or has_lines or text_length >= _SHORTEST_UNDATED
        else:
            is_article = (has_date or has_lines or _is_a_post(document)) and not _is_list(document, layout)
            is_article = is_article and (text_length > 0 or _says_it_is_an_article(document))
        if is_article and (text_length or layout.facts):
            return PageKind.ARTICLE
    return PageKind.LISTING if _article_links(document, layout) >= _FEWEST_CARDS else PageKind.OTHER


def _says_it_is_an_article(document: Document) -> bool:
    """Whether the metadata of a page says that it is an article, published once, and at this address."""
    structured = document.structured
    canonical = document.site.address(structured.links.get("canonical") or document.url, document.url)
    is_here = canonical is not None and canonical.path == urlsplit(document.url).path
    return bool(structured.published) and structured.text("og:type") == "article" and is_here


def _is_a_post(document: Document) -> bool:
    """Whether WordPress names the page for a post; a page of contacts it names ``page``."""
    body = document.tree.body
    return body is not None and "single-post" in (body.attributes.get("class") or "").split()


def says_nothing_is_here(document: Document) -> bool:
    """Whether an error page says that there is no such page, rather than that the site is in trouble."""
    headings = [block.text for block in document.blocks[:400] if block.tag in ("h1", "h2", "p")]
    return _is_error(_NOTHING_HERE, document.structured.title or "", "", headings)


def _is_list(document: Document, layout: Layout) -> bool:
    """Whether what would be the text is cards: links to articles, as many as there are paragraphs.

    A text under its date is none, whatever links stand behind it; a card has its date next to the link.
    """
    blocks = document.blocks[(layout.headline or 0) + 1 : layout.text.end]
    teasers = [place for place, block in enumerate(blocks) if is_teaser(block, document.site, document.base_url)]
    if len(teasers) < _FEWEST_CARDS:
        return False
    over_cards: Iterable[Block] = blocks[: teasers[0]]
    is_dated = document.structured.published or document.structured.article_stamps("datePublished")
    if not is_dated and layout.front_start == layout.headline:
        over_cards = dropwhile(lambda block: all(fact.kind != "date" for fact in facts_of(block)), over_cards)
    if any(map(is_prose, over_cards)):
        return False
    return len(teasers) >= sum(1 for block in blocks if not block.is_all_links and len(block.text) > 60)


def _is_challenge(document: Document) -> bool:
    words = sum(block.text.count(" ") + 1 for block in document.blocks if block.zone is None and not block.is_all_links)
    texts = [document.structured.title or "", *(block.text for block in document.blocks[:40])]
    return words < _FEW_WORDS and any(_CHALLENGE.search(text) for text in texts)


def _is_error(pattern: re.Pattern[str], title: str, headline: str, headings: list[str]) -> bool:
    bare_title = re.split(r"\s+[-–—|]\s+", title)[0]
    return any(text and pattern.fullmatch(text.strip(" .!")) for text in (bare_title, headline, *headings))


def _kind_by_address(url: str) -> PageKind | None:
    parts = urlsplit(url)
    path = parts.path.strip("/")
    first = path.split("/", 1)[0]
    if first in ("tag", "tags"):
        return PageKind.TAG
    if first == "search" or re.search(r"(?:^|&)s=", parts.query):
        return PageKind.SEARCH
    if not path and "p=" not in parts.query:
        return PageKind.HOME
    return None


def _article_links(document: Document, layout: Layout) -> int:
    keys = set()
    trending = range(layout.trending.start, layout.trending.end) if layout.trending else range(0)
    for number, block in enumerate(document.blocks):
        if block.zone in ("nav", "aside", "footer") or number in trending:
            continue
        for _, link, _ in block.pieces:
            address = document.site.address(link.get("href") or "", document.base_url) if link is not None else None
            if address is not None:
                keys.add(address.key)
    return len(keys)


@dataclass
class PageReading:
    """A page as read. ``article`` is None for every kind but an article."""

    kind: PageKind
    header: Header
    trending: tuple[TopicLine, ...]
    article: ArticleReading | None = None

    @property
    def surroundings(self) -> tuple[object, ...]:
        """The page facts as one comparable value; most pages repeat that of the page before."""
        shown = self.header
        return tuple(shown.rates.items()), shown.temperature, shown.city, shown.date, self.trending

    @property
    def parts(self) -> dict[str, bool]:
        """Which of the parts around the article the page shows."""
        return {
            "rates": bool(self.header.rates),
            "weather": self.header.temperature is not None,
            "page_date": self.header.date is not None,
            "trending": bool(self.trending),
        }

    @property
    def missing(self) -> list[str]:
        """The fields that the article's page does not give; a date of the metadata counts as given."""
        if self.article is None:
            return []
        found = self.article.found_by
        return [
            name
            for name in COUNTED
            if name not in found and not (name == "date_published" and "date_structured" in found)
        ]


def read_page(document: Document) -> PageReading:
    """Read the page; a page of any kind gives what header and trending block it shows."""
    mark_pager(document)
    mark_dates_in_parts(document.blocks)
    layout = find_layout(document)
    reading = read_article(document, layout)
    # A page of contacts may have a date in its metadata, too.
    has_date = (
        "date_published" in reading.found_by or reading.found_by.get("date_structured", "stamp_page") != "stamp_page"
    )
    kind = kind_of(document, layout, text_length=len(reading.body or ""), has_date=has_date)
    is_article = kind is PageKind.ARTICLE
    header = read_header(document.blocks, layout.front_start if is_article else None)
    shown = layout.trending
    if not is_article:  # its cards may have labels
        shown = find_trending(document, headed_only=True)
    elif shown is None and layout.headline is not None:  # a column that stands before it in the source
        shown = find_trending(document, 0, layout.headline, headed_only=True)
    trending = shown.lines if shown else ()
    return PageReading(kind, header, trending, reading if is_article else None)


def article_record(reading: ArticleReading, site: Site, url: str, observed_at: datetime) -> Article:
    """Return the article's record, dates and counts still as printed.

    Until the pipeline weighs both, ``date_published`` holds the date of the page's metadata.
    """
    if reading.address is None:
        raise ValueError(f"not an article's address: {url}")
    return Article(
        article_id=reading.address.article_id,
        url=site.canonical(reading.address),
        fetched_url=url,
        section=reading.address.section,
        language=reading.language,
        headline=reading.headline,
        lede=reading.lede,
        body=reading.body,
        date_published=reading.date_structured,
        date_published_raw=reading.date_published or reading.date_structured,
        views_raw=reading.views,
        photo_credit=reading.photo_credit,
        source=reading.source,
        authors=reading.authors,
        tags=reading.tags,
        images=reading.images,
        links=[Link(text, link) for text, link in reading.links],
        observed_at=stamp(observed_at),
    )


def page_records(
    reading: PageReading, site: Site, observed_at: datetime
) -> Iterator[TrendingEntry | ExchangeRate | Weather]:
    """Yield the records of what the page shows around its article: rates, weather, trending topics."""
    header = reading.header
    seen = stamp(observed_at)
    page_date = parse_date(header.date, observed_at).iso if header.date else None
    for currency, raw in header.rates.items():
        yield ExchangeRate(currency, None, raw, page_date, seen)
    if header.temperature is not None:
        yield Weather(header.city, parse_temperature(header.temperature), page_date, seen)
    for rank, line in enumerate(reading.trending, 1):
        url = site.canonical(line.address)
        yield TrendingEntry(rank, line.topic, line.headline, url, line.address.article_id, page_date, seen)


def stamp(moment: datetime) -> str:
    """Return ``moment`` as ISO 8601 to the second, with its offset."""
    return moment.isoformat(timespec="seconds")


class ChangeFilter:
    """Remembers the last value of each key."""

    def __init__(self) -> None:
        self._last: dict[Hashable, Hashable] = {}

    def is_new(self, key: Hashable, value: Hashable) -> bool:
        """Note ``value``; return whether it differs from the last one of ``key``."""
        if self._last.get(key) == value:
            return False
        self._last[key] = value
        return True
