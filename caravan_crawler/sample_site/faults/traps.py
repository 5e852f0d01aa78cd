"""Addresses without end."""

import re
from dataclasses import replace
from datetime import date, timedelta
from hashlib import blake2b

from caravan_crawler.sample_site.faults.base import Fault, Visit
from caravan_crawler.sample_site.response import HTML, SampleResponse

_LIST_PAGE = re.compile(r"/(?P<section>news|gazeta|sport|art|crime|zhangalyqtar)/(?:page/(?P<number>\d{1,9})/?)?")
#: Where the endless ends, so that even a crawler that follows everything ends.
MOST_TRAPPED = 1500
_LINKS_ON_A_TRAP = 2
_FIRST_DAY = date(2001, 1, 1)
_CARDS_SHOWN_AGAIN = 5


class EndlessListing(Fault):
    """Each page of a list links to a next one; beyond the end its first page comes again and again.

    With ``is_new`` those have a few of its articles under addresses that no page had before, and so has
    the link to the next page.
    """

    def __init__(self, *, is_new: bool = False) -> None:
        self._is_new = is_new

    def answer(self, visit: Visit, response: SampleResponse) -> SampleResponse:
        """Lengthen the lists."""
        found = _LIST_PAGE.fullmatch(visit.path)
        if found is None or response.status not in (200, 404):
            return response
        number = int(found["number"] or 1)
        if number > MOST_TRAPPED:
            return response
        following = f"/{found['section']}/page/{number + 1}/"
        if response.status == 404:
            response = visit.sound(f"/{found['section']}/")
            if self._is_new:
                following += f"?from={_draw(visit.target):08x}"
                response = self._renamed(visit, response, number)
        return _with_links(response, [following], rel="next")

    def _renamed(self, visit: Visit, response: SampleResponse, number: int) -> SampleResponse:
        """The first page with the addresses of its articles changed: another slug, another query."""
        body = re.sub(
            rb'(/(?:news|gazeta|sport|art)/)([a-z0-9-]+-\d{4,7})(/?)(?:\?[^"\' >]*)?',
            rb"\1page-%d-\2\3?from=%d" % (number, number),
            response.body,
        )
        return replace(response, body=body)


class UrlTrap(Fault):
    """Each page links to days of a calendar or to sortings of a list that no page linked to before.

    All of them answer 200, with links to further ones; the first 1,500 do.
    """

    def __init__(self) -> None:
        self._trapped = 0

    def answer(self, visit: Visit, response: SampleResponse) -> SampleResponse:
        """Add a link to a page, or be the trap."""
        if self._is_trap(visit):
            self._trapped += 1
            if self._trapped > MOST_TRAPPED:
                return SampleResponse(404, {"Content-Type": HTML}, b"<html><body><h1>404</h1></body></html>")
            links = [self._link(visit.target, branch) for branch in range(1, _LINKS_ON_A_TRAP + 1)]
            return _with_links(_page_without_article(), links)
        if response.status == 200 and response.headers.get("Content-Type") == HTML:
            return _with_links(response, [self._link(visit.target, 0)])
        return response

    def _is_trap(self, visit: Visit) -> bool:
        return visit.path.startswith("/kalendar/") or "?sort=" in visit.target

    def _link(self, target: str, branch: int) -> str:
        draw = _draw(f"{target}#{branch}")
        day = _FIRST_DAY + timedelta(days=draw % 200_000)
        return (f"/kalendar/{day:%Y/%m/%d}/", f"/news/?sort=date&day={day}", f"/?sort=views&s1={draw}")[draw % 3]


class ArticleTrap(UrlTrap):
    """The same with addresses of the form of an article's without a number."""

    def _is_trap(self, visit: Visit) -> bool:
        return visit.path.startswith("/arkhiv/")

    def _link(self, target: str, branch: int) -> str:
        return f"/arkhiv/zapis-{_draw(f'{target}#{branch}') % 10**9:x}-den/"


def _page_without_article() -> SampleResponse:
    page = (
        "<!DOCTYPE html><html><head><meta charset='utf-8'><title>Архив - Караван</title></head>"
        "<body><h1>Архив</h1><p>За этот день ничего нет.</p></body></html>"
    )
    return SampleResponse(200, {"Content-Type": HTML}, page.encode())


def _with_links(response: SampleResponse, targets: list[str], rel: str = "") -> SampleResponse:
    mark = f" rel='{rel}'" if rel else ""
    links = "".join(f"<a{mark} href='{target.replace('&', '&amp;')}'>Ещё</a> " for target in targets)
    return replace(response, body=response.body.replace(b"</body>", f"<p>{links}</p></body>".encode()))


def _draw(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=4).digest(), "big")
