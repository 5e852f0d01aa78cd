"""The lede: by evidence that adds up, a text over the others is the lede or their first paragraph."""

from itertools import islice, takewhile

from caravan_crawler.pages.blocks import SUBHEADS, Block, Element, Picture, common_container
from caravan_crawler.pages.document import Document
from caravan_crawler.pages.fact_forms import Fact, is_dated
from caravan_crawler.pages.headline import MOST_LEDE_BLOCKS, Weighed
from caravan_crawler.pages.labels import ends_sentence, fold, is_prose
from caravan_crawler.pages.selectors import is_header, is_lede, is_of_columns, is_of_text
from caravan_crawler.pages.text_range import kind_of, outside_of_parts

#: Evidence for the texts before the last fact, or for the first text where no fact follows it, to be the lede.
LEDE = {
    "date or views follow": 4,
    "a credit follows": 1,
    "is named as lede": 5,
    "stands in the header with the headline, and the text does not": 4,
    "stands apart from the text": 2,
    "is a paragraph before bare text": 1,
    "a picture stands before the text": 1,
    "is much shorter than the text's paragraphs": 1,
    "is a statement in a heading": 3,
    "is set in bold or italics, and the text is not": 5,
    "is the cut beginning of the text": 4,
    "a date stands before it": -2,
    "is a paragraph among paragraphs": -2,
}
#: Sum of the evidence from which the texts are the lede.
LEDE_FROM = 1
#: A text is much shorter if it has less than this share of the length of the next two paragraphs (average).
_SHORT = 0.6
#: Letters of a cut beginning of the text, and those of its last word and marks.
_SHORTEST_CUT, _LONGEST_CUT_WORD = 32, 12
#: How many times as long as a text of one paragraph what stands behind it may be.
_MOST_BEHIND_TEXT = 4
#: Elements in bold or italics that may be around a lede; empty ones are icons.
_EMPHASISED, _MOST_EMPHASISED = (
    "b, strong, em, i:not(:empty), .bold, .font-bold, .font-semibold, [style*='font-weight' i], [style*='italic' i]",
    40,
)


def weigh_lede(
    document: Document,
    headline: Block,
    lede: list[int],
    after: list[int],
    between: list[Fact],
    earlier: list[Fact],
) -> Weighed:
    """Decide if the blocks ``lede`` are the lede.

    ``after``: the text blocks that follow; ``between``: the facts after the lede and before the text; ``earlier``: the
    facts before the lede.
    """
    weighed = Weighed(lede[0])
    blocks = document.blocks
    first = blocks[lede[0]]
    kinds = {fact.kind for fact in between}
    if kinds & {"date", "views"}:
        weighed.add(LEDE, "date or views follow")
    elif "credit" in kinds:
        weighed.add(LEDE, "a credit follows")
    if any(fact.kind == "date" for fact in earlier):
        weighed.add(LEDE, "a date stands before it")
    if not after:
        return weighed
    following = blocks[after[0]]
    emphasised = [node.text().split() for node in document.tree.css(_EMPHASISED)[:_MOST_EMPHASISED]]
    questions = [words for words in emphasised if words and words[-1][-1] == "?"]
    is_question = len(questions) > 1 and first.text.split() in questions  # of an interview
    words_after = following.text.split()
    is_text_too = any(words[: len(words_after)] == words_after for words in emphasised)
    if first.text.split() in emphasised and not (is_text_too or is_question):
        weighed.add(LEDE, "is set in bold or italics, and the text is not")
    if _states(first.text) and any(element.tag in SUBHEADS for element in islice(first.element.around, 2)):
        weighed.add(LEDE, "is a statement in a heading")
    shared = common_container(first, following)
    names = {element.names for element in following.element.below(shared)}
    if any(is_lede(element.names) and element.names not in names for element in first.element.below(shared)):
        weighed.add(LEDE, "is named as lede")
    header = common_container(headline, first)
    if (header.tag == "header" or is_header(header.names)) and not following.is_within(header):
        weighed.add(LEDE, "stands in the header with the headline, and the text does not")
    if any(lede[-1] < each.position <= after[0] and not _stands_beside(each) for each in document.pictures):
        weighed.add(LEDE, "a picture stands before the text")
    lengths = [len(blocks[index].text) for index in after[:2]]
    is_short = len(lede) == 1 and len(first.text) < _SHORT * sum(lengths) / len(lengths)
    if is_short and (ends_sentence(first.text) or "credit" in kinds):  # a button ends in no stop
        weighed.add(LEDE, "is much shorter than the text's paragraphs")
    text, text_after = fold(first.text), fold(following.text)
    if len(text_after) > len(text) > _SHORTEST_CUT and text_after.startswith(text[: len(text) - _LONGEST_CUT_WORD]):
        weighed.add(LEDE, "is the cut beginning of the text")
    is_alike = _kind(first.element) == _kind(following.element) and _are_parts_alike(first, following)
    is_among = is_alike or are_siblings(blocks[lede[-1]], following)
    if not kinds & {"date", "views"} and is_among:
        weighed.add(LEDE, "is a paragraph among paragraphs")
    elif len(after) > 1 and _stands_apart(first, following, blocks[after[1]]):
        weighed.add(LEDE, "stands apart from the text")
    elif first.tag == "p" and following.element is first.element.parent:
        weighed.add(LEDE, "is a paragraph before bare text")
    return weighed


def last_fact_before_text(texts: list[int], facts: list[tuple[int, list[Fact]]]) -> int:
    """Return the place of the last fact before the text, or -1; further ones are in the text or under it."""
    last = -1
    has_date = False
    seen: set[str] = set()
    texts_at_credit = len(texts)  # the credit is the last of the lines: a day or a number behind a text is the text's
    # Several blocks of facts and no text behind them are the site's own order without a text; one is under a text.
    is_lone_lede = bool(texts) and sum(at > texts[0] for at, _ in facts) > 1
    for position, each in facts:
        before = sum(text < position for text in texts)
        kinds: set[str] = {fact.kind for fact in each}
        if before > texts_at_credit and kinds <= seen:
            continue
        is_certain = "credit" in kinds or any(
            (fact.kind == "views" and not fact.is_bare)
            or (fact.kind == "date" and (is_dated(fact.value) or not has_date))
            for fact in each
        )
        if before > MOST_LEDE_BLOCKS or not (
            is_certain if before and has_date else kinds & {"date", "views", "credit"}
        ):
            continue
        has_date = has_date or "date" in kinds
        seen |= kinds
        if has_date and "credit" in kinds:
            texts_at_credit = before
        if before < len(texts) or is_lone_lede:
            last = position
    return last


def _stands_beside(picture: Picture) -> bool:
    """Whether a picture stands in a column or next to a text, not between two texts."""
    return picture.zone is not None or any(is_of_columns(each.names) for each in islice(picture.parent.around, 3))


def are_siblings(first: Block, second: Block) -> bool:
    """Whether two blocks stand in elements of one kind next to each other."""
    one, other = first.element, second.element
    return one is other or (_kind(one) == _kind(other) and one.parent is other.parent)


def _kind(element: Element) -> tuple[str, str | None]:
    return element.tag, element.get("class")


def _are_parts_alike(first: Block, second: Block) -> bool:
    """Whether two texts stand in elements of one kind next to each other, as page builders make them for one text."""
    around = common_container(first, second)
    kinds = [kind_of(each) for block in (first, second) for each in [*block.element.below(around)][-1:]]
    return len(kinds) > 1 and kinds[0] == kinds[1] != set()


def _stands_apart(lede: Block, first: Block, second: Block) -> bool:
    """Whether two texts share an element, more than a list or a quotation, that a text before them is not in."""
    if _are_parts_alike(lede, first):
        return False
    part = common_container(first, second)
    shared = outside_of_parts(part)
    is_part = shared is not part
    while shared.parent is not None and (
        is_of_columns(shared.names) or (is_part and (shared.first, shared.last) == (part.first, part.last))
    ):
        shared = shared.parent
    return shared.tag not in ("body", "html") and not lede.is_within(shared)


def _states(text: str) -> bool:
    """Whether a text ends as a statement does: a subhead does not, nor the first question of an interview."""
    return text.rstrip(' »”"')[-1:] in {".", "!", "…"}


def emphasised_first(document: Document, headline: int, container: Element) -> int | None:
    """Return the first paragraph in a container known to hold the text, if it alone is in bold or italics."""
    first, *after = range(container.first, max(container.last, container.first + 1))
    if not after or not is_prose(document.blocks[after[0]]) or not ends_sentence(document.blocks[first].text):
        return None
    weighed = weigh_lede(document, document.blocks[headline], [first], after, [], [])
    return first if weighed.has("is set in bold or italics, and the text is not") else None


def is_whole_text(before: list[int], after: list[int], blocks: list[Block], article: Element) -> bool:
    """Whether an element is named for the text around the first texts, and none around those behind them.

    A far longer text behind them is the article's, whatever its elements are named.
    """
    if not after or not is_named_text(blocks[before[0]], article):
        return False
    behind = sum(len(block.text) for block in blocks[after[0] :] if block.zone is None and is_prose(block))
    is_short = behind < _MOST_BEHIND_TEXT * len(blocks[before[0]].text)
    return is_short and not any(is_named_text(blocks[text], article) for text in after)


def is_named_text(block: Block, article: Element) -> bool:
    """Whether an element around a block, and not around the article, is named for the text."""
    around = takewhile(lambda each: not article.is_within(each), block.element.around)
    return any(is_of_text(each.names) for each in around)
