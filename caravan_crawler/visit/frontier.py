"""The frontier: every article is asked for once, and by another of its addresses where one does not work."""

from caravan_crawler.urls import Address, Site, is_same_article

Key = int | str

#: Other addresses of one article that are kept while the first is not read yet.
_MOST_OTHERS = 5


def one_for_each_article(urls: list[str], site: Site) -> list[str]:
    """Return ``urls`` without further addresses of the same article; own paths go before short links."""
    chosen: dict[Key, str] = {}
    for url in sorted(urls, key=lambda url: (address := site.address(url, site.base)) is not None and address.alias):
        address = site.address(url, site.base)
        chosen.setdefault(address.key if address else url, url)
    return list(chosen.values())


class Frontier:
    """Which articles were asked for and which recorded, by key: the number, else the own path.

    A number tells articles apart only together with the slug before it: ``/news/premiya-10000/`` and
    ``/sport/bilety-po-10000/`` are two articles. Where two paths with one number may be two articles', the second is
    known by its path alone (:meth:`key`); only its page can tell whether it is the same article.

    Short links (``?p=<id>``) wait: only where no page has named the article's own path by the time everything else
    is read are they followed. Further addresses of an article are kept until its page is read; when the address
    asked for fails, they are tried in turn (:meth:`failed`).
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._asked: dict[Key, str | None] = {}
        self._recorded: dict[Key, str | None] = {}
        self._short_links: dict[Key, str] = {}
        self._others: dict[Key, dict[str, Address]] = {}
        self._failed: set[str] = set()

    def key(self, address: Address) -> Key:
        """Return what tells the article from all others, as far as its address can."""
        path = address.path
        if address.article_id is not None and path is not None:
            asked = self._asked.get(address.article_id)
            if asked is not None and not is_same_article(address.article_id, asked, path):
                return path
        return address.key

    def knows(self, address: Address) -> bool:
        """Whether the article was asked for, waits as a short link, or failed under this very address."""
        if address.path is None:
            return address.key in self._asked or address.key in self._short_links
        return self.key(address) in self._asked or address.path in self._failed

    def is_read(self, address: Address) -> bool:
        """Whether nothing is to be gained by a further address of the article, or by asking for this one again."""
        return address.key in self._recorded or (not address.alias and self._asked.get(address.key) == address.path)

    def note(self, key: Key, path: str | None = None) -> None:
        """Note that an article need not be asked for: the store has it, or this run will ask for it anyway."""
        self._asked[key] = path

    def keep_other(self, address: Address, url: str) -> None:
        """Keep a further address of an article that was asked for and is not read yet."""
        others = self._others.setdefault(self.key(address), {})
        if len(others) < _MOST_OTHERS:
            others.setdefault(url, address)

    def admit(self, address: Address, url: str) -> str | None:
        """Return the URL to fetch for a link to an article, or None: asked for before, or put aside."""
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
        """Return the URL to fetch for an article that is to be asked for by this run and no other."""
        its_key: Key = int(key) if key.isdecimal() else key
        self._asked[its_key] = address.path
        self._short_links.pop(its_key, None)
        if address.path is None:
            return url
        return self._site.canonical(address) if address.alias else url.split("?", 1)[0]

    def failed(self, key: Key, address: Address) -> str | None:
        """Note that an address of an article led to no page of it; return another one to ask for, or None."""
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
        """Return key and short link of the articles nobody named otherwise, to be followed."""
        links = [(key, url) for key, url in self._short_links.items() if key not in self._asked]
        self._asked.update(dict.fromkeys(self._short_links))
        self._short_links.clear()
        return links

    def record(self, address: Address) -> Address | None:
        """Note that the article's record is made; return its address, None where it was made before.

        The address is without its number where that is another article's.
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
