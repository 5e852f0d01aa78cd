"""What a fault is: something that may change the answer to a request."""

import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from caravan_crawler.sample_site.dice import Dice
from caravan_crawler.sample_site.response import HTML, SampleResponse
from caravan_crawler.sample_site.site import SampleSite


@dataclass(frozen=True, slots=True)
class Visit:
    """One request: its ``target``, the ``number`` of the article that names, if any, and the site's address."""

    site: SampleSite
    target: str
    number: int | None
    base_url: str

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    def sound(self, target: str) -> SampleResponse:
        """What the site without faults answers to a request for ``target``."""
        return SampleSite.respond(self.site, target, self.base_url)


Trick = Callable[[Visit, SampleResponse], SampleResponse]
"""Makes of a sound answer a bad one."""


class Fault:
    """One way to misbehave. It may keep count of what was asked, but never waits."""

    early_requests = 0
    """Requests that came although the client had been told to wait."""

    def answer(self, visit: Visit, response: SampleResponse) -> SampleResponse:
        """The answer to send instead of ``response``, or ``response`` itself."""
        raise NotImplementedError

    def spoils(self, site: SampleSite, number: int) -> bool:
        """Whether no exact record of the site's article ``number`` can be had."""
        return False


class PageFault(Fault):
    """A trick played on few articles, one of ``every`` so many, under all their addresses.

    Which ones follows from the fault's name and the articles' numbers; an article that alone leads to
    another is none of them unless ``every`` is 1. ``times`` is how often an address is bad before it is
    sound, None for ever; what passes befalls other HTML pages, too. ``spares`` says that an exact record
    can be had all the same.
    """

    def __init__(self, name: str, trick: Trick, times: int | None, every: int, *, spares: bool = False) -> None:
        self._name = name
        self._trick = trick
        self._times = times
        self._every = every
        self._spares = spares
        self._played: Counter[str] = Counter()

    def answer(self, visit: Visit, response: SampleResponse) -> SampleResponse:
        """Play the trick where it is due."""
        if response.status != 200 or not self._is_chosen(visit, response):
            return response
        if self._times is not None:
            if self._played[visit.target] >= self._times:
                return response
            self._played[visit.target] += 1
        return self._trick(visit, response)

    def spoils(self, site: SampleSite, number: int) -> bool:
        """Whether the article is bad for ever."""
        return self._times is None and not self._spares and self._is_chosen_article(site, number)

    def _is_chosen(self, visit: Visit, response: SampleResponse) -> bool:
        if visit.number is not None:
            return self._is_chosen_article(visit.site, visit.number)
        is_page = response.headers.get("Content-Type") == HTML
        draw = Dice(f"fault:{self._name}", zlib.crc32(visit.target.encode()))
        return self._times is not None and is_page and draw.chance(1, self._every)

    def _is_chosen_article(self, site: SampleSite, number: int) -> bool:
        if self._every == 1:
            return True
        first = number - number % self._every
        eligible = [n for n in range(first, first + self._every) if not site.is_only_way(n)]
        return number == Dice(f"fault:{self._name}", first).pick(eligible)
