"""What the absence of robots.txt and its silence mean."""

from http import HTTPStatus
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest, NotConfigured
from scrapy.http import Response

from caravan_crawler.visit.failures import error_words


class RobotsUnreadError(Exception):
    """A request was not sent, as robots.txt could not be read: nothing may be asked then."""


class RobotsGuard:
    """RFC 9309, 2.3.1: without robots.txt (4xx) everything may be asked, with an unreadable one nothing.

    Scrapy's own middleware, which must come before this one, reads the body of any answer as rules, that of an
    error page among them, and takes an unreachable robots.txt for permission.
    """

    def __init__(self, crawler: Crawler) -> None:
        if not crawler.settings.getbool("ROBOTSTXT_OBEY"):
            raise NotConfigured
        self._sound: set[str] = set()
        self._problems: dict[str, str] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "RobotsGuard":
        """Scrapy's constructor."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Refuse whatever is asked of a host whose robots.txt gave no sound answer."""
        host = urlsplit(request.url).netloc
        if not _is_robots(request) and host not in self._sound:
            # What Scrapy's own middlewares raise about a response never comes to this one.
            problem = self._problems.get(host, "it redirects without end, or its body is broken")
            raise RobotsUnreadError(f"robots.txt could not be read ({problem}), so nothing may be asked")

    def process_response(self, request: Request, response: Response) -> Response:
        """Note an answer of robots.txt, which after its retries is the last one."""
        if not _is_robots(request):
            return response
        status = response.status
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            self._sound.add(_host(request))
            return response
        # Who answers "too many requests" has not said that there are no rules.
        is_absent = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
        if not is_absent or status == HTTPStatus.TOO_MANY_REQUESTS:
            self._problems[_host(request)] = f"HTTP {status}"
            raise IgnoreRequest("robots.txt could not be read")
        self._sound.add(_host(request))
        return response.replace(body=b"")

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Note that robots.txt could not be fetched; IgnoreRequest spares the log a second line about it."""
        if _is_robots(request):
            self._problems[_host(request)] = error_words(exception)
            raise IgnoreRequest("robots.txt could not be read") from exception


def _is_robots(request: Request) -> bool:
    """Whether Scrapy's middleware made this request: it alone sets this."""
    return bool(request.meta.get("dont_obey_robotstxt"))


def _host(request: Request) -> str:
    """Return the host and port robots.txt was first asked of, before any redirect."""
    asked: list[str] = request.meta.get("redirect_urls") or [request.url]
    return urlsplit(asked[0]).netloc
