"""Boxes in a text that are no part of it, by what they hold: pictures and captions, cards, forms, channels."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from urllib.parse import urlsplit

from caravan_crawler.pages.blocks import SUBHEADS, Block, Element, Picture, is_teaser
from caravan_crawler.pages.bylines import is_person, marks_author, read_byline
from caravan_crawler.pages.document import Document
from caravan_crawler.pages.fact_forms import caption_credit, is_date
from caravan_crawler.pages.fact_lines import facts_of
from caravan_crawler.pages.images import is_advert
from caravan_crawler.pages.labels import ends_sentence, is_prose
from caravan_crawler.pages.layout import Layout
from caravan_crawler.pages.selectors import is_portrait

#: Letters and paragraphs in an element from which a form in it does not make it a box.
_MOST_OUTSIDE_A_FORM, _FEWEST_PARAGRAPHS = 300, 2
#: Share of a text's letters from which an element is no box in it, whatever it holds and its name says.
_MOST_OF_TEXT = 0.5
#: Blocks of a caption and its credit, and their letters; blocks of a card; letters of its label.
_LONGEST_CAPTION, _MOST_LETTERS, _LARGEST_CARD, _LONGEST_LABEL = 2, 300, 5, 40
#: Linked subheads that make a digest.
_FEWEST_OF_DIGEST = 2
_PARTS_OF_TEXT = SUBHEADS | frozenset("p li td th dt dd pre".split())
#: Blocks of a widget, letters of its lines, and elements that are of a text.
_LARGEST_WIDGET, _MOST_OF_LINE = 12, 60
_NO_WIDGET = frozenset("p td th dt dd pre".split())
_OF_TEXT = frozenset(["p", "td"])
_OF_CAPTIONS, _MOST_OF_CAPTIONS = "em, i, small, cite", 40
_QUOTED = frozenset("table blockquote pre".split())
_OF_PERSON = re.compile(r"/(?:avatars?|users?|authors?|people)/", re.IGNORECASE)
#: Letters of a call to follow the site on a network, and words of it that no other line with such a link has.
_LONGEST_CALL = 160
_CALL = re.compile(
    r"подпи(?:ш|с)|присоедин|заходите|следите\s+за|(?:читайте|ищите|смотрите)\s+нас|теперь\s+и\s+в\s|(?:на|в)\s+наш(?:ем|ей|у)?\s+[\w-]*"
    r"(?:канал|групп|страни|аккаунт|telegram|телеграм|instagram|facebook|whatsapp|youtube|tiktok)|новост\w*\s.{0,40}[–—-]\s+в\s"
    r"|больше\s.{0,30}[–—-]\s+в\s|арнамыз|парақшамыз|жазылыңыз|қосылыңыз",
    re.IGNORECASE,
)
_CHANNELS = frozenset(
    "t.me telegram.me wa.me whatsapp.com instagram.com facebook.com vk.com ok.ru twitter.com x.com tiktok.com "
    "infogram.com youtube.com dzen.ru news.google.com play.google.com apps.apple.com".split()
)


class Boxes:
    """The boxes of a text; ``voided`` are the elements that hold most of it and so are none."""

    def __init__(self, document: Document, layout: Layout) -> None:
        self._document = document
        self._layout = layout
        self.voided = list(_around_most(layout))
        self._forms = list(self._around_forms())
        self._frames = self._captioned()
        self._heads = self._digested()
        paragraphs = [block.index for block in layout.text.blocks if block.tag == "p" and is_prose(block)]
        # Where most of the text stands in other elements than paragraphs, any line may be of it.
        are_most = 2 * len(paragraphs) > sum(map(is_prose, layout.text.blocks))
        self._first_paragraph, self._last_paragraph = (paragraphs[0], paragraphs[-1]) if are_most else (0, 0)

    def reason_for(self, block: Block) -> str | None:
        """Return what the box around a block is; None where it stands in none."""
        if any(block.is_within(box) for box in self._forms):
            return "stands in a box with a form"
        if self._frame_around(block) is not None:
            return "stands next to a picture"
        if self._is_card(block) or (not self._is_in_table(block) and self._is_in_card(block)):
            return "is a link to another page"
        if self._is_under_picture(block):
            return "stands next to a picture"
        if self._is_in_widget(block):
            return "stands in a box of short lines"
        return "leads to a channel" if self._leads_to_channel(block) else None

    def author_in(self, block: Block) -> str | None:
        """Return the person that a block next to a portrait names as the author."""
        frame = self._frame_around(block)
        is_author = frame is not None and frame.first == block.index and self._is_of_author(frame, self._frames[frame])
        return block.text if is_author else None

    def _frame_around(self, block: Block) -> Element | None:
        return next((each for each in block.element.around if each in self._frames), None) if self._frames else None

    def _is_box(self, element: Element | None) -> bool:
        """Whether an element is around a part of the text and not around most of it."""
        container = self._layout.text.container
        return (
            element is not None
            and element not in self.voided
            and container is not None
            and element is not container
            and element.is_within(container)
        )

    def _around_forms(self) -> Iterator[Element]:
        """Yield the boxes in the text to subscribe, to vote or to comment: a form and little other text."""
        text, blocks = self._layout.text, self._document.blocks
        for form in self._document.visible.forms:
            is_around = form in self.voided or (text.container is not None and text.container.is_within(form))
            if is_around or not (text.start <= form.last and form.first < text.end):
                continue
            box = form
            while box.parent is not None and box.parent is not text.container:
                outside = [block for block in blocks[box.parent.first : box.parent.last] if not block.is_within(form)]
                paragraphs = sum(block.tag == "p" for block in outside)
                if (
                    sum(len(block.text) for block in outside) >= _MOST_OUTSIDE_A_FORM
                    or paragraphs >= _FEWEST_PARAGRAPHS
                ):
                    break
                box = box.parent
            if box is not form or form.tag != "form":
                yield box

    def _captioned(self) -> dict[Element, Picture]:
        """Return the elements that hold a picture and its caption, unless most of the text stands next to pictures."""
        frames: dict[Element, Picture] = {}
        text = self._layout.text
        for picture in self._document.pictures:
            if text.start - 1 <= picture.position <= text.end:
                frame = next((each for each in picture.parent.around if each.last > each.first), None)
                if frame is not None and self._is_box(frame) and self._is_frame(frame, picture):
                    frames.setdefault(frame, picture)
        captions = (block for block in text.blocks if any(each in frames for each in block.element.around))
        total = sum(len(block.text) for block in text.blocks)
        return frames if sum(len(block.text) for block in captions) < total * _MOST_OF_TEXT else {}

    def _is_frame(self, element: Element, picture: Picture) -> bool:
        """Whether an element around a picture holds but a caption, or the name of the author with a portrait."""
        if element.tag in ("figure", *_PARTS_OF_TEXT, *_QUOTED):
            return element.tag == "figure"
        its = self._document.blocks[element.first : element.last]
        if len(its) > _LARGEST_CARD or any(len(block.text) > _MOST_LETTERS for block in its):
            return False
        if len(its) > _LONGEST_CAPTION:  # with an office and a biography
            return is_person(its[0].text) and _links_author(its[0])
        if picture.link is not None and is_advert(picture.link, self._document):
            return not any(ends_sentence(block.text) and not block.is_all_links for block in its)
        if self._is_of_author(element, picture):
            return True
        if all(is_prose(block) and block.tag in _OF_TEXT and not block.element.names.strip() for block in its):
            return False
        is_caption = all(block.element is not element and block.tag not in SUBHEADS for block in its)
        return is_caption and not any(is_person(block.text.partition(",")[0]) for block in its)  # who is quoted

    def _is_of_author(self, frame: Element, picture: Picture) -> bool:
        first = self._document.blocks[frame.first]
        return is_person(first.text) and (_links_author(first) or _is_portrait(picture))

    def _is_in_table(self, block: Block) -> bool:
        """Whether a block stands in a row of several cells."""
        row = next((each for each in block.element.around if each.tag == "tr"), None)
        return row is not None and self._is_box(row) and row.last - row.first > 1

    def _digested(self) -> set[int]:
        """Return the subheads of a digest: each is a link to an article, and a paragraph follows."""
        blocks = self._layout.text.blocks
        heads = {
            block.index
            for block, following in pairwise(blocks)
            if block.tag in SUBHEADS and block.link is not None and is_prose(following)
        }
        return heads if len(heads) >= _FEWEST_OF_DIGEST else set()

    def _is_card(self, block: Block) -> bool:
        """Whether a block is a link to another article and its date, or to a place on the page, and no sentence."""
        if block.index in self._heads:
            return False
        links = block.linked_texts()
        is_question = block.link is not None and block.text.rstrip('»”"')[-1:] in ("?", "!")
        if not links or (ends_sentence(block.text) and not is_question):
            return False
        outside = ["".join(text for text, link, _ in block.pieces if link is None)]
        outside += [text for text, link, _ in block.pieces if link is None]
        is_bare = not any(map(str.isalpha, outside[0]))
        if not is_bare and not any(is_date(" ".join(text.split()).strip("() ")) for text in outside):
            return False
        if any(href.startswith("#") for _, href in links):
            return True
        site, base = self._document.site, self._document.base_url
        return any(site.address(href, base) is not None for _, href in links) and not self._is_in_table(block)

    def _is_in_card(self, block: Block) -> bool:
        """Whether a block stands in an element with a link to another article and its date or label, or its excerpt."""
        below = [element for element in block.element.around if self._is_box(element)]
        card = next((each for each in reversed(below) if each.last - each.first <= _LARGEST_CARD), None)
        if card is None or card.tag in _PARTS_OF_TEXT:
            return False
        its = self._document.blocks[card.first : card.last]
        if any(each.index in self._heads for each in its):
            return False
        teasers = [each for each in its if is_teaser(each, self._document.site, self._document.base_url)]
        others = [each for each in its if each not in teasers]
        if not teasers:
            return False
        labels = [each for each in others if len(each.text) <= _LONGEST_LABEL and not ends_sentence(each.text)]
        if len(labels) == len(others) or any(fact.kind == "date" for each in others for fact in facts_of(each)):
            return True
        first = teasers[0].index - its[0].index
        is_headed = first == 0 and its[0].tag in SUBHEADS
        is_labelled = first > 0 and its[:first] == labels and all(each.tag not in SUBHEADS for each in labels)
        return (is_headed or is_labelled) and len(others) <= _LONGEST_CAPTION

    def _is_under_picture(self, block: Block) -> bool:
        """Whether a short line in italics or small letters stands right behind a picture, and is no sentence."""
        picture = next((each for each in self._document.pictures if each.position == block.index), None)
        around = picture.node.parent if picture is not None and len(block.text) <= _MOST_LETTERS else None
        while around is not None and not around.text().strip():
            around = around.parent
        nodes = around.css(_OF_CAPTIONS)[:_MOST_OF_CAPTIONS] if around is not None else []
        is_set = any(" ".join(node.text().split()) == block.text for node in nodes)
        return is_set and (not ends_sentence(block.text) or caption_credit(block) is not None)

    def _is_in_widget(self, block: Block) -> bool:
        """Whether a block among paragraphs stands in a named element of lines that are neither sentences nor facts.

        So do tickets, the weather, players and banners of programs; names and lists may be of the text.
        """
        if not self._first_paragraph < block.index < self._last_paragraph:
            return False
        box = next((each for each in reversed([*block.element.around]) if self._is_box(each)), None)
        if box is None or box.tag in _PARTS_OF_TEXT | _QUOTED or not box.names.strip():
            return False
        its = self._document.blocks[box.first : box.last]
        if its[0].tag != "div" or its[0].text[-1] == ":" or len(its) > _LARGEST_WIDGET:
            return False
        if any(each.tag in _NO_WIDGET or len(each.text) > _MOST_OF_LINE or ends_sentence(each.text) for each in its):
            return False
        if len(its) > 1 and its[-2].text[0].isdigit() and its[-1].text[0].islower():  # says what the number is
            return False
        return len(its) > 1 or not (facts_of(block) or is_person(block.text) or read_byline(block.text))

    def _leads_to_channel(self, block: Block) -> bool:
        """Whether a block calls to a page of a network or a shop of programs, or is but a link there."""
        if not any(self._is_channel(href) for _, href in block.linked_texts()):
            return False
        if len(block.text) <= _LONGEST_CALL and _CALL.search(block.text):
            return True
        return block.is_all_links and not ends_sentence(block.text)

    def _is_channel(self, href: str) -> bool:
        host = urlsplit(self._document.absolute(href) or "").hostname or ""
        return host.removeprefix("www.") in _CHANNELS


def _around_most(layout: Layout) -> Iterator[Element]:
    """Yield the elements that hold most of the text, which no name makes a box in it.

    One paragraph behind others is not most of a text, however short they are.
    """
    prose = [block for block in layout.text.blocks if is_prose(block)]
    total = sum(len(block.text) for block in prose)
    sizes: Counter[Element] = Counter()
    paragraphs: Counter[Element] = Counter()
    for block in prose:
        for element in block.element.below(layout.text.container):
            sizes[element] += len(block.text)
            paragraphs[element] += 1
    for element, size in sizes.items():
        is_one_behind = paragraphs[element] == 1 and not prose[0].is_within(element)
        if size > total * _MOST_OF_TEXT and not is_one_behind:
            yield element


def _links_author(block: Block) -> bool:
    return any(marks_author(link, inline) for _, link, inline in block.pieces)


def _is_portrait(picture: Picture) -> bool:
    attributes = picture.node.attributes
    return is_portrait(attributes.get("class") or "") or _OF_PERSON.search(attributes.get("src") or "") is not None
