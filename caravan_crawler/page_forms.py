"""Forms of the addresses of a listing's later pages."""

import re
from typing import NamedTuple


class PageForm(NamedTuple):
    """How the later pages of a listing are addressed: ``template`` has ``{}`` in place of the page's number.

    With a ``step`` it has an offset there: of the articles on a page, or of 1 if pages are numbered from 0.
    """

    template: str
    step: int = 0

    def path(self, number: int) -> str:
        """Return path and query of a page."""
        return self.template.replace("{}", str((number - 1) * self.step if self.step else number))

    def number(self, path: str) -> int | None:
        """Return the number of the page with this path and query, or None if it has another form."""
        before, _, after = self.template.partition("{}")
        value = path.removeprefix(before).removesuffix(after)
        if path != before + value + after or not (value.isascii() and value.isdecimal()):
            return None
        if not self.step:
            return int(value)
        return int(value) // self.step + 1 if int(value) % self.step == 0 else None


#: The part behind a listing's path in the URL of a later page, as common systems write it.
_PAGE_FORMS = (
    re.compile(r"/page/(\d{1,6})/?(?:\?.*)?"),
    re.compile(r"/(?:page[-_]?)?(\d{1,6})(?:/|\.html?)?(?:\?.*)?"),
    re.compile(r"/?\?(?:.*&)?(?:page|paged|pg|p|PAGEN_\d+)=(\d{1,6})(?:&.*)?"),
)
_OFFSET_FORM = re.compile(r"/?\?(?:.*&)?(start|offset|from|page)=(\d{1,7})(?:&.*)?")


def usual_form(listing: str) -> PageForm:
    """Return the form of the site's own listings."""
    return PageForm(f"{listing}page/{{}}/")


def page_form(path: str, listing: str, number: int) -> PageForm | None:
    """Return the form of ``path``, a path with its query, if it may be that of page ``number`` of the listing."""
    start = len(listing.rstrip("/"))
    if not path.startswith(listing.rstrip("/")):
        return None
    for pattern in _PAGE_FORMS:
        if (found := pattern.fullmatch(path, start)) and int(found[1]) == number:
            return PageForm(f"{path[: found.start(1)]}{{}}{path[found.end(1) :]}")
    found = _OFFSET_FORM.fullmatch(path, start)
    step, rest = divmod(int(found[2]), number - 1) if found and number > 1 else (0, 0)
    if not found or not step or rest or (found[1] == "page" and step != 1):
        return None
    return PageForm(f"{path[: found.start(2)]}{{}}{path[found.end(2) :]}", step)


def is_page(path: str, listing: str) -> bool:
    """Whether ``path``, with its query, may be that of any page of the listing."""
    start = len(listing.rstrip("/"))
    forms = (*_PAGE_FORMS, _OFFSET_FORM)
    return path.startswith(listing.rstrip("/")) and any(pattern.fullmatch(path, start) for pattern in forms)
