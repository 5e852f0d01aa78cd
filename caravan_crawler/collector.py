"""Python's garbage collector, for a process that makes and forgets many objects for each page."""

import gc

#: Objects between two collections; 700 by default, of which one page makes several times as many.
_COLLECT_AFTER = 20_000


def calm_collector() -> None:
    """Let Python's garbage collector look less often, and never at what is imported, which stays."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, 20, 20)
