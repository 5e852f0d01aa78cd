"""A site that changes while it is read."""

import json
import re
from http import HTTPStatus

from caravan_crawler.sample_site.article import Article
from caravan_crawler.sample_site.blocks import Paragraph
from caravan_crawler.sample_site.faults.base import Fault, Visit
from caravan_crawler.sample_site.response import HTML, SampleResponse
from caravan_crawler.sample_site.site import SampleSite

#: What a new template can lose: name to the field of the record.
LOSABLE = {"date": "date_published", "body": "body", "headline": "headline", "views": "views"}

_NEWS_PAGE = re.compile(r"/news/(?:page/\d+/?)?")
#: Lists read while the site still publishes; then it falls silent, so that a crawl can end.
_BURSTS = 20
_ARTICLE_PAGE = (HTTPStatus.OK, HTTPStatus.NOT_MODIFIED)


class Shifting(Fault):
    """Each time a page of the list of news has been read, so many new articles push the others down."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._bursts = 0

    def answer(self, visit: Visit, response: SampleResponse) -> SampleResponse:
        """Publish after the answer is made."""
        if _NEWS_PAGE.fullmatch(visit.path) and self._bursts < _BURSTS:
            self._bursts += 1
            visit.site.publish(self._count)
        return response


class MarkupSwitch(Fault):
    """From article page ``after`` + 1 on, articles come in the next template, one field drawn by script only."""

    def __init__(self, after: int, field: str) -> None:
        self._after = after
        self._field = field
        self._answered = 0
        self._site: SampleSite | None = None
        self.switched: set[int] = set()
        """Numbers of the articles that came in the new template."""

    def answer(self, visit: Visit, response: SampleResponse) -> SampleResponse:
        """Count article pages, and write the later ones anew."""
        if visit.number is None or response.status not in _ARTICLE_PAGE:
            return response
        self._answered += 1
        if self._answered <= self._after:
            return response
        self.switched.add(visit.number)
        if self._site is None:
            self._site = SampleSite(visit.site.articles, visit.site.markup_seed + 1)
        return SampleResponse(200, {"Content-Type": HTML}, self._page(self._site, visit, visit.number))

    def spoils(self, site: SampleSite, number: int) -> bool:
        """Whether the article has come without the field."""
        return number in self.switched

    def _page(self, other: SampleSite, visit: Visit, number: int) -> bytes:
        article = visit.site.article(number)
        page = other.page(_without(article, self._field), visit.base_url)
        data = json.dumps({self._field: _lost(article, self._field)}, ensure_ascii=False).replace("</", "<\\/")
        return page.replace(b"</body>", f"<script>window.__page={data};draw(window.__page)</script></body>".encode())


def _without(article: Article, field: str) -> Article:
    """The article as the new template prints it: without the field, in the metadata, too."""
    front = article.front
    match field:
        case "date":
            return article._replace(front=front._replace(date_raw=None, stamp=None, profile="plain"))
        case "views":
            return article._replace(front=front._replace(views=None))
        case "headline":
            return article._replace(headline="", front=front._replace(profile="none"))
        case _:
            return article._replace(blocks=[], author_line=None)


def _lost(article: Article, field: str) -> object:
    match field:
        case "date":
            return article.front.date_raw
        case "views":
            return article.front.views
        case "headline":
            return article.headline
        case _:
            return [str(block.runs[0]) for block in article.blocks if isinstance(block, Paragraph)]
