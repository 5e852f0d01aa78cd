"""A crawl shared between workers: a queue in Redis, from which each takes articles by leases.

The store is the truth: what is found and not read stands in its table ``frontier``, and a Redis that comes back
empty is filled from there. Nothing of this is loaded unless ``REDIS_URL`` is set.
"""
