"""Close servers with open connections, in a process of its own, as it may hang.

python -m tests.sample_site.closing
"""

import http.client
import socket
import time
from urllib.parse import urlsplit

from caravan_crawler.sample_site import SampleServer, SampleSite, serve
from caravan_crawler.sample_site.faults import FaultySite

_REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
#: Their responses exceed the buffers of a loopback connection.
_TOO_MANY = 1000


def main() -> None:
    """Close with connections that are idle, silent, in mid-request, not reading, waiting."""
    with serve(SampleSite(40)) as server:
        idle = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=10)
        idle.request("GET", "/")
        assert idle.getresponse().read()
        others = [_connected(server, sent) for sent in (b"", _REQUEST[:20], _REQUEST * _TOO_MANY)]
    with serve(FaultySite(40, faults=["slow:3600"])) as slow:
        others.append(_connected(slow, _REQUEST))
        while not slow.hits:
            time.sleep(0.005)
    idle.close()
    for connection in others:
        connection.close()
    print("closed")


def _connected(server: SampleServer, sent: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    connection.sendall(sent)
    return connection


if __name__ == "__main__":
    main()
