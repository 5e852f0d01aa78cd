"""Requests of rendered pages: to which hosts, for what, and when."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from caravan_crawler.sample_site import SampleResponse, serve
from tests.browser.scripted import Noting, browse

DELAY = 0.3
ROBOTS = b"User-agent: *\nDisallow: /parts/masthead\nDisallow: /sport/\n"
# Requests to another host by every means that a page has, and requests to its own host that reading it does not need.
REACHING = """
<link rel=stylesheet href=/style.css><link rel=prefetch href=/next><img src=/picture.jpg><iframe src=/frame></iframe>
<style>@font-face{font-family:f;src:url(/font.woff2)} body{font-family:f}</style><video src=/film.mp4 autoplay></video>
<img src=OTHER/picture><script src=OTHER/script.js></script><iframe src=OTHER/frame></iframe>
<link rel=stylesheet href=OTHER/style><link rel=preload as=font href=OTHER/font crossorigin>
<script>
fetch('OTHER/fetch'); fetch('/parts/away'); navigator.sendBeacon('OTHER/beacon'); new EventSource('OTHER/events');
new EventSource('/events'); new WebSocket('OTHER/socket'.replace('http', 'ws'));
new WebSocket(location.href.replace('http', 'ws')); open('OTHER/window');
navigator.serviceWorker?.register('/worker.js').catch(() => 0);
addEventListener('load', () => setTimeout(() => { location.href = 'OTHER/elsewhere'; }, 10));
addEventListener('beforeunload', event => { event.preventDefault(); event.returnValue = 'stay'; });
</script>"""


class Reaching(Noting):
    """A scripted site whose pages send requests to the host ``other``."""

    other = ""

    def respond(self, target: str, base_url: str, headers: Any = None) -> SampleResponse:
        response = super().respond(target, base_url, headers)
        if target == "/robots.txt":
            return SampleResponse(200, {"Content-Type": "text/plain"}, ROBOTS)
        if target == "/parts/away":
            return SampleResponse(302, {"Location": f"{self.other}/away"})
        body = response.body.replace(b"</body>", REACHING.replace("OTHER", self.other).encode() + b"</body>")
        return SampleResponse(response.status, response.headers, body)


@contextmanager
def listener() -> Iterator[tuple[str, list[bytes]]]:
    """Yield the URL of another host and the requests it received."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def listen() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    heard.append(connection.recv(4096))

        thread = threading.Thread(target=listen)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", heard
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def test_requests_go_to_the_site_only_and_only_for_needed_files(tmp_path: Path) -> None:
    site = Reaching(articles=25)
    gold = {record["url"]: record["views"] for record in site.gold("http://127.0.0.1/")}
    wanted = [url for url, views in gold.items() if "/news/" in url and views][:2]
    forbidden = next(url for url in gold if "/sport/" in url)
    with serve(site) as server, listener() as (site.other, heard):
        urls = [server.url + url.partition("127.0.0.1/")[2] for url in [*wanted, forbidden]]
        options = ("-a", f"urls={','.join(urls)}", "-s", f"DOWNLOAD_DELAY={DELAY}", "-s", "BROWSER_WAIT=8")
        done = browse(tmp_path, server, *options, "-s", "CONCURRENT_REQUESTS=1")
    assert done.code == 0, done.log[-3000:]
    assert {record["views"] for record in done.articles} == {gold[url] for url in wanted}
    assert heard == []
    pages = [target for _, target in site.pages]
    assert len(pages) == len(wanted) + 1, pages  # and robots.txt
    assert {target.partition("?")[0].rpartition("/")[0] for target in site.targets("/parts/")} == {
        *("/parts", "/parts/views/plain"),
    }
    assert "/parts/masthead" not in site.targets("/parts/"), "robots.txt forbids it"
    # The first request may have been late and the last one not.
    assert site.pages[-1][0] - site.pages[0][0] > 0.75 * DELAY * (len(pages) - 1)
