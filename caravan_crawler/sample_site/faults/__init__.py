"""Faults by name: everything the sample site can be told to do wrong.

``FaultySite(articles, faults=["slow:0.1", "cut"])`` is a site with faults. Each is written
``NAME[:VALUE[:VALUE]]``; ``FAULTS`` says of each what it does and which values it takes, in their order.
Faults fall on few pages, always the same ones, unless they are told to fall on all.
"""

from caravan_crawler.sample_site.faults.site import FAULTS, FaultKind, FaultySite, make_fault

__all__ = ["FAULTS", "FaultKind", "FaultySite", "make_fault"]
