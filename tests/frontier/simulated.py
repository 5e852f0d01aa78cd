"""A list of articles, newest first, and runs that walk it: interrupted, with failing pages, while it grows."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from caravan_crawler.frontier.list_walk import ListState
from caravan_crawler.frontier.listings import Listings, ListPage
from caravan_crawler.pages.listing import Card, Listing
from caravan_crawler.urls import Address

PATH = "/news/"
PAGE = 5
#: Articles that every page links to outside of its listing.
TRENDING = (1_000_001, 1_000_002)
FURNITURE = frozenset(map(str, TRENDING))

#: Upper limit of pages in a walk of a simulated listing.
_ENDLESS = 5000
#: Behaviour behind the end of a listing, and whether its pages link to each other.
ENDINGS = ("links", "absent", "empty", "repeated")


def card(key: int) -> Card:
    return Card(Address(f"{PATH}a-{key}/", key), f"{PATH}a-{key}/", None)


def listing(number: int, keys: list[int], *, following: bool = True, paginated: bool = True) -> Listing:
    cards = tuple(card(key) for key in [*keys, *TRENDING])
    return Listing(PATH, number, cards, number + 1 if following else None, paginated)


@dataclass
class SimulatedList:
    """A site's list: the articles' numbers, newest first; higher numbers are newer."""

    articles: list[int]
    ending: str = "links"
    pinned: tuple[int, ...] = ()
    """Articles that stand above the others on each page, or on the first one only."""
    are_on_each_page: bool = True

    def publish(self, count: int) -> None:
        newest = self.articles[0] if self.articles else 0
        self.articles[:0] = range(newest + count, newest, -1)

    @property
    def pages(self) -> int:
        return -(-len(self.articles) // PAGE)

    def page(self, number: int) -> Listing | None:
        """A page of the list, or None for a 404."""
        others = [key for key in self.articles if key not in self.pinned]
        keys = others[(number - 1) * PAGE : number * PAGE]
        if keys and (number == 1 or self.are_on_each_page):
            keys = [*self.pinned, *keys]
        if self.ending == "links":
            return listing(number, keys, following=number < self.pages) if keys else None
        if keys or self.ending == "absent":
            return listing(number, keys, following=False, paginated=False) if keys else None
        shown = self.articles[-PAGE:] if self.ending == "repeated" else []
        return listing(number, shown, following=True)


def nothing() -> None:
    """Do nothing."""


def never(_number: int) -> bool:
    return False


@dataclass
class Walker:
    """State that outlasts a run, as in the store: the articles seen and, as JSON, how far the listing is walked."""

    site: SimulatedList
    seen: set[int] = field(default_factory=set)
    state: str = "null"
    read: list[int] = field(default_factory=list)
    """Numbers of the pages that the last run requested."""
    abandoned: int = 0

    @property
    def walked(self) -> dict[str, Any]:
        """The state as JSON values."""
        return json.loads(self.state) or ListState().to_json()

    def make_due(self) -> None:
        """Let the next run request all missing pages again, as if time had passed."""
        state = self.walked
        for part in state["missing"]:
            part[4:] = [""] * len(part[4:])
        self.state = json.dumps(state)

    def run(
        self,
        *,
        from_top: bool = True,
        stop_after: int | None = None,
        fails: Callable[[int], bool] = never,
        absent: Callable[[int], bool] = never,
        meanwhile: Callable[[], None] = nothing,
        random: Random | None = None,
    ) -> bool:
        """Walk the list as a run does; return whether the run came to its end.

        It is stopped after ``stop_after`` pages. ``fails`` says of a page's number whether it fails, ``absent``
        whether it answers with 404; ``meanwhile`` happens before each page; ``random`` mixes the order of the answers.
        """
        lists = Listings(None, is_bounded=False)
        self.read = []
        waiting = lists.begin(PATH, ListState.from_json(json.loads(self.state)), from_top=from_top)
        while waiting or (waiting := self._idle(lists)):
            if stop_after is not None and len(self.read) >= stop_after:
                return False
            assert len(self.read) < _ENDLESS, "the walk does not end"
            meanwhile()
            asked = waiting.pop(random.randrange(len(waiting)) if random else 0)
            waiting += self._ask(lists, asked, fails, absent)
        self.abandoned = lists.abandoned
        return True

    def _idle(self, lists: Listings) -> list[ListPage]:
        pages = lists.when_idle()
        self._keep(lists)
        return pages

    def _ask(
        self, lists: Listings, asked: ListPage, fails: Callable[[int], bool], absent: Callable[[int], bool]
    ) -> list[ListPage]:
        number = asked.number
        self.read.append(number)
        if fails(number):
            pages = lists.failed(asked.walk, number)
        elif (
            not absent(number)
            and (found := self.site.page(number)) is not None
            and not asked.walk.is_missing(number, found, FURNITURE)
        ):
            keys = {int(card.address.key) for card in found.cards} - {*TRENDING}
            new = keys - self.seen
            self.seen |= keys
            pages = lists.read(asked.walk, found, FURNITURE, len(new))
        else:
            pages = lists.missing(asked.walk, number)
        self._keep(lists)
        return pages

    def _keep(self, lists: Listings) -> None:
        for state in lists.take_changed().values():
            self.state = json.dumps(state.to_json())
