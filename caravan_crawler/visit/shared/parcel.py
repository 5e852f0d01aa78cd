"""A request for an article as one worker writes it and another reads it."""

import json
from typing import Any

from scrapy import Request

from caravan_crawler.urls import Site
from caravan_crawler.visit.reach import FOUND_ON, HOPS

#: What the spider put there and needs again; the rest of ``meta`` is Scrapy's.
_META = ("key", "alias", "handle_httpstatus_list", HOPS, FOUND_ON)


def pack(request: Request) -> str:
    """Return a request as text: address, priority, headers such as those that ask for changes only."""
    meta = {name: request.meta[name] for name in _META if request.meta.get(name) is not None}
    headers = request.headers.to_unicode_dict()
    return json.dumps({"url": request.url, "priority": request.priority, "meta": meta, "headers": dict(headers)})


def unpack(text: str, site: Site) -> dict[str, Any]:
    """Return the arguments for the request, on the copy of the site that this worker reads."""
    arguments: dict[str, Any] = json.loads(text)
    return arguments | {"url": site.here(arguments["url"])}
