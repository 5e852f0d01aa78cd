"""Select the new articles a page links to, and track what this run has requested."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import NamedTuple

from caravan_crawler.frontier.period import Period, day_of
from caravan_crawler.frontier.speculative_urls import SpeculativeUrls
from caravan_crawler.page_writes import PageWrites
from caravan_crawler.pages.syndication import Entry
from caravan_crawler.store.article_store import ArticleStore
from caravan_crawler.store.store import Known
from caravan_crawler.urls import Address, Site, has_moved, is_same_article

Key = int | str

#: Alternative URLs stored per article until one of its URLs is read.
_MOST_OTHERS = 5


def one_for_each_article(urls: list[str], site: Site) -> list[str]:
    """Return one URL per article; prefer the article's own path to a short link."""
    chosen: dict[Key, str] = {}
    for url in sorted(urls, key=lambda url: (address := site.address(url, site.base)) is not None and address.alias):
        address = site.address(url, site.base)
        chosen.setdefault(address.key if address else url, url)
    return list(chosen.values())


class Frontier:
    """Articles requested and recorded in this run, by key: the number, or else the own path.

    A number identifies an article only together with the slug before it: ``/news/premiya-10000/`` and
    ``/sport/bilety-po-10000/`` are two articles. If two paths share a number but may be two articles, the key of
    the second is its path (:meth:`key`); only its page shows whether it is the same article.

    Short links (``?p=<id>``) are followed last, and only if no page has linked to the article's own path. Alternative
    URLs of an article are stored until its page is read; if the requested URL fails, they are tried one by one
    (:meth:`failed`).
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._asked: dict[Key, str | None] = {}
        self._recorded: dict[Key, str | None] = {}
        self._short_links: dict[Key, str] = {}
        self._others: dict[Key, dict[str, Address]] = {}
        self._failed: set[str] = set()

    def key(self, address: Address) -> Key:
        """Return the key of the article, as far as its address identifies it."""
        path = address.path
        if address.article_id is not None and path is not None:
            asked = self._asked.get(address.article_id)
            if asked is not None and not is_same_article(address.article_id, asked, path):
                return path
        return address.key

    def knows(self, address: Address) -> bool:
        """Whether the article was requested, waits as a short link, or failed at this address."""
        if address.path is None:
            return address.key in self._asked or address.key in self._short_links
        return self.key(address) in self._asked or address.path in self._failed

    def is_read(self, address: Address) -> bool:
        """Whether the article is recorded, or this own path of it was already requested."""
        return address.key in self._recorded or (not address.alias and self._asked.get(address.key) == address.path)

    def note(self, key: Key, path: str | None = None) -> None:
        """Mark an article as requested: it is in the store, or this run requests it anyway."""
        self._asked[key] = path

    def keep_other(self, address: Address, url: str) -> None:
        """Store an alternative URL of an article that was requested but not read yet."""
        others = self._others.setdefault(self.key(address), {})
        if len(others) < _MOST_OTHERS:
            others.setdefault(url, address)

    def admit(self, address: Address, url: str) -> str | None:
        """Return the URL to fetch for a link to an article, or None if it is known or deferred."""
        if self.knows(address):
            return None
        key = self.key(address)
        if address.path is None:
            self._short_links.setdefault(key, url)
            return None
        self._asked[key] = address.path
        if short_link := self._short_links.pop(key, None):
            self.keep_other(Address(None, address.article_id, alias=True), short_link)
        # An AMP page's address names the article's own path, and a query adds nothing to it.
        return self._site.canonical(address) if address.alias else url.split("?", 1)[0]

    def claim(self, key: str, address: Address, url: str) -> str:
        """Return the URL to fetch for an article that this run has claimed."""
        its_key: Key = int(key) if key.isdecimal() else key
        self._asked[its_key] = address.path
        self._short_links.pop(its_key, None)
        if address.path is None:
            return url
        return self._site.canonical(address) if address.alias else url.split("?", 1)[0]

    def failed(self, key: Key, address: Address) -> str | None:
        """Mark an article's URL as failed; return an alternative URL, or None."""
        if key in self._recorded:
            return None
        if address.path is not None:
            self._failed.add(address.path)
        others = self._others.pop(key, {})
        self._asked.pop(key, None)
        while others:
            url, other = others.popitem()
            if other.path is None or other.path not in self._failed or other.alias:
                self._asked[key] = other.path
                self._others[key] = others
                return url if other.alias else url.split("?", 1)[0]
        return None

    def take_short_links(self) -> list[tuple[Key, str]]:
        """Remove and return the keys and short links of articles with no other URL."""
        links = [(key, url) for key, url in self._short_links.items() if key not in self._asked]
        self._asked.update(dict.fromkeys(self._short_links))
        self._short_links.clear()
        return links

    def record(self, address: Address) -> Address | None:
        """Mark an article as recorded; return its address, or None if it was recorded before.

        The returned address has no number if the number belongs to another article.
        """
        number, path = address.article_id, address.path
        recorded = self._recorded.get(number) if number is not None else None
        if number is not None and path and recorded and not is_same_article(number, recorded, path):
            address, number = Address(path, None), None
        keys = {key for key in (number, path) if key is not None}
        if keys & self._recorded.keys():
            return None
        for key in keys:
            self._recorded[key] = path
            self._asked[key] = path
            self._others.pop(key, None)
        return address


class Target(NamedTuple):
    """An article to request: its key, its URL, and the alias that linked to it, if any."""

    key: str
    url: str
    alias: str | None


class Discovery:
    """Sort a page's links into known, deferred and to be requested."""

    def __init__(
        self,
        site: Site,
        period: Period,
        frontier: Frontier,
        article_store: ArticleStore,
        note_day: Callable[[int | str, date | None], None],
        most_hops: int = 3,
        most_undated: int = 1000,
    ) -> None:
        """``note_day`` is called with the day of each known article, for listings without dates.

        ``most_hops`` and ``most_undated`` are the settings ``MAX_HOPS_FROM_ARTICLE`` and ``MAX_UNDATED``.
        """
        self._site = site
        self._period = period
        self._frontier = frontier
        self._article_store = article_store
        self._note_day = note_day
        self._speculative_urls = SpeculativeUrls(most_hops)
        self._undated_left = most_undated
        self.known = 0
        """Number of links to articles already in the store."""

    def look_at(
        self, links: Iterable[tuple[Address, str]], page_url: str, page_writes: PageWrites, *, is_named: bool = False
    ) -> list[Target]:
        """Return the articles to request, and add them to ``page_writes``.

        ``is_named``: the links come from a listing, a feed or a sitemap; other links may lead anywhere.
        """
        new: dict[int | str, tuple[Address, str]] = {}
        others: dict[int | str, list[tuple[Address, str]]] = {}
        for address, href in links:
            if not self._period.has_section(address.section):
                continue
            # Most links on a page are known, so check this first.
            is_known = self._frontier.knows(address)
            if not is_known and (key := self._frontier.key(address)) not in new:
                new[key] = (address, href)
            else:
                self._note_other(address, href, page_url, page_writes)
                if not is_known:
                    others.setdefault(key, []).append((address, href))
        if not new:
            return []
        asked = self._address(page_writes.asked_url)
        known = self._article_store.known(map(str, new))
        self._part_by_slug(new, known)
        targets = []
        for key, (address, href) in new.items():
            if address.alias and address.article_id is not None:
                self._note_alias(address, href, page_url, page_writes)
            held = known.get(str(key))
            if held is not None and key in others and not self._is_wanted_again(held, address):
                # The first URL may have failed in an earlier run; another one on this page may work.
                wanted = (other for other in others[key] if self._is_wanted_again(held, other[0]))
                address, href = next(wanted, (address, href))
            if held is not None and not self._is_wanted_again(held, address):
                self._frontier.note(key, held.path)
                self._note_day(key, day_of(held.date_published))
                self.known += held.what in ("stored", "alias")
            elif url := self._site.resolve(href, page_url):
                was_aside = self._speculative_urls.holds(address)
                is_followed = self._speculative_urls.admit(address, url, asked, is_named=is_named)
                # Store deferred links too, so that the next run has them if this one is killed.
                if is_followed:
                    page_writes.links.append((str(key), url))
                elif self._speculative_urls.holds(address) and not was_aside:
                    page_writes.aside.append((str(key), url))
                if is_followed:
                    targets += self._admit(address, url, is_stored=held is not None and held.what == "stored")
        return targets

    def look_at_entries(
        self, entries: Iterable[Entry], page_writes: PageWrites, *, is_in_period: bool = False
    ) -> tuple[list[Target], int]:
        """Return the articles of a feed or sitemap to request, and the number of entries left to the next run.

        The day of an undated entry is known only from the article's page. ``MAX_UNDATED`` limits these requests,
        unless the source itself is in the period (``is_in_period``).
        """
        links: list[tuple[Address, str]] = []
        undated: list[tuple[Address, str]] = []
        for entry in entries:
            address = self._address(entry.url)
            if address is None:
                continue
            published, updated = day_of(entry.published), day_of(entry.updated)
            is_undated = published is None and updated is None
            if is_undated and self._period.bounds[0] is not None and not is_in_period:
                undated.append((address, entry.url))
            elif self._period.is_open_to(entry.published) and not self._period.is_before(updated):
                links.append((address, entry.url))
        targets = self.look_at(links, self._site.base, page_writes, is_named=True)
        while undated and self._undated_left > 0:
            room = self._undated_left
            found = self.look_at(undated[:room], self._site.base, page_writes, is_named=True)
            undated = undated[room:]
            self._undated_left -= len(found)
            targets += found
        return targets, len(undated)

    def another(self, key: str, url: str) -> list[Target]:
        """Return the next URL of an article whose URL ``url`` failed; empty if there is no other."""
        address = self._address(url)
        if address is None:
            return []
        its_key: int | str = int(key) if key.isdecimal() else key
        other = self._frontier.failed(its_key, address)
        return [] if other is None else [Target(key, other, None)]

    def _part_by_slug(self, new: dict[int | str, tuple[Address, str]], known: dict[str, Known]) -> None:
        """Look up by path the links whose number belongs to a known article with another slug."""
        parted: dict[int | str, tuple[Address, str]] = {}
        for key, (address, href) in list(new.items()):
            held = known.get(str(key))
            if held is None or held.path is None or address.path is None or not isinstance(key, int):
                continue
            is_settled = held.what == "stored" and has_moved(held.path, key)
            if not is_settled and not is_same_article(key, held.path, address.path):
                del new[key]
                self._frontier.note(key, held.path)
                if address.path not in new:
                    parted[address.path] = (address, href)
        if parted:
            known |= self._article_store.known(map(str, parted))
            new |= parted

    def take_up(self, url: str, *, has_failed: bool = False, is_speculative: bool = False) -> list[Target]:
        """Return an article that an earlier run found but did not read, or that ``has_failed``.

        A failed article may still be in the store from an earlier run. Speculative URLs were deferred in that run.
        """
        url = self._site.here(url)
        address = self._address(url)
        if address is None or self._frontier.knows(address):
            return []
        if is_speculative and not self._speculative_urls.admit(address, url, None):
            return []
        return self._admit(address, url, is_stored=has_failed)

    def claimed(self, urls: dict[str, str]) -> list[Target]:
        """Return the articles to request for claimed URLs, given by key; this or another run found them.

        Articles that another run has read since then are left out.
        """
        known = self._article_store.known(urls)
        targets = []
        for key, url in urls.items():
            url = self._site.here(url)
            address, held = self._address(url), known.get(key)
            if address is None or (held is not None and not self._is_wanted_again(held, address)):
                continue
            if held is None or held.what != "stored":
                self._article_store.register(key)
            targets.append(Target(key, self._frontier.claim(key, address, url), url if address.alias else None))
        return targets

    def take_aside(self) -> list[Target]:
        """Return deferred speculative URLs, as far as the budget allows now."""
        self._learn()
        aside = self._speculative_urls.take_aside(self._frontier.knows)
        return [target for address, url in aside for target in self._admit(address, url, is_stored=False)]

    def _learn(self) -> None:
        """Look up which speculative URLs are stored as articles."""
        known = self._article_store.known(self._speculative_urls.doubtful)
        self._speculative_urls.learn({key for key, held in known.items() if held.what == "stored"})

    def drop_aside(self) -> None:
        """Drop the deferred URLs: nothing is left to read that could extend the budget."""
        for key in self._speculative_urls.drop_aside():
            self._article_store.remove_from_frontier(str(key))

    def read(self, asked_url: str, *, is_article: bool) -> None:
        """Register whether the requested page was an article."""
        self._speculative_urls.read(self._address(asked_url), is_article=is_article)

    def may_be_asked(self, url: str) -> bool:
        """Whether the page at ``url`` has not failed, or its retry is due."""
        return self._article_store.failing.may_be_asked(url)

    def has_read(self, key: str) -> bool:
        """Whether this run has stored the article, under any of its URLs."""
        return self._article_store.has_read(key)

    @property
    def moved(self) -> int:
        """Number of articles of earlier runs that this run has read under a new URL."""
        return self._article_store.moved

    @property
    def skipped(self) -> int:
        """Number of links not followed: over the budget or too deep."""
        return self._speculative_urls.refused + self._speculative_urls.aside

    def _admit(self, address: Address, url: str, *, is_stored: bool) -> list[Target]:
        key = self._frontier.key(address)
        target = self._frontier.admit(address, url)
        if not is_stored:
            self._article_store.register(str(key))
        return (
            [] if target is None else [Target(str(key), target, url if address.alias and address.part == 1 else None)]
        )

    def _is_wanted_again(self, known: Known, address: Address) -> bool:
        """Whether a link leads to a page that earlier runs have not read.

        Either it was outside of their period and sections and may be inside this run's, or it is an alternative
        URL of an article that failed.
        """
        if known.what == "outside":
            return self._period.wants(known.section, known.date_published)
        is_read = known.what in ("stored", "alias")
        return not is_read and not known.is_of(address.path or "/")

    def _address(self, url: str) -> Address | None:
        return self._site.address(url, self._site.base)

    def _note_other(self, address: Address, href: str, page_url: str, page_writes: PageWrites) -> None:
        """Register an alternative URL of an article requested before; URLs of its later pages are ignored."""
        if address.part > 1:
            return
        if address.alias and address.article_id is not None:
            self._note_alias(address, href, page_url, page_writes)
        if not self._frontier.is_read(address) and (url := self._site.resolve(href, page_url)):
            self._frontier.keep_other(address, url)

    def _note_alias(self, address: Address, href: str, page_url: str, page_writes: PageWrites) -> None:
        if address.part == 1 and (url := self._site.resolve(href, page_url)):
            page_writes.aliases.append((url, str(address.key)))
