"""The frontier: every article is asked for once, by its own path where any page names it."""

from caravan_crawler.site import Address, Site


def one_for_each_article(urls: list[str], site: Site) -> list[str]:
    """Return ``urls`` without further addresses of the same article; own paths go before short links."""
    chosen: dict[int | str, str] = {}
    for url in sorted(urls, key=lambda url: (address := site.address(url, site.base)) is not None and address.alias):
        address = site.address(url, site.base)
        chosen.setdefault(address.key if address else url, url)
    return list(chosen.values())


class Frontier:
    """Which articles were asked for and which recorded, by key: the number, else the own path.

    Short links (``?p=<id>``) wait: only where no page has named the article's own path by the time
    everything else is read are they followed.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._asked: set[int | str] = set()
        self._recorded: set[int | str] = set()
        self._short_links: dict[int | str, str] = {}

    def knows(self, address: Address) -> bool:
        """Whether the article was asked for, or waits as a short link."""
        key = address.key
        return key in self._asked or (address.path is None and key in self._short_links)

    def note(self, key: int | str) -> None:
        """Note that an article need not be asked for: the store has it, or this run will ask for it anyway."""
        self._asked.add(key)

    def admit(self, address: Address, url: str) -> str | None:
        """Return the URL to fetch for a link to an article, or None: asked for before, or put aside."""
        key = address.key
        if key in self._asked:
            return None
        if address.path is None:
            self._short_links.setdefault(key, url)
            return None
        self._asked.add(key)
        self._short_links.pop(key, None)
        # An AMP page's address names the article's own path, and a query adds nothing to it.
        return self._site.canonical(address) if address.alias else url.split("?", 1)[0]

    def take_short_links(self) -> list[tuple[int | str, str]]:
        """Return key and short link of the articles nobody named otherwise, to be followed."""
        links = [(key, url) for key, url in self._short_links.items() if key not in self._asked]
        self._asked.update(self._short_links)
        self._short_links.clear()
        return links

    def record(self, address: Address) -> bool:
        """Note that the article's record is made; False where it was made before, under any address."""
        keys = {key for key in (address.article_id, address.path) if key is not None}
        if keys & self._recorded:
            return False
        self._recorded |= keys
        self._asked |= keys
        return True
