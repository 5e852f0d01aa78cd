"""A few of the pages of ``benchmarks/fuzz.py``, which breaks pages at random."""

from scrapy.settings import Settings

from benchmarks.fuzz import base_pages, broken_page, read
from caravan_crawler.pipelines import value_pipelines


def test_broken_pages_are_read_without_an_error() -> None:
    bases = base_pages()
    settings = Settings()
    settings.setmodule("caravan_crawler.settings")
    pipelines = value_pipelines(settings.copy_to_dict())
    bodies = set()
    for number in range(150):
        page, charset = broken_page(bases, 0, number)
        read(page, charset, pipelines)
        bodies.add(page.body)
    assert len(bodies) > 140
    assert broken_page(bases, 0, 3) == broken_page(bases, 0, 3)
