"""Text that stands around an article and is none of it: labels, boxes of links, share buttons, adverts."""

import re
from functools import lru_cache

from lxml import etree

from caravan_crawler.pages.blocks import Block

_LETTERS_AND_DIGITS = re.compile(r"[\W_]+")


@lru_cache(maxsize=512)  # a page's blocks are compared with its headline more than once
def fold(text: str) -> str:
    """Return ``text`` for comparing: lower case, ё as е, letters and digits only.

    A title and its headline differ in dashes and quotation marks, and so do a page and its AMP copy.
    """
    return _LETTERS_AND_DIGITS.sub("", text.casefold().replace("ё", "е"))


#: Heading of the trending block.
TRENDING_HEADING = re.compile(r"(?:сейчас\s+)?в\s+тренде\s*[:.]?|трендте\s*:?", re.IGNORECASE)

_SEE_ALSO = (
    r"(?:читайте|читать|смотрите|смотри|см\.|узнайте)\s+(?:также|тоже|ещ[её]|по\s+теме|далее|подробнее)"
    r"|(?:материалы?|новости|статьи|ещ[её])\s+по\s+теме|по\s+теме|ещ[её]\s+по\s+теме|похожие\s+(?:новости|статьи|материалы)"
    r"|ранее\s+по\s+теме|вам\s+(?:также\s+)?(?:может\s+быть|будет)\s+интересно"
    r"|другие\s+(?:новости|материалы)|рекомендуем(?:\s+(?:почитать|прочитать|также))?|интересное\s+по\s+теме"
    r"|тағы\s+(?:да\s+)?оқ\w+|сондай-ақ\s+оқ\w+|оқи\s+отырыңыз"
)
#: Heading of a box of links to other articles.
SEE_ALSO_HEADING = re.compile(rf"(?:{_SEE_ALSO})\s*[:.…→»]*", re.IGNORECASE)
#: The same words before the links, in one block with them.
SEE_ALSO_START = re.compile(rf"(?:{_SEE_ALSO})\s*[:.\-–—→»]*\s*", re.IGNORECASE)

_COMMENTS = r"комментари(?:и|ев|й)(?:\s*\(?\d*\)?)?|оставить\s+комментарий|\d+\s+комментари\w+|пікір\w*"
_LABELS = re.compile(
    r"реклама|на\s+правах\s+рекламы|партн[её]рский\s+материал|advertisement|жарнама"
    r"|поделиться(?:\s+.{0,40})?|поделитесь.{0,40}|бөлісу\s*:?|share"
    rf"|{_COMMENTS}"
    r"|подписывайтесь.{0,80}|подпишитесь.{0,80}|подписаться.{0,60}|присоединяйтесь.{0,80}"
    r"|теги|метки|тэги|тегтер|распечатать|версия\s+для\s+печати|наверх|назад|главная|показать\s+ещ[её]|загрузить\s+ещ[её]"
    r"|оцените\s+.{0,40}|понравилась\s+.{0,30}|★[★☆\s]*|\(?\s*пока\s+оценок\s+нет\s*\)?"
    r"|(?:если\s+вы\s+)?(?:нашли|обнаружили|заметили)\s+(?:ошибку|опечатку).{0,80}"
    r"|выделите\s+.{0,60}ctrl.{0,30}|читайте\s+(?:нас|также\s+нас)\s+в\s.{0,60}|больше\s+новостей.{0,80}"
    r"|(?:установите|скачайте)\s+наше\s+приложение.{0,40}|просмотр\w*\s*:?\s*\d[\d\s]*|\d+\s+просмотр\w*"
    r"|посмотреть\s+эту\s+публикацию\s+в\s+instagram|view\s+this\s+post\s+on\s+instagram|a\s+post\s+shared\s+by\s.{1,70}"
    r"|наш(?:и)?\s+(?:канал|телеграм|telegram).{0,60}"
    r"|следите\s+за\s+(?:нами|нашими|новостями).{0,80}|(?:про)?слушать\s+(?:новость|статью)|(?:с)?копировать\s+ссылку|страницы?\s*:[\d\s]+"
    r"|новости\s+партн[её]ров|последние\s+новости|популярное|популярные\s+новости|самое\s+читаемое|лента\s+новостей",
    re.IGNORECASE,
)
_NETWORKS = frozenset("whatsapp telegram facebook twitter vk вконтакте instagram".split())
_COMMENTS_LABEL = re.compile(_COMMENTS, re.IGNORECASE)
_END_LABELS = re.compile(
    rf"{_COMMENTS}"
    r"|похожие\s+(?:новости|статьи|материалы)|последние\s+новости|популярн\w+(?:\s+новости)?|самое\s+читаемое"
    r"|новости\s+партн[её]ров|другие\s+(?:новости|материалы)",
    re.IGNORECASE,
)
_RIGHTS = re.compile(
    r"©|\(c\)\s*\d{4}|все\s+права\s+защищены|барлық\s+құқықтар|редакция\s+не\s+нес[её]т"
    r"|свидетельство\s+о\s+постановке|по\s+вопросам\s+(?:размещения\s+)?рекламы",
    re.IGNORECASE,
)
# Each of these stands in articles too; the foot of a page begins with one, or has several.
_IMPRINT = re.compile(
    r"перепечатк\w+\s|гиперссылк\w+\s+на|свидетельство\s+о\s+регистрации|(?:использовани[ея]|копировани[ея])\s+материалов"
    r"|мнение\s+редакции|адрес\s+редакции|главный\s+редактор\s*[:\-–—]|учредитель\s*[:\-–—]|собственник\s*[:\-–—]"
    r"|политик\w+\s+конфиденциальности",
    re.IGNORECASE,
)
_IMPRINT_START = re.compile(
    r"(?:главный\s+редактор|учредитель|собственник|адрес\s+редакции)\s*:|политика\s+конфиденциальности$"
    r"|(?:перепечатк\w+|(?:использование|копирование)\s+материалов|при\s+(?:перепечатке|(?:использовании|копировании)\s+материалов)"
    r"|мнение\s+редакции)\s",
    re.IGNORECASE,
)
_ADVERT_LABEL = re.compile(
    r"(?:на\s+правах\s+)?реклам[аы]|advertisement|жарнама|партн[её]рский\s+материал", re.IGNORECASE
)
# Class names: those two are known of the second generation; the rest are what advert scripts ask for.
_CLUTTER_CLASS = re.compile(
    r"(?:^|[\s_\-])(?:news_aggregator|sm-list|ad|ads|adv|advert|adverts|advertisement|adsbygoogle|banner|banners"
    r"|reklama|promo|yandex_rtb|adfox|share|sharing|social|comments?|related|recommend\w*|caption|wp-caption-text|gallery-caption|newsletter|subscribe)(?=$|[\s_\-\d])",
    re.IGNORECASE,
)
#: Letters or paragraphs in an element with a form from which it contains an article's text.
_MOST_BESIDE_A_FORM, _FEWEST_PARAGRAPHS = 300, 2
_PARAGRAPH_CLUTTER = frozenset("news_aggregator sm-list wp-caption-text photo-caption image-caption".split())


def is_see_also(text: str) -> bool:
    """Whether a whole block heads a box of links to other articles."""
    return len(text) < 60 and SEE_ALSO_HEADING.fullmatch(text.strip()) is not None


def is_label(text: str) -> bool:
    """Whether a whole block is a label such as ``Поделиться`` or ``Реклама``."""
    return len(text) < 100 and _is_label(text)


@lru_cache(maxsize=1024)  # menus and buttons stand on every page
def _is_label(text: str) -> bool:
    return _LABELS.fullmatch(text.strip(" :.!»→#")) is not None or is_network(text)


def is_network(text: str) -> bool:
    """Whether a whole block names a social network, as buttons do; and subheads of articles about one."""
    return len(text) < 20 and text.strip(" :.!»→#").casefold() in _NETWORKS


def is_end_label(text: str) -> bool:
    """Whether a block heads what stands behind an article: comments, other news."""
    return len(text) < 60 and _END_LABELS.fullmatch(text.strip(" :.!»→")) is not None


def is_comments_label(text: str) -> bool:
    """Whether a block heads the readers' comments, which are never part of an article."""
    return len(text) < 40 and _COMMENTS_LABEL.fullmatch(text.strip(" :.!»→")) is not None


def is_label_with_links(block: Block) -> bool:
    """Whether a block is a label and the links it heads: ``Поделиться: Telegram WhatsApp``."""
    if len(block.pieces) < 2 or not block.has_links:
        return False
    return is_label(" ".join("".join(text for text, link in block.pieces if link is None).split()))


def is_colophon(text: str) -> bool:
    """Whether a block is about rights and registration, as in a page's foot."""
    if len(text) >= 600:
        return False
    if _RIGHTS.search(text) or _IMPRINT_START.match(text):
        return True
    return len(_IMPRINT.findall(text)) > 1


def is_advert_label(text: str) -> bool:
    """Whether a block does nothing but label an advert."""
    return len(text) < 40 and _ADVERT_LABEL.fullmatch(text.strip(" :.!»→*")) is not None


def _is_form_box(element: etree._Element) -> bool:
    """Whether an element is a box to subscribe, to vote or to comment: a form with little other text."""
    forms = list(element.iter("form"))
    inside = [part for form in forms for part in form.iter()]
    beside = sum(map(len, element.itertext())) - sum(len(text) for form in forms for text in form.itertext())
    paragraphs = sum(1 for _ in element.iter("p")) - sum(part.tag == "p" for part in inside)
    return beside < _MOST_BESIDE_A_FORM and paragraphs < _FEWEST_PARAGRAPHS


def in_clutter(part: etree._Element, container: etree._Element) -> bool:
    """Whether ``part`` or an element between it and ``container`` is named as clutter."""
    element: etree._Element | None = part
    while element is not None and element is not container:
        if element is not part and next(element.iter("form"), None) is not None and _is_form_box(element):
            return True
        names = f"{element.get('class') or ''} {element.get('id') or ''}"
        if len(names) > 1 and (
            _CLUTTER_CLASS.search(names) if element.tag != "p" else _PARAGRAPH_CLUTTER & set(names.split())
        ):
            return True
        element = element.getparent()
    return False
