"""Why a page is read as it is, for ``scrapy inspect --why``: its blocks, what each is taken for, and the weights."""

from collections.abc import Iterator

from caravan_crawler.normalise.text import printable
from caravan_crawler.pages.document import Document
from caravan_crawler.pages.fact_lines import facts_of
from caravan_crawler.pages.headline import Weighed
from caravan_crawler.pages.layout import Layout, find_layout
from caravan_crawler.pages.readers import ArticlePage

#: Characters of a block that are printed.
_WIDTH = 72


def evidence_lines(document: Document) -> Iterator[str]:
    """Yield a line for each block of the page, then the decisions with their evidence."""
    layout = find_layout(document)
    page = ArticlePage(document, layout)
    left_out = page.text.left_out
    for block in document.blocks:
        text = printable(block.text.replace("\n", " / "))[:_WIDTH]
        facts = ", ".join(f"{fact.kind}={printable(fact.value)}" for fact in facts_of(block))
        notes = [note for note in (left_out.get(block.index), facts and f"may be {facts}") if note]
        place = f"<{block.tag}>" if block.zone is None else f"<{block.tag}> in {block.zone}"
        yield f"{block.index:4} {_part(layout, block.index, left_out):9} {place:22} {text}" + (
            f"   [{'; '.join(notes)}]" if notes else ""
        )
    for weighed in layout.weighed:
        yield _decision(weighed, layout, document)


def _part(layout: Layout, index: int, left_out: dict[int, str]) -> str:
    if index in (layout.headline, layout.first_headline):
        return "headline"
    if index in layout.lede:
        return "lede"
    if any(block.index == index for block in layout.text.blocks):
        return "-" if index in left_out else "text"
    if layout.trending is not None and layout.trending.start <= index < layout.trending.end:
        return "trending"
    return "."


def _decision(weighed: Weighed, layout: Layout, document: Document) -> str:
    is_headline = weighed is not layout.weighed[-1] or weighed.block in (layout.headline, layout.first_headline)
    chosen = weighed.block in (layout.headline, layout.first_headline) if is_headline else weighed.block in layout.lede
    reasons = ", ".join(f"{name} {weight:+}" for name, weight in weighed.evidence) or "no evidence"
    kind = "headline" if is_headline else "lede"
    return f"{kind} {weighed.block}: {'yes' if chosen else 'no'}, {weighed.sum:+} = {reasons}"
