"""Answers with another status: errors and redirects."""

from caravan_crawler.sample_site.faults.base import Fault, Visit
from caravan_crawler.sample_site.response import HTML, SampleResponse

#: A name that no resolver knows, a file, an address that no route leads to.
ELSEWHERE = ("http://www.example.invalid/news/", "file:///etc/passwd", "http://10.0.0.1/admin/")
_AGAIN = "?again=1"


class DeadRobots(Fault):
    """robots.txt answers 500."""

    def answer(self, visit: Visit, response: SampleResponse) -> SampleResponse:
        """Break robots.txt."""
        return error_500(visit, response) if visit.path == "/robots.txt" else response


def error_500(visit: Visit, response: SampleResponse) -> SampleResponse:
    """An internal server error."""
    return SampleResponse(500, {"Content-Type": HTML}, b"<html><body><h1>500</h1></body></html>")


def redirect_loop(visit: Visit, response: SampleResponse) -> SampleResponse:
    """A redirect to the same page under another address, from which it comes back."""
    bare = visit.target.removesuffix(_AGAIN[1:])
    if bare != visit.target:
        return _found(bare[:-1])
    return _found(visit.target + ("&" + _AGAIN[1:] if "?" in visit.target else _AGAIN))


def redirect_away(visit: Visit, response: SampleResponse) -> SampleResponse:
    """A redirect to another host, to a file, or into a private network."""
    return _found(ELSEWHERE[(visit.number or 0) % len(ELSEWHERE)])


def _found(location: str) -> SampleResponse:
    return SampleResponse(302, {"Content-Type": HTML, "Location": location})
