"""A sample site whose articles and view counts change from day to day."""

from collections.abc import Mapping

from caravan_crawler.sample_site import SampleResponse, SampleSite


class Changing(SampleSite):
    """On each day some articles are edited, others have more views, and a few have no view count."""

    day = 0

    def respond(self, target: str, base_url: str, headers: Mapping[str, str] | None = None) -> SampleResponse:
        response = super().respond(target, base_url, headers)
        number = self.number_of(target)
        if not self.day or number is None or response.status not in (200, 304) or target.startswith(("/amp/", "/?")):
            return response
        article = self.article(number)
        front = article.front
        if number % 3 == 0:
            article = article._replace(headline=f"{article.headline}: день {self.day}")
        if number % 4 == 0 and front.views is not None:
            article = article._replace(front=front._replace(views=front.views + 10 * self.day))
        if number % 20 == self.day:
            article = article._replace(front=front._replace(views=None))
        if article == self.article(number):
            return response
        return SampleResponse(200, {"Content-Type": "text/html"}, self.page(article, base_url))
