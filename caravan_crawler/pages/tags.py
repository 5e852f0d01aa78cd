"""The article's own topics: links to ``/tag/…`` in, under or behind the text."""

import re
from collections.abc import Iterator
from itertools import islice
from urllib.parse import urlsplit

from caravan_crawler.pages.blocks import HEADINGS, Block, Element, common_container
from caravan_crawler.pages.document import Document
from caravan_crawler.pages.fact_forms import is_date
from caravan_crawler.pages.fact_lines import facts_of
from caravan_crawler.pages.headline import heads_another
from caravan_crawler.pages.labels import ends_sentence, is_colophon, is_end_label, is_prose
from caravan_crawler.pages.layout import Layout
from caravan_crawler.pages.selectors import is_list_of_topics
from caravan_crawler.urls import Site

_TAG_PATH = re.compile(r"(?:/[^?#]*)?/(?:tags?[/:?]|posts-?by-?tag/)[^/]+", re.IGNORECASE)
#: Where all topics are on one page: ``/tags/#мосты``.
_TAG_ON_PAGE = re.compile(r"/tags?(?:\.html|/)?#/?[^/]+$|[?&]tag=[^&]+$", re.IGNORECASE)
#: Paths of a section or category; themes give their links ``rel="tag"`` as well.
_SECTION_PATH = re.compile(r"/(?:categor(?:y|ies)/.*|authors?/.*|rubric\w*/.*|.*/category/.*|[^/?]*/?)", re.IGNORECASE)
_LABELS = re.compile(
    r"(?:\s|[,;:#|•·/.]|\(\d+\)|теги|тэги|метки|метка|темы|тема|(?:больше|ещ[её])(?:\s+по\s+теме)?|ярлыки|ключевые\s+слова|х[еэ]штеги|отмечено(?:\s+как)?|помечен\w+(?:\s+как)?|тегтер|белгі(?:лер)?|(?:ұқсас\s+)?тақырып(?:тар)?|(?:(?:похожие|related)\s+)?(?:темы|topics|tags)|по\s+теме|в\s+эт(?:ой|ом)\s+(?:статье|материале)|tagged|filed\s+under|рубрик[аи]|категори[яи]|опубликовано\s+в|в"
    r"|и|posted\s+in|нет\s+комментариев|\d+\s+комментари\w+|»)*",
    re.IGNORECASE,
)
#: A sentence of a theme around its links: ``Запись опубликована в рубрике … с метками …``.
_SENTENCE = re.compile(
    r"(?=.*(?:метк|тег|tagged|отмечен))(?=.*(?:запис|рубри|опубликован|метк|тег|posted|tagged)).{0,160}",
    re.IGNORECASE | re.DOTALL,
)
_TAG_LINE = re.compile(
    r"(?:теги|тэги|метки|х[еэ]штеги|ключевые\s+слова|тегтер|белгілер|tags)\s*:\s*(?!(?:нет|без|no)\s+(?:тегов|меток|tags)$)(?P<tags>\S.*)",
    re.IGNORECASE,
)
_TAGS_LABEL = re.compile(
    r"(?:тегированные|отмечено(?:\s+как)?|помечен\w+(?:\s+как)?|tagged|ключевые\s+слова|теги|тэги|х[еэ]штеги|метки|темы|тегтер|белгілер|(?:ұқсас\s+)?тақырып(?:тар)?|(?:(?:похожие|related)\s+)?(?:темы|topics|tags))\s*:?",
    re.IGNORECASE,
)
#: Heading of the topics of the whole site.
_ALL_TOPICS = re.compile(
    r"(?:популярные|горячие|все|главные|актуальные)\s+(?:темы|теги|метки)|облако\s+(?:тегов|меток)|темы\s+(?:дня|недели)"
    r"|танымал\s+(?:тақырыптар|тегтер)",
    re.IGNORECASE,
)
_TO_COMMENTS = re.compile("#(?:respond|comments)$")
_NAMED = re.compile(
    r"(?:^|__|\s)(?:(?:article|post|entry|news|item|node|single|e)[-_]{1,2})?(?:tags(?:-list|-links)?|keywords)(?=$|\s)"
)
_NAMED_TAG = re.compile(r"(?:^|[\s_-])tag(?=$|\s)")
_HASHTAG = re.compile(r"#\w[\w\-]*")
#: Letters of a block of tags and of its label, and the most tags of an article.
_LONGEST, _LONGEST_LABEL, _MOST = 400, 30, 20
#: Most blocks between the headline and tags over it.
_FARTHEST_ABOVE = 6


def tag_texts(block: Block, site: Site, page_url: str) -> list[str]:
    """Return the tags of a block that is nothing but links to topics, with or without ``Теги:``; else [].

    Without links it is ``Теги: …``, with commas between, or words with a ``#`` each.
    """
    if len(block.text) > _LONGEST:
        return []
    parent = block.element.parent if block.tag == "li" else None
    is_named = any(_NAMED.search(each.names) for each in (block.element, parent) if each is not None)
    if not block.has_links:
        return _plain_tags(block.text) or (_named_tags(block) if is_named else [])
    tags: list[str] = []
    outside = ""
    is_labelled = is_named or _TAGS_LABEL.fullmatch(block.pieces[0][0].strip()) is not None
    sections: list[str] = []
    for text, link, _ in block.pieces:
        words = " ".join(text.split()).strip("#, ")
        if link is None or _TO_COMMENTS.search(link.get("href") or ""):
            outside += text
        elif _is_topic(link, site, page_url) or (is_labelled and not _is_section(link, site, page_url)):
            tags += [words] if words else []
        elif words and not (_is_section(link, site, page_url) or _is_to_itself(link, site, page_url)):
            return []
        elif words and not link.get("rel") and not _is_to_itself(link, site, page_url):
            sections.append(words)
    outside = " ".join(outside.split())
    if not tags and is_named:  # some sites have a page for each topic at the root
        tags = sections
    if len(tags) > _MOST or any(map(str.isdecimal, tags)):
        return []  # a cloud of the site's topics, with their counts
    is_label = (is_named and len(outside) <= _LONGEST_LABEL) or _LABELS.fullmatch(outside) is not None
    return tags if tags and (is_label or _SENTENCE.fullmatch(outside)) else []


def tags_around(document: Document, layout: Layout) -> Iterator[str]:
    """Yield the tags at the headline, and those under the text, before and behind the trending block.

    At the headline, behind that block, and where the page has no such block, they are the article's only inside of what
    holds the article; a cloud of all topics stands elsewhere.
    """
    blocks, trending = document.blocks, layout.trending
    article = _article(document, layout)
    end = trending.start if trending else len(blocks)
    behind = blocks[trending.end :] if trending else []
    is_under_text = True
    label: Block | None = None
    cloud: Block | None = None
    headline = layout.headline if layout.headline is not None else layout.text.start
    for block in blocks[max(0, headline - _FARTHEST_ABOVE) : layout.text.start]:
        is_inside = article is not None and block.is_within(article)
        is_below = block.index > headline
        may_hold = _may_hold_tags(block) or (is_below and block.zone == "aside" and _TAGS_LABEL.match(block.text))
        if may_hold and (is_inside or (is_below and facts_of(block)) or _is_in_own_list(block)):
            tags = tag_texts(block, document.site, document.base_url)
            yield from tags or _tags_among_facts(block, document)
    behind_text = next((each.index + 1 for each in reversed(layout.text.blocks) if is_prose(each)), layout.text.end)
    for block in [*blocks[behind_text:end], *behind]:
        if layout.headline is not None and heads_another(block, blocks[layout.headline], blocks):
            break
        is_inside = article is not None and block.is_within(article)
        is_under_text = is_under_text and (is_inside or not _ends_article(block))
        is_next = trending is not None and 0 <= block.index - trending.end <= 1 and _TAGS_LABEL.match(block.text)
        if not (is_inside or is_next or (is_under_text and block.index < end) or _is_in_own_list(block)):
            continue
        cloud = block if _heads_all_topics(block) else cloud
        if cloud is not None and common_container(cloud, block).first == cloud.index:
            continue
        if article is not None and _is_in_card(block, article, layout.text.blocks[0]):
            continue
        is_labelled = label is not None and label.index == block.index - 1 and _is_headed_by(label, block)
        if (is_inside and is_labelled) or _may_hold_tags(block):
            if label is not None and not _is_headed_by(label, block):
                label = None
            tags = tag_texts(block, document.site, document.base_url) or _labelled_tags(block)
            if not tags and label is not None:
                tags = [words for words, href in block.linked_texts() if words and not _TO_COMMENTS.search(href)]
            yield from tags or _tags_among_facts(block, document)
            label = block if _TAGS_LABEL.fullmatch(block.text) else label


def _is_in_card(block: Block, article: Element, text: Block) -> bool:
    """Whether a block stands in the card of another article inside of what holds this one."""
    around = block.element.below(article)
    return any(each.tag == "article" and not text.is_within(each) for each in around)


def _is_headed_by(label: Block, block: Block) -> bool:
    """Whether a block is nothing but short links, in an element that begins with the label of tags."""
    return block.is_all_links and len(block.text) <= _LONGEST and common_container(label, block).first == label.index


def _labelled_tags(block: Block) -> list[str]:
    """Return the links behind a label in a line: ``Добавил: admin | Теги: <a>рыбалка</a> | Рейтинг: 5``.

    Without links, they are the words of the line of several that is ``Теги: рыбалка, река``.
    """
    tags: list[str] = []
    is_labelled = False
    for text, link, _ in block.pieces:
        if link is None and any(map(str.isalnum, text)):
            is_labelled = _TAGS_LABEL.fullmatch(text.strip(" |•·")) is not None
        elif link is not None and is_labelled and (words := " ".join(text.split()).strip("#, ")):
            tags.append(words)
    lines = block.text.splitlines() if len(block.text) <= _LONGEST else []
    return tags or [tag for line in lines if ":" in line[:20] for tag in _plain_tags(line)]


def is_list_of_sections(block: Block, site: Site, page_url: str) -> bool:
    """Whether all of a block is links to sections, as themes print behind a text."""
    links = [link for _, link, _ in block.pieces if link is not None]
    return block.is_all_links and all(_is_section(link, site, page_url) for link in links)


def _tags_among_facts(block: Block, document: Document) -> list[str]:
    """Return the topics that a line with date or author, or the article's own foot, links among other things."""
    if not block.has_links or not (facts_of(block) or block.zone == "footer"):
        return []
    found = block.linked_texts()
    return [text.strip("#") for text, href in found if text and _leads_to_topic(href, document.site, document.base_url)]


def _article(document: Document, layout: Layout) -> Element | None:
    """Return the element that holds headline and text, unless it is the whole page."""
    if layout.headline is None or not layout.text.blocks:
        return None
    article = common_container(document.blocks[layout.headline], layout.text.blocks[0])
    # Theme's parts for headline with text and for what stands under it may be two in one <article>.
    article = next((each for each in article.around if each.tag == "article"), article)
    return article if article.tag not in ("body", "html") else None


def _ends_article(block: Block) -> bool:
    """Whether a block begins what stands behind an article: the comments, a column, the foot."""
    if (
        block.zone in ("aside", "form")
        or is_end_label(block.text)
        or _heads_all_topics(block)
        or is_colophon(block.text)
    ):
        return True
    return block.tag in HEADINGS and _TAGS_LABEL.fullmatch(block.text) is None and not facts_of(block)


def _heads_all_topics(block: Block) -> bool:
    """Whether a block is the heading of the topics of the whole site."""
    return len(block.text) < 40 and _ALL_TOPICS.fullmatch(block.text.strip(" :")) is not None


def _may_hold_tags(block: Block) -> bool:
    """Whether a block is neither in a menu nor in a column."""
    return block.zone != "nav" and (block.zone != "aside" or _is_among_topics(block))


def _is_among_topics(block: Block) -> bool:
    """Whether an element around a block is named for the topics of an article."""
    return any(is_list_of_topics(each.names) for each in islice(block.element.around, 3))


def _is_in_own_list(block: Block) -> bool:
    """Whether a block is among the topics of an article, and not in the card of another one."""
    is_in_card = any(element.tag in ("li", "article") for element in block.element.around)
    return block.has_links and not is_in_card and _is_among_topics(block)


def _plain_tags(text: str) -> list[str]:
    if text[0] == "#":
        words = text.replace(",", " ").split()
        return [word[1:] for word in words] if all(_HASHTAG.fullmatch(word) for word in words) else []
    match = _TAG_LINE.fullmatch(text)
    parts = re.split(r"[,;]|\s(?=#)", match["tags"]) if match else []
    return [tag for part in parts if (tag := part.strip(" #.…"))]


def _named_tags(block: Block) -> list[str]:
    """Return the words of a list that is named for tags and links nothing; a single one is named itself, too."""
    texts = [(each, inline or block.element) for text, _, inline in block.pieces for each in text.split(",")]
    pieces = [(" ".join(text.split()).strip("#, "), element) for text, element in texts]
    words = [words for words, _ in pieces if words and _TAGS_LABEL.fullmatch(words) is None]
    is_text = any(len(each) > _LONGEST_LABEL or ends_sentence(each) or is_date(each) for each in words)
    is_list = len(words) > 1 or any(_NAMED_TAG.search(element.names) for _, element in pieces)
    return words if is_list and not is_text else []


def _is_topic(link: Element, site: Site, page_url: str) -> bool:
    """Whether a link leads to a topic, by its address; where that says nothing, by its relation."""
    if _leads_to_topic(link.get("href") or "", site, page_url):
        return True
    path = _path(link, site, page_url)
    relations = (link.get("rel") or "").split()
    if "tag" not in relations or "category" in relations:
        return False
    own_section = re.match("/[^/]+/", urlsplit(page_url).path)
    is_part_of_it = path is not None and own_section is not None and path.startswith(own_section[0])
    return not is_part_of_it and not (path and _SECTION_PATH.fullmatch(path))


def _leads_to_topic(href: str, site: Site, page_url: str) -> bool:
    path = _path_of(href, site, page_url)
    return path is not None and (_TAG_PATH.match(path) or _TAG_ON_PAGE.search(href)) is not None


def _is_section(link: Element, site: Site, page_url: str) -> bool:
    """Whether a link leads to a section: themes print it next to the topics."""
    path = _path(link, site, page_url)
    return "tag" in (link.get("rel") or "").split() or (path is not None and _SECTION_PATH.fullmatch(path) is not None)


def _is_to_itself(link: Element, site: Site, page_url: str) -> bool:
    """Whether a link leads to the article itself, as the hour of its publication may."""
    return link.get("rel") == "bookmark" or site.resolve(link.get("href") or "", page_url) == page_url


def _path(link: Element, site: Site, page_url: str) -> str | None:
    return _path_of(link.get("href") or "", site, page_url)


def _path_of(href: str, site: Site, page_url: str) -> str | None:
    url = site.resolve(href, page_url)
    return url[len(site.base) - 1 :] if url is not None else None
