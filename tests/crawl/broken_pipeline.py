"""A pipeline with a bug, for the test of what a run says of one."""

from typing import Any


class BrokenPipeline:
    def process_item(self, item: Any) -> Any:
        raise RuntimeError("a bug")
