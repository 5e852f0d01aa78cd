"""A pipeline with a bug, to test how a run reports it."""

from typing import Any


class BrokenPipeline:
    def process_item(self, item: Any) -> Any:
        raise RuntimeError("a bug")
