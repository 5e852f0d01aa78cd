"""Select the articles to request: those that earlier runs left, and those to which a page links."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from urllib.parse import urljoin, urlsplit

from caravan_crawler.arguments import CrawlArguments, check_on_site
from caravan_crawler.frontier.articles import Frontier, Target, day_of, one_for_each_article
from caravan_crawler.frontier.speculative_urls import SpeculativeUrls
from caravan_crawler.items import PageWrites
from caravan_crawler.normalise.dates import ALMATY
from caravan_crawler.outcome import MANY_WITHOUT_ARTICLE
from caravan_crawler.pages.article import ArticleReading
from caravan_crawler.pages.syndication import Entry
from caravan_crawler.store import crawl_state, database
from caravan_crawler.store.article_history import is_same_text
from caravan_crawler.store.article_store import ArticleStore
from caravan_crawler.store.store import Known
from caravan_crawler.urls import Address, Site, has_moved, is_same_article, may_be_article


class Discovery:
    """Select the articles to request: those that earlier runs left, and those to which a page links."""

    resumed_since: str | None = None
    """When the first of the runs began that this one continues."""

    def __init__(
        self,
        site: Site,
        arguments: CrawlArguments,
        frontier: Frontier,
        article_store: ArticleStore,
        note_day: Callable[[str, date | None], None],
        most_undated: int,
    ) -> None:
        """``note_day`` is called with the day of each known article, for listings without dates.

        ``most_undated`` is the setting ``MAX_UNDATED``.
        """
        self._site = site
        self._arguments = arguments
        self._frontier = frontier
        self._article_store = article_store
        self._store = article_store.store
        self._note_day = note_day
        self._speculative_urls = SpeculativeUrls()
        self._undated_left = most_undated
        self._waiting: set[str] = set()
        self._doubtful: set[str] = set()
        self.known = 0
        """Number of links to articles already in the store."""
        self.entries = 0
        """Number of entries of feeds and sitemaps."""
        self.unknown_entries = 0
        """Number of those that may be articles at addresses of unknown form; no such address is requested."""
        self.unknown_entry: str | None = None
        """URL of the last of them."""

    # Left by earlier runs

    def requested_pages(self) -> Iterator[tuple[str | None, str]]:
        """Yield key and URL of each page of the argument ``urls`` that the resumed runs have not read."""
        checked = [check_on_site(url, self._site) for url in self._arguments.urls]
        urls = {url: self._site.address(url) for url in one_for_each_article(checked, self._site)}
        keys = [address.key for address in urls.values() if address]
        done = crawl_state.read_since(self._store, keys, self.resumed_since) if self.resumed_since else set()
        for url, address in urls.items():
            key = address.key if address else None
            if key not in done:
                yield key, url

    def unread(self) -> Iterator[Target]:
        """Yield the articles that runs of this kind have found but not read."""
        waiting = crawl_state.waiting(self._store, self._arguments.scope)
        sections = crawl_state.stored_sections(self._store) if len(waiting) >= MANY_WITHOUT_ARTICLE else set()
        for url, is_speculative in waiting:
            targets = self.restore(url, is_speculative=is_speculative)
            for target in targets:
                address = self._site.address(target.url)
                if address is not None and address.section in sections and not is_speculative:
                    self._waiting.add(target.key)
            yield from targets

    def was_waiting(self, key: str | None) -> bool:
        """Whether earlier runs have found the article and not read it, in a section that has stored articles."""
        return key in self._waiting

    def doubtful(self) -> Iterator[Target]:
        """Yield the URLs whose pages were no articles and are due again."""
        for url in crawl_state.doubtful(self._store, self._arguments.scope):
            targets = self.restore(url)
            self._doubtful.update(target.key for target in targets)
            yield from targets

    def is_doubtful(self, key: str | None) -> bool:
        """Whether the page is requested again that was no article when it was read before."""
        return key in self._doubtful

    def listed_waiting(self) -> set[str]:
        """Return the keys of those :meth:`unread` ones without a number that a source names as articles."""
        return crawl_state.listed_waiting(self._store, self._arguments.scope)

    def failed(self) -> Iterator[Target]:
        """Yield the articles that failed and are due again."""
        for url in self._article_store.failing.due:
            yield from self.restore(url)

    def is_unseen(self, key: str) -> bool:
        """Whether a failed article was not requested before, as robots.txt has forbidden it."""
        return key in self._article_store.failing.unseen

    def due_for_refresh(self, began_at: datetime) -> Iterator[tuple[str, str, dict[str, str]]]:
        """Yield key, URL and headers of articles to read again with conditional requests.

        They were published in the last ``refresh_days`` days, and neither the resumed runs nor this one, which
        ``began_at`` that time, have read them.
        """
        if not self._arguments.refresh_days:
            return
        today = datetime.now(ALMATY).date().toordinal()
        first_day = date.fromordinal(max(1, today - self._arguments.refresh_days + 1))
        read_before = self.resumed_since or database.stamp(began_at)
        for article in crawl_state.due_for_refresh(self._store, first_day.isoformat(), read_before):
            url, fetched_url = self._site.here(article.url), self._site.here(article.fetched_url)
            address, fetched = self._site.address(url), self._site.address(fetched_url)
            if fetched == address and self.may_be_asked(fetched_url):
                url = fetched_url  # the site may write its URLs without the final slash
            is_wanted = self._arguments.wants(article.section, article.day)
            if address is not None and is_wanted and self.may_be_asked(url):
                self._frontier.mark_requested(address.key, address.path)
                yield article.key, url, article.conditions

    def restore(self, url: str, *, is_speculative: bool = False) -> list[Target]:
        """Return an article that an earlier run found but did not read, or deferred as speculative."""
        url = self._site.here(url)
        address = self._site.address(url)
        if address is None:
            return []
        if self._frontier.is_known(address):
            if not self._frontier.is_read(address):
                self._frontier.add_alternative(address, url)
            return []
        if is_speculative and not self._speculative_urls.follow_or_defer(address, url, None):
            return []
        return self._target(address, url)

    # Links of a page

    def new_targets(
        self, links: Iterable[tuple[Address, str]], page_url: str, page_writes: PageWrites, *, is_listed: bool = False
    ) -> list[Target]:
        """Return the articles to request, and add them to ``page_writes``.

        ``is_listed``: the links come from a listing, a feed or a sitemap; other links may lead anywhere.
        """
        new: dict[str, tuple[Address, str]] = {}
        others: dict[str, list[tuple[Address, str]]] = {}
        for address, href in links:
            if not self._arguments.has_section(address.section):
                continue
            # Most links on a page are known, so check this first.
            is_known = self._frontier.is_known(address)
            if not is_known and (key := self._frontier.key(address)) not in new:
                new[key] = (address, href)
            else:
                self._add_alternative(address, href, page_url, page_writes)
                if not is_known:
                    others.setdefault(key, []).append((address, href))
        if not new:
            return []
        known = self._article_store.known(new)
        self._separate_by_slug(new, others, known)
        targets = []
        for key, (address, href) in new.items():
            self._add_alias(address, href, page_url, page_writes)
            held = known.get(key)
            if held is not None and key in others and not self._is_wanted_again(held, address):
                # The first URL may have failed in an earlier run; another one on this page may work.
                wanted = (other for other in others[key] if self._is_wanted_again(held, other[0]))
                address, href = next(wanted, (address, href))
            if held is not None and not self._is_wanted_again(held, address):
                if held.what == "failed" or (held.what == "alias" and not held.is_of_own_path):
                    self._frontier.exclude_url(address)  # a page read later may have a URL that works
                else:
                    self._frontier.mark_requested(key, held.path)
                self._note_day(key, day_of(held.date_published))
                self.known += held.what in ("stored", "alias") and self._arguments.has_section(held.section)
            elif url := self._site.resolve(href, page_url):
                targets += self._follow(key, address, url, page_writes, is_listed=is_listed)
        return targets

    def _follow(
        self, key: str, address: Address, url: str, page_writes: PageWrites, *, is_listed: bool
    ) -> list[Target]:
        """Return an article to request, or nothing if it is deferred; add it to ``page_writes``.

        Deferred links are stored too, so that the next run has them if this one is killed.
        """
        asked, was_deferred = self._site.address(page_writes.asked_url), self._speculative_urls.is_deferred(address)
        if self._speculative_urls.follow_or_defer(address, url, asked, is_listed=is_listed):
            page_writes.links.append((key, url))
            return self._target(address, url)
        if self._speculative_urls.is_deferred(address) and not was_deferred:
            page_writes.deferred.append((key, url))
        return []

    def targets_of_entries(
        self, entries: Iterable[Entry], page_writes: PageWrites, *, is_in_period: bool
    ) -> tuple[list[Target], int]:
        """Return the articles of a feed or sitemap to request, and the number of entries left to the next run.

        The day of an undated entry is known only from the article's page. ``MAX_UNDATED`` limits these requests,
        unless the source itself is in the period (``is_in_period``).
        """
        links: list[tuple[Address, str]] = []
        undated: list[tuple[Address, str]] = []
        for entry in entries:
            address = self._site.address(entry.url)
            self.entries += 1
            if address is None:
                self._note_unknown(entry)
                continue
            published, updated = day_of(entry.published), day_of(entry.updated)
            is_undated = published is None and updated is None
            if is_undated and self._arguments.since is not None and not is_in_period:
                undated.append((address, entry.url))
            elif self._arguments.is_open_to(entry.published) and not self._arguments.is_before(updated):
                links.append((address, entry.url))
        targets = self.new_targets(links, self._site.base, page_writes, is_listed=True)
        while undated and self._undated_left > 0:
            room = self._undated_left
            found = self.new_targets(undated[:room], self._site.base, page_writes, is_listed=True)
            undated = undated[room:]
            self._undated_left -= len(found)
            targets += found
        return targets, len(undated)

    def _note_unknown(self, entry: Entry) -> None:
        url = self._site.resolve(entry.url)
        path = urlsplit(url).path if url else ""
        if may_be_article(path) and self._arguments.has_section(path.split("/")[1]):
            self.unknown_entries += 1
            self.unknown_entry = url

    def next_target(self, key: str, url: str, landed_url: str) -> list[Target]:
        """Return the next URL of an article whose URL ``url`` failed; empty if there is no other.

        Those that this run has found come first, then those of a stored article that earlier runs have found.
        ``landed_url`` is that of the page after redirects. URLs that failed in an earlier run are left out until their
        retry is due.
        """
        other: str | None = url
        while other is not None and (address := self._site.address(other)) is not None:
            other = self._frontier.failed(key, address, self._site.address(landed_url))
            if other is not None and self.may_be_asked(other):
                return [Target(key, other)]
        for alias in map(self._site.here, self._article_store.aliases_of(key)):
            address = self._site.address(alias)
            if address is not None and not self._frontier.has_failed(address) and self.may_be_asked(alias):
                return [Target(key, alias)]
        return []

    def _separate_by_slug(
        self, new: dict[str, tuple[Address, str]], others: dict[str, list[tuple[Address, str]]], known: dict[str, Known]
    ) -> None:
        """Look up by path the links whose number belongs to another article: a known one, or another link's."""
        separate: dict[str, tuple[Address, str]] = {}
        for key, (address, href) in list(new.items()):
            held = known.get(key)
            path = address.path if held is None else held.path
            if path is None or not key.isdecimal():
                continue
            number = int(key)
            if held is not None and held.what == "stored" and has_moved(path, number):
                continue
            if held is not None and address.path is not None and not is_same_article(number, path, address.path):
                del new[key]
                self._frontier.mark_requested(key, path)
                separate[address.path] = (address, href)
            if held is None or held.what == "stored":  # the other links of a failed article are alternatives
                for other, its_href in others.get(key, ()):
                    if other.path is not None and not is_same_article(number, path, other.path):
                        separate.setdefault(other.path, (other, its_href))
        separate = {key: link for key, link in separate.items() if key not in new}
        if separate:
            known |= self._article_store.known(separate)
            new |= separate

    def claimed(self, urls: dict[str, str]) -> list[Target]:
        """Return the articles to request for claimed URLs, given by key; this or another run found them.

        Articles that another run has read since then are left out.
        """
        known = self._article_store.known(urls)
        targets = []
        for key, url in urls.items():
            url = self._site.here(url)
            address, held = self._site.address(url), known.get(key)
            if address is None or (held is not None and not self._is_wanted_again(held, address)):
                continue
            targets.append(Target(key, self._frontier.claim(key, address, url)))
        return targets

    def pop_deferred(self) -> list[Target]:
        """Return deferred speculative URLs, as far as the budget allows now."""
        known = self._article_store.known(self._speculative_urls.doubtful)
        self._speculative_urls.remove_articles({key for key, held in known.items() if held.what == "stored"})
        deferred = self._speculative_urls.pop_deferred(self._frontier.is_known)
        return [target for address, url in deferred for target in self._target(address, url)]

    def drop_deferred(self) -> None:
        """Drop the deferred URLs: nothing is left to read that could extend the budget."""
        for key in self._speculative_urls.drop_deferred():
            self._article_store.remove_from_frontier(key)

    def read(self, asked_url: str, *, is_article: bool) -> None:
        """Register whether the requested page was an article."""
        address = self._site.address(asked_url)
        if is_article or address is None or not self.is_doubtful(address.key):
            self._speculative_urls.read(address, is_article=is_article)

    def may_be_asked(self, url: str) -> bool:
        """Whether the page at a URL or path has not failed, or its retry is due."""
        return self._article_store.failing.may_be_asked(urljoin(self._site.base, url))

    def is_stored(self, key: str) -> bool:
        """Whether an earlier run or this one has stored the article."""
        held = self._article_store.known([key]).get(key)
        return self.has_read(key) or (held is not None and held.what == "stored")

    def is_old(self, key: str | None) -> bool:
        """Whether an article of earlier runs was not read in this one, neither by its old address nor by its text."""
        return key is not None and self.is_stored(key) and not self.has_read(key)

    @staticmethod
    def is_same_text(one: ArticleReading, other: ArticleReading) -> bool:
        """Whether two pages have the text of one article."""
        return is_same_text(vars(one), vars(other))

    def is_settled(self, url: str, *, is_sure: bool = False) -> bool:
        """Whether a page has failed before, and is not counted as failed again."""
        return self._article_store.failing.is_settled(url, is_sure=is_sure)

    def has_read(self, key: str) -> bool:
        """Whether this run has stored the article, under any of its URLs."""
        return self._article_store.has_read(key)

    @property
    def moved(self) -> int:
        """Number of articles of earlier runs that this run has read under a new URL."""
        return self._article_store.moved

    @property
    def skipped(self) -> int:
        """Number of links over the budget, which are not followed."""
        return self._speculative_urls.refused + self._speculative_urls.deferred

    def _target(self, address: Address, url: str) -> list[Target]:
        key = self._frontier.key(address)
        target = self._frontier.url_to_request(address, url)
        return [] if target is None else [Target(key, target)]

    def _is_wanted_again(self, known: Known, address: Address) -> bool:
        """Whether a link leads to a page that earlier runs have not read, or that was outside of their period."""
        if known.what == "outside":
            return self._arguments.wants(known.section, known.date_published)
        if known.what == "failed":
            return not known.is_of(address)  # an alternative URL of an article
        # A short link may redirect wrongly. Only the last alias of a number is stored, so an own path's counts.
        return known.what == "alias" and address.spelling == address.path and not known.is_of_own_path

    def _add_alternative(self, address: Address, href: str, page_url: str, page_writes: PageWrites) -> None:
        """Register an alternative URL of an article requested before; URLs of its later pages are ignored."""
        if address.part > 1:
            return
        self._add_alias(address, href, page_url, page_writes)
        if not self._frontier.is_read(address) and (url := self._site.resolve(href, page_url)):
            self._frontier.add_alternative(address, url)

    def _add_alias(self, address: Address, href: str, page_url: str, page_writes: PageWrites) -> None:
        """Add a link to ``page_writes`` if it is another URL of an article with a number."""
        is_alias = address.alias and address.article_id is not None and address.part == 1
        if is_alias and (url := self._site.resolve(href, page_url)):
            page_writes.aliases.append((url, address.key))
