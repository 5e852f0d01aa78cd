"""Client of a faulty sample site over real connections."""

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple
from urllib.parse import urlsplit

from caravan_crawler.sample_site import SampleServer, SampleSite, serve
from caravan_crawler.sample_site.faults import FaultySite

ARTICLES = 80


class Got(NamedTuple):
    """A response; ``error`` says how it ended if it is incomplete."""

    status: int = 0
    headers: "http.client.HTTPMessage | None" = None
    body: bytes = b""
    error: str = ""

    def header(self, name: str) -> str:
        return (self.headers.get(name) if self.headers else None) or ""


class Client:
    """Client of one server, with a new connection for each request."""

    def __init__(self, server: SampleServer, site: FaultySite) -> None:
        self.server = server
        self.site = site
        self.plain = SampleSite(site.articles, site.markup_seed)
        self.paths = [urlsplit(r["url"])._replace(scheme="", netloc="").geturl() for r in site.gold(server.url)]

    @property
    def spoilt(self) -> list[str]:
        return [path for number, path in enumerate(self.paths) if self.site.spoils(number)]

    def get(self, target: str, timeout: float = 10) -> Got:
        connection = http.client.HTTPConnection(urlsplit(self.server.url).netloc, timeout=timeout)
        try:
            connection.request("GET", target)
            response = connection.getresponse()
            try:
                return Got(response.status, response.headers, response.read())
            except http.client.IncompleteRead as error:
                return Got(response.status, response.headers, error.partial, "cut")
            except (OSError, http.client.HTTPException) as error:
                return Got(response.status, response.headers, b"", type(error).__name__)
        except (OSError, http.client.HTTPException) as error:
            return Got(error=type(error).__name__)
        finally:
            connection.close()

    def sound(self, target: str) -> bytes:
        return self.plain.respond(target, self.server.url).body


@contextmanager
def running(*faults: str, articles: int = ARTICLES) -> Iterator[Client]:
    site = FaultySite(articles, faults=faults)
    with serve(site) as server:
        yield Client(server, site)
