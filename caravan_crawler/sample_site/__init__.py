"""A small offline copy of caravan.kz for demos, tests and benchmarks.

``SampleSite`` answers URLs, of all generations or of one. ``serve`` puts it behind a server on loopback, as does
``python -m caravan_crawler.sample_site``. Articles are numbered from the oldest; everything about one follows from its
number and the size of the site, and ``SampleSite.gold`` yields the expected record of each. ``faults`` adds named
faults.

docs/site.md lists which parts are known of the real site, and which are invented.
"""

from caravan_crawler.sample_site.server import SampleServer, serve
from caravan_crawler.sample_site.site import SampleResponse, SampleSite

__all__ = ["SampleResponse", "SampleServer", "SampleSite", "serve"]
