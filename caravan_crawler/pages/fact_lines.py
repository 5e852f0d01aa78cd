"""Lines of facts: what the blocks around a text say, each of one fact or several.

The forms of a single fact are in ``fact_forms.py``.
"""

import re
from collections.abc import Iterator
from itertools import chain, pairwise

from caravan_crawler.normalise.dates import MONTH_PATTERN, WEEKDAY_PATTERN
from caravan_crawler.normalise.numbers import VIEWS_BEFORE
from caravan_crawler.pages.blocks import Block, Element, common_container
from caravan_crawler.pages.bylines import (
    is_author_label,
    is_marked_as_author,
    is_person,
    is_photo_label,
    is_single_name,
    is_sure_name,
    marks_author,
    names_role,
    people_in,
    read_byline,
)
from caravan_crawler.pages.fact_forms import (
    DATE_INSIDE,
    LABEL_OF_PUBLICATION,
    LONGEST_DATE,
    ORNAMENT,
    SEPARATORS,
    Fact,
    fact_in,
    is_certain_date,
    is_clock,
    is_counted_behind,
    is_date,
    is_dated,
    is_unfilled,
    joined_labels,
    parts_of,
    views_inside,
)
from caravan_crawler.pages.labels import is_label
from caravan_crawler.pages.selectors import counted, is_modified, is_of_recording

_LABEL_IN_LINK = re.compile(r"^(?:by|от|автор)\s*:?\s+", re.IGNORECASE)
_BY_SOMEBODY = re.compile(r"\s+(?:от|by)\s+\S+(?=\s|$)", re.IGNORECASE)
_AUTHOR_INSIDE = re.compile(
    r"(?i:авторы?\s*[:—–-]\s*|(?:(?:опубликова|отправи|добави|размести|написа)л[аи]?|(?:опубликова|отправле|добавле|размеще)но|автором|автор|пользователем|by)\s*:?\s+)"
    r"((?:[A-ZА-ЯЁӘІҢҒҮҰҚӨҺ](?:[\w\-]+\s+|\.\s*)[A-ZА-ЯЁӘІҢҒҮҰҚӨҺ][\w\-]+(?:\s+и\s+|,\s+)?)+)"
)
#: The name that somebody has in the program behind the site: ``Опубликовано admin - чт, 01/01/2015``.
_BY_USER = re.compile(
    r"\b(?:опубликова\w+|отправлен\w+|размещен\w+|добавлен\w+|автор\w*|пользователем|от|by)\s*:?\s+[A-Za-z][\w.-]*",
    re.IGNORECASE,
)
#: Words of a sentence that says when and by whom an article was published, and how often it was read.
_WORDS_OF_FACTS = re.compile(
    r"опубликова\w*|отправ\w*|дата|публикации|автор\w*|рубрик\w*|метк\w*|тег\w*|раздел\w*|категори\w*|п[ор]о?смотр\w*|прочита\w*|прочт\w*|прочли|чтени\w*|займ[её]т|эта|запись|была|материал|статья|текст|впервые"
    r"|this|entry|was|posted|published|on|at|am|pm|and|is|filed|under|written|in|category|tagged|bookmark|the|permalink|написал[аи]?"
    rf"|пользовател\w*|{WEEKDAY_PATTERN}"
    r"|минут\w*|мин|комментари\w*|оставил\w*|обновлен\w*|размещен\w*|в|и|от|by|на|к|вкл|раз\w*|под|года?|г|нет|без|пока|[^\W\d_]|\d+",
    re.IGNORECASE,
)
#: WordPress says so behind the date in its old themes.
_INVITATION = re.compile(r"(?<=\.)\s+(?:вы\s+можете|комментарии\s+к|you\s+can|both\s+comments)\b.*", re.IGNORECASE)
_SENTENCE_BEGINS = re.compile(
    r"(?:материал|текст|статья)\s+(?:опубликован|обновл[её]н)\w*\b|впервые\s+опубликован\w*|опубликовал[аи]?\b|(?:эта\s+)?запись\s+(?:была\s+)?опубликована\b|this\s+entry\s+was\s+posted\b|(?:опубликовано|posted|written|published)\b(?=.*\s(?:от|by|автор\w*)\s)|авторы?\b|дата\s+публикации\b",
    re.IGNORECASE,
)
#: The date of a change, before or behind that of publication.
_CHANGED = re.compile(
    rf"\b(?:(?:текст|материал|статья)\s+)?(?:обновл[её]н|измен[её]н|последнее\s+(?:изменение|обновление)|(?:last\s+)?(?:updated|modified)(?:\s+on)?)\w*\s*:?\s*{DATE_INSIDE.pattern}",
    re.IGNORECASE,
)
#: Two pieces of a block that touch, as styles part what is in elements of its own.
_BETWEEN_NUMBERS = re.compile(r"(?<=\d)\s*\0[\s\0]*(?=\d)")
_ENDS_OF_WORDS = re.compile(r"(?<=\w)\0(?=\w)")
_JOINTS = re.compile(
    r"(?:(?:все\s+)?(?:новости|статьи|материалы|записи)\s+(?:этого\s+(?:же\s+)?)?автора|запись\s+опубликована(?:\s+в\s+рубрике)?|this\s+entry\s+was\s+posted\s+in|(?:с\s+)?метк\w+:?|(?:в\s+)?рубрик\w+:?|от|и|және|and|автором|автор|by|в|in|on|posted\s+on|опубликован[оа]?|[\W_]+)",
    re.IGNORECASE,
)
#: A label without its colon, with the value in an element of its own.
_BARE_LABEL = re.compile(
    rf"авторы?|фото|правообладатель\s+\w+|дата|опубликовано|комментари\w*|текст|{VIEWS_BEFORE}", re.IGNORECASE
)
#: In addresses of sections and topics.
_LISTS = ("/tag/", "/tags/", "/topic/", "/topics/", "/category/")
_MOST_WORDS_OF_TOPIC = 2
#: Pieces of a line of a name and an office.
_NAME_AND_OFFICE = 2
#: Words of the longest date; letters of a block of facts and of a sentence of them.
_LONGEST_DATE, _LONGEST_FACTS, _LONGEST_SENTENCE = 12, 240, 200
#: Parts of a date on a leaf of a calendar, and letters of one; few blocks are as short.
_MOST_OF_BADGE, _LONGEST_OF_BADGE = 4, 12
_DAY_OR_MONTH = re.compile(rf"\d\d?|(?:{MONTH_PATTERN})\.?", re.IGNORECASE)
_YEAR = re.compile(r"\d{4}|\d\.\d\d\.\d\d")
_ABBREVIATED = re.compile(r"\s(?:тыс|млн|мин|чел)\.$")
#: A comma between facts, not the one in a date.
_COMMA = re.compile(
    rf",\s+(?=[^\W\d])|(?<=[^\W\d])[,.]\s+(?=\d\d?(?:\s+(?:{MONTH_PATTERN})\s+|\.\d\d\.)\d{{4}})", re.IGNORECASE
)
_STOP_BEFORE_LABEL = re.compile(r"\.\s+(?=(?:автор|текст|фото|сурет|мәтін)\w*\s*:)", re.IGNORECASE)
#: The eye before a number says what it counts.
_AROUND_PIECE = ORNAMENT.replace("👁", "") + "/"
_BEFORE_DATE = re.compile(r",\s+(?=\d\d?\.\d\d\.\d{4})")


def without_recordings(facts: list[Fact]) -> list[Fact]:
    """Return the facts with two clocks in a row, the position in a recording and its length, as ``other``."""
    clocks = [fact.kind in ("date", "other") and is_clock(fact.value) for fact in facts]
    pairs = {place for place, both in enumerate(pairwise(clocks)) if all(both)}
    apart = pairs | {place + 1 for place in pairs}
    return [Fact("other", fact.value) if place in apart else fact for place, fact in enumerate(facts)]


def mark_dates_in_parts(blocks: list[Block]) -> None:
    """Give the blocks of which each holds a part of one date, as on a leaf of a calendar, the facts that they are."""
    for start, block in enumerate(blocks):
        if len(block.text) > _LONGEST_OF_BADGE or not _DAY_OR_MONTH.fullmatch(block.text):
            continue
        for end in range(min(start + _MOST_OF_BADGE, len(blocks)), start + 1, -1):
            parts = blocks[start:end]
            leaf = common_container(block, parts[-1])
            date = " ".join(part.text for part in parts)
            is_leaf = leaf.last - leaf.first <= _MOST_OF_BADGE
            if is_leaf and is_date(date) and not any(is_date(part.text) for part in parts):
                block.facts = (Fact("date", date),)
                for part in parts[1:]:
                    part.facts = (Fact("other", part.text),)
                break


def facts_of(block: Block) -> list[Fact]:
    """Return the facts a block consists of, or [] where any of its text is something else.

    A block may hold several: ``26 Апреля 2023 | 60``, or two spans side by side.
    """
    if block.is_pager or (len(block.text) > _LONGEST_FACTS and not _SENTENCE_BEGINS.match(block.text)):
        return []
    facts = block.facts
    if facts is None:
        block.facts = facts = tuple(without_recordings(_facts_of(block)))
    return [fact for fact in facts if isinstance(fact, Fact)]


def _facts_of(block: Block) -> list[Fact]:
    text = block.text
    name, _, office = text.partition("\n")
    if not office and len(block.pieces) == _NAME_AND_OFFICE:
        name, office = (" ".join(piece.split()) for piece, _, _ in block.pieces)
    is_other = office and (fact := fact_in(office)) is not None and fact.kind == "other"
    if (
        office
        and (is_person(name) or is_sure_name(name))
        and (names_role(office) or is_author_label(office) or (is_other and is_marked_as_author(block)))
    ):
        return [Fact("credit" if office.lower().startswith("фото") else "author", name)]
    label, _, names = text.partition(":")
    if is_author_label(label) and (people := people_in(names.strip(), is_marked=True)):
        return [Fact("author", name) for name in people]
    # The names of sections and topics may be any words.
    own = "\0".join([text for text, link, _ in block.pieces if link is None or not _is_of_a_list(link)])
    own = _BETWEEN_NUMBERS.sub(" · ", own)
    sentence = " ".join(_ENDS_OF_WORDS.sub(" ", own).replace("\0", "").split()) if block.has_links else text
    is_sentence = _SENTENCE_BEGINS.match(sentence) is not None and not is_marked_as_views(block)
    if is_sentence and (facts := _sentence_facts(sentence, block)):
        return facts
    if text[-1] in ".!?" and len(text) > LONGEST_DATE and block.zone != "footer" and not _ABBREVIATED.search(text):
        return []
    whole = [[text]]
    # Pieces first: the line of an author or a credit would include its neighbours.
    has_pieces = sum(not text.isspace() for text, _, _ in block.pieces) > 1
    for parts in chain(_splits(block), whole) if has_pieces else chain(whole, _splits(block)):
        found = [fact_in(part) for part in parts]
        known = [fact for fact in found if fact is not None]
        if found and len(known) == len(found):
            return [*_of_article(block, known), *linked_authors(block)]
        # Around a whole date or an author's line a theme may print the section and other things.
        is_certain = any(
            is_certain_date(fact)
            or (fact.kind == "views" and not fact.is_bare)
            or fact.kind == "author"
            or is_unfilled(fact.value)
            or _CHANGED.match(fact.value)
            for fact in known
        )
        marks = (linked_authors, is_marked_as_views, _is_marked_as_date)
        is_certain = is_certain or bool(known and any(mark(block) for mark in marks))
        rest = [part for part, fact in zip(parts, found, strict=True) if fact is None]
        marked = _marked_parts(block) if is_certain else set()
        if is_certain and all(part in marked or is_label(part) or _may_stand_by_a_date(part) for part in rest):
            known += [Fact("views", count) for part in rest if (count := views_inside(part))]
            return [*_of_article(block, known), *(linked_authors(block) or _bare_authors(block, rest))]
    return _sentence_facts(sentence, block)


def _sentence_facts(text: str, block: Block) -> list[Fact]:
    """Return the facts of a sentence of facts: ``Опубликовал Иван Ким 3 мая 2021 в рубрике Спорт``; else [].

    All of its words are names or belong to such a sentence; a sentence of a text has others.
    """
    text = _CHANGED.sub("", _INVITATION.sub("", text))
    date = DATE_INSIDE.search(text) if len(text) <= _LONGEST_SENTENCE else None
    if date is None:
        return []
    facts = [Fact("date", date[0].strip(), is_published=LABEL_OF_PUBLICATION.match(text) is not None)]
    rest = text[: date.start()] + " " + text[date.end() :]
    if views := views_inside(rest):
        facts.append(Fact("views", views))
    if authors := linked_authors(block):
        facts += authors
    elif author := _AUTHOR_INSIDE.search(rest):
        facts += [Fact("author", name.strip(" ,")) for name in re.split(r"\s+и\s+|,", author[1]) if name.strip(" ,")]
    words = re.findall(r"\w+", _BY_USER.sub("", rest))
    return facts if all(word[0].isupper() or _WORDS_OF_FACTS.fullmatch(word) for word in words) else []


def linked_authors(block: Block) -> list[Fact]:
    """Return the people in a line whose link leads to an author's page, or whose element is named for an author.

    A link to an author's page may have one name.
    """
    names: list[str] = []
    single: Element | None = None
    is_photographer = False
    for text, link, inline in block.pieces:
        name = _LABEL_IN_LINK.sub("", " ".join(text.split()))
        before, is_photographer = is_photographer, is_photo_label(text.strip(" ,;|·/"))
        if before:
            continue
        if inline and marks_author(link, None) and is_single_name(name):
            first = [names.pop()] if link is single else []  # the surname may stand in an element of its own
            names.append(" ".join([*first, name]))
            single = link
        elif inline and marks_author(link, inline):
            names += people_in(name, is_marked=True)
    return [Fact("author", name) for name in names]


def _bare_authors(block: Block, names: list[str]) -> list[Fact]:
    """Return the people among the names next to a date that are no links, as sections are."""
    linked = {" ".join(text.split()) for text, link, _ in block.pieces if link is not None}
    lines = [(people_in(name), read_byline(name)) for name in names if name not in linked]
    return [Fact("author", name) for people, line in lines for name in people or (line.authors if line else ())]


def _of_article(block: Block, facts: list[Fact]) -> list[Fact]:
    """Return the facts, less those that the names of their elements or their link say to be of something else.

    They are bare numbers of comments or likes, the length of a recording, and the date of a change next to that of
    publication.
    """
    bare = {fact.value for fact in facts if fact.is_bare}
    dates = {fact.value for fact in facts if fact.kind == "date"}
    clocks = {date for date in dates if is_clock(date)}
    if len(dates) < 2:
        dates.clear()  # themes mark a date of publication as "updated", too
    of_others: dict[str, list[bool]] = {}
    for text, link, inline in block.pieces:
        value = " ".join(text.split()).strip(ORNAMENT)
        value = next((number for number in bare if text.strip().startswith((f"{number} ", f"{number},"))), value)
        if value in bare:
            is_to_comments = link is not None and "#" in (link.get("href") or "")
            is_other = is_to_comments or counted(block.names_around(inline)) == "others"
            of_others.setdefault(value, []).append(is_other)
        elif value in clocks and is_of_recording(block.names_around(inline)):
            of_others.setdefault(value, []).append(True)
        elif value in dates:
            around = inline.below(block.element) if inline is not None else ()
            of_others.setdefault(value, []).append(any(map(names_a_change, around)))
    # Views and comments may have the same number; it stands once for each, in the same order.
    others = {value: iter(places) for value, places in of_others.items()}
    return [Fact("other", fact.value) if next(others.get(fact.value, iter(())), False) else fact for fact in facts]


def is_marked_as_views(block: Block) -> bool:
    """Whether an element or icon around a number says that it counts views."""
    numbers = (inline for text, _, inline in block.pieces if text.strip(ORNAMENT)[:1].isdecimal())
    return any(counted(block.names_around(inline)) == "views" for inline in numbers)


def has_certain_fact(block: Block) -> bool:
    """Whether a block has a date or a count of views that says so."""
    facts = (fact.kind in ("date", "views") and not fact.is_bare for fact in facts_of(block))
    return any(facts) or is_marked_as_views(block)


def _is_marked_as_date(block: Block) -> bool:
    """Whether part of a block is a ``time`` element with a day: without its year, any number may look like a date."""
    times = (inline for _, _, inline in block.pieces if inline is not None and inline.tag == "time")
    return any(is_dated(time.get("datetime") or "") for time in times)


def names_a_change(element: Element) -> bool:
    """Whether the names of an element say that the date in it is that of a change."""
    return is_modified(f"{element.names} {element.get('itemprop') or ''}")


def _is_of_a_list(link: Element) -> bool:
    """Whether a link leads to a section or topic."""
    href = link.get("href") or ""
    return "tag" in (link.get("rel") or "").split() or any(path in href for path in _LISTS)


def _marked_parts(block: Block) -> set[str]:
    """Return the texts of a block that are an author's or a link to a section or topic."""
    return {
        " ".join(text.split())
        for text, link, inline in block.pieces
        if (inline and marks_author(link, inline)) or (link is not None and _is_topic(text, link))
    }


def _is_topic(text: str, link: Element) -> bool:
    """Whether a link next to a date leads to a section or topic, or has the one or two words of one."""
    return _is_of_a_list(link) or (len(text.split()) <= _MOST_WORDS_OF_TOPIC and text.strip()[-1:] not in ".!?")


def _may_stand_by_a_date(text: str) -> bool:
    is_a_name = len(text) <= 40 and len(text.split()) <= 3 and text[:1].isupper() and text[-1] not in ".!?;,"
    return is_a_name or _JOINTS.fullmatch(text) is not None or bool(people_in(text)) or read_byline(text) is not None


def _splits(block: Block) -> Iterator[list[str]]:
    pieces = [" ".join(text.split()).strip(_AROUND_PIECE).removesuffix(" -") for text, _, _ in block.pieces]
    pieces = [piece for piece in pieces if any(map(str.isalnum, piece))]
    if len(pieces) == 1 < len(block.pieces):
        yield pieces
    if "\n" in block.text:
        yield block.text.splitlines()
    if len(pieces) > 1:
        by_marks = [part for piece in pieces for part in ([piece] if fact_in(piece) else SEPARATORS.split(piece))]
        parted = [part for mark in by_marks for each in _BEFORE_DATE.split(mark) if (part := each.strip(ORNAMENT))]
        if len(parted) > len(pieces):
            yield joined_labels(parted)
        if len(pieces) % 2 == 0 and all(map(_BARE_LABEL.fullmatch, pieces[::2])):
            yield [f"{label}: {value}" for label, value in zip(pieces[::2], pieces[1::2], strict=True)]
        if any(piece.endswith(":") or is_counted_behind(piece) for piece in pieces):
            yield joined_labels(pieces)
        if len(whole := _with_whole_dates(pieces)) < len(pieces):
            yield whole
        yield pieces
        if len(by_element := _by_element(block)) > 1:
            yield by_element
    by_mark = [part.strip() for part in SEPARATORS.split(block.text) if part.strip(ORNAMENT)]
    if len(by_mark) > 1:
        yield by_mark
    before, _, bracketed = block.text.partition("(")
    if before and is_dated(bracketed.removesuffix(")")):
        yield [before.strip(ORNAMENT), bracketed.removesuffix(")")]
    by_label = _STOP_BEFORE_LABEL.split(block.text) if ":" in block.text else []
    if len(by_label) > 1:
        yield by_label
    is_marked = len(by_mark) > 1
    by_comma = [part for mark in by_mark for part in ([mark] if is_marked and fact_in(mark) else _COMMA.split(mark))]
    if len(by_comma) > 1:
        yield by_comma
    if len(by_gap := parts_of("\xa0".join([text for text, _, _ in block.pieces]))) > 1:
        yield joined_labels(by_gap)
    if not _YEAR.search(block.text):
        return
    words = _BY_SOMEBODY.sub("", block.text).split()
    for end in range(min(len(words) - 1, _LONGEST_DATE), 0, -1):
        if is_dated(" ".join(words[:end])):
            yield [" ".join(words[:end]), " ".join(words[end:]).lstrip("–—- ")]
            return


def _with_whole_dates(pieces: list[str]) -> list[str]:
    """Join the pieces of which each holds a part of one date: ``12``, ``июня 2024``."""
    found = list(pieces)
    for start, piece in enumerate(found):
        if _DAY_OR_MONTH.fullmatch(piece):
            for end in range(min(start + _MOST_OF_BADGE, len(found)), start + 1, -1):
                if is_dated(date := " ".join(found[start:end])) and not any(map(is_dated, found[start:end])):
                    return [*found[:start], date, *found[end:]]
    return found


def _by_element(block: Block) -> list[str]:
    """Return the texts of the block's own inline elements: ``<span>Прочитано <b>640</b> раз</span><span>…</span>``."""
    parts: list[tuple[Element | None, str]] = []
    for text, _, inline in block.pieces:
        around = [*inline.below(block.element)] if inline is not None else []
        outer = around[-1] if around else None
        if parts and parts[-1][0] is outer:
            parts[-1] = (outer, parts[-1][1] + text)
        else:
            parts.append((outer, text))
    return [part for _, text in parts if (part := " ".join(text.split()).strip(ORNAMENT))]
