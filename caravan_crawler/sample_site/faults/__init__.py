"""Faults by name: everything the sample site can do wrong.

``FaultySite(articles, faults=["slow:0.1", "cut"])`` is a site with faults. Each is written ``NAME[:VALUE[:VALUE]]``;
``FAULTS`` describes each fault and its values, in their order. Faults affect a few pages, always the same ones, unless
EVERY is 1.
"""

from caravan_crawler.sample_site.faults.site import FAULTS, FaultKind, FaultySite, make_fault

__all__ = ["FAULTS", "FaultKind", "FaultySite", "make_fault"]
