"""Answers that are sound but do not arrive as they should."""

from dataclasses import replace

from caravan_crawler.sample_site.delivery import Delivery
from caravan_crawler.sample_site.faults.base import Fault, Trick, Visit
from caravan_crawler.sample_site.response import SampleResponse


class Slow(Fault):
    """Every answer comes so many seconds late."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def answer(self, visit: Visit, response: SampleResponse) -> SampleResponse:
        """Delay the answer, whatever else is wrong with its delivery."""
        delivery = response.delivery or Delivery()
        return replace(response, delivery=replace(delivery, delay=delivery.delay + self._seconds))


def drip(seconds: float) -> Trick:
    """The body sent in pieces over so many seconds."""
    return lambda visit, response: replace(response, delivery=Delivery(spread=seconds))


def hang(seconds: float) -> Trick:
    """No answer, and after so many seconds the end of the connection."""
    return lambda visit, response: replace(response, delivery=Delivery(delay=seconds, is_silent=True, ending="close"))


def cut(visit: Visit, response: SampleResponse) -> SampleResponse:
    """Half of the body that Content-Length announces, then the end of the connection."""
    return replace(response, delivery=Delivery(share=0.5, ending="close"))


def reset(visit: Visit, response: SampleResponse) -> SampleResponse:
    """Half of the body, then a reset of the connection."""
    return replace(response, delivery=Delivery(share=0.5, ending="reset"))
