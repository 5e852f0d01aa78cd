"""The people named as authors and photographers, under a headline or at the end of a text."""

import re
from dataclasses import dataclass
from itertools import islice

from caravan_crawler.normalise.dates import date_form
from caravan_crawler.normalise.text import fold_homoglyphs
from caravan_crawler.pages.blocks import Block, Element
from caravan_crawler.pages.selectors import is_author

_UPPER = "A-ZА-ЯЁӘІҢҒҮҰҚӨҺ"
_LOWER = "a-zа-яёәіңғүұқөһ"
_FIRST_NAME = rf"(?:[{_UPPER}][{_LOWER}]+(?:-[{_UPPER}][{_LOWER}]+)?|[{_UPPER}]\.)"
_CAPITAL_SURNAME = rf"[{_UPPER}]{{2,}}(?:[-’'][{_UPPER}]{{2,}})?"
_SURNAME = rf"(?:[{_UPPER}][’']|(?:Mc|Mac|De|Du|Di|La|Le)(?=[A-Z]))?[{_UPPER}][{_LOWER}]+(?:-[{_UPPER}][{_LOWER}]+)?"
#: "Son of" or "daughter of" behind a father's name.
_PATRONYMIC = r"(?:\s+(?:кызы|қызы|улы|ұлы|уулу|оглы|оғлы))?"
#: Behind an initial there may be no space.
_JOINT = r"(?:(?<=\.)\s*|\s+)"
_FIRST_NAMES = rf"{_FIRST_NAME}(?:{_JOINT}{_FIRST_NAME}){{0,2}}{_JOINT}"
_PERSON = re.compile(rf"{_FIRST_NAMES}{_CAPITAL_SURNAME}|{_CAPITAL_SURNAME}\s+{_FIRST_NAME}")
_SIGNATURE = re.compile(rf"[.!?…»”]\s+(?P<name>{_PERSON.pattern})\.?$")
_PERSON_IN_LABEL = re.compile(rf"{_FIRST_NAMES}(?:{_CAPITAL_SURNAME}|{_SURNAME}){_PATRONYMIC}")
#: A name all in capitals: only behind a label, in an element named for authors, or with the ending of a surname.
_IN_CAPITALS = re.compile(rf"(?:{_CAPITAL_SURNAME}|[{_UPPER}]\.)(?:\s+{_CAPITAL_SURNAME}){{1,2}}{_PATRONYMIC}")
#: Two capitalised words, whatever the letters around them.
FULL_NAME = rf"(?-i:[{_UPPER}][{_LOWER}]+\s+[{_UPPER}][{_LOWER}]+)"
#: A journalist's office; a name before it is an author's in any letters.
ROLE = (
    r"(?:[^\W\d]+\s+){0,3}(?:(?:(?:фото)?корреспондент|фотожурналист|фотограф(?!и)|собкор|спецкор|журналист|репорт[её]р|обозревател|колумнист)\w*|тілші\w*|шолушы\w*)"
    r"(?:\s+[«\"]?[\w.]+[»\"]?){0,3}"
)
_ROLE = re.compile(ROLE, re.IGNORECASE)
#: A first name and a surname by its ending; the name of a region, ``Западная Украина``, begins with an adjective.
_SURE_NAME = re.compile(
    r"(?!\w{2,}(?:[нвтш]ый|[сц]кий|(?:[нвтш]|[сц]к)(?:ая|ое|ые))\s)[\w-]+\s(?:[\w-]+-)?\w+"
    r"(?:[оеё]ва?|[иы]на?|[сц]к(?:ий|ой|ая)|ко|[ую]к|ич|ян|швили|дзе|[уұ]лы|[кқ]ызы|бай|бек|хан)",
    re.IGNORECASE,
)
#: The word for an author before a name.
AUTHOR = (
    r"автор(?:ы|\(ы\))?(?:\s+(?:текста|статьи|материала))?|авторлар\w*|(?:мақала|мәтін|материал)\s+автор\w*"
    r"|об\s+авторе|автор\s+туралы|(?:about\s+(?:the\s+)?)?authors?|about(?=\s+\S)"
    r"|(?:(?:this\s+(?:post|entry|article)\s+was\s+)?(?:written|posted|published)\s+)?by"
)
#: The word for a journalist before a name.
_REPORTER = r"журналист(?:ы|тер)?|корреспондент(?:ы|тер)?|тілші(?:лер)?"
_LABEL = re.compile(
    rf"^(?:{AUTHOR}|текст(?:\s*(?:и|,|/)\s*фото)?|фото\s*(?:и|,|/)\s*текст|мәтін|сұхбаттасқан|әңгімелескен|{_REPORTER}|(?:соб\.?\s*)?корр\.|дайындаған|жазған)\s*[:\-–—]?\s+",
    re.IGNORECASE,
)
_AUTHOR_LABEL = re.compile(
    rf"(?:{AUTHOR}|текст|мәтін|{_REPORTER}|репорт[её]р|обозреватель|над\s+(?:материалом|текстом)\s+работал[аи]?)\s*:?",
    re.IGNORECASE,
)
_PHOTOGRAPHER_LABEL = re.compile(
    r"(?:правообладатель\s+(?:иллюстрации|фото)|(?:автор\s+)?фото(?:граф\w*|графии)?|сурет(?:ті\s+түсірген)?|фотосурет|photo(?:\s+by)?)\s*:?",
    re.IGNORECASE,
)
#: Letters of a name in a block of its own, and marks around it.
_LONGEST_NAME, AROUND_NAMES = 60, " ·•|,@"
#: Letters of an initial with its stop; one may be typed in another alphabet.
_LONGEST_INITIAL = 2
#: Blocks of an author's name and office.
_NAME_AND_OFFICE = 2
#: One name behind ``Автор:``, as pages of AMP have it.
_SINGLE_NAME = re.compile(rf"[{_UPPER}][{_LOWER}]{{2,}}")
_CREDIT_VERB = re.compile(
    r"^(?:(?:материал|текст|интервью|репортаж|полосу|страницу|подборку|рубрику)\s+)?(?:(?:беседовал|разговаривал|записал|подготовил|вопросы\s+задавал"
    r"|бесед[ау]\s+(?:вел|вёл)|над\s+материалом\s+работал|(?:интервью|рубрику)\s+(?:вел|вёл|взял))[аи]?(?:\s+к\s+печати)?"
    r"|әзірлеген|сұхбат(?:ты)?\s+(?:жүргізген|алған))\s*:?\s+",
    re.IGNORECASE,
)
#: Behind a name: how to reach its owner, and what else newspapers print there.
_ASIDE = re.compile(
    r"(?:фото|сурет|видео)(?:\s.*)?|специально\s+для\s.*|[\w-]+\.\w{2,4}|текст|мәтін|(?:соб|наш)\w*\.?\s*корр\.?"
    r"|[\w.+-]+@[\w.-]+|(?:(?:тел|tg|тг|telegram|instagram|whatsapp)\w*\.?\s*:?\s*)?(?:@[\w.]+|\+?\d[\d\s()-]{6,})",
    re.IGNORECASE,
)
#: Says that the name before it is an author's.
_OF_AUTHORS = re.compile(
    r"специально\s+для\s.*|(?:фото|сурет)\w*\s+автор\w*|автордың\s+(?:фото|сурет)\w*", re.IGNORECASE
)
PHOTO_LABEL = re.compile(r"^(?:фото(?:графи[яи])?|сурет)(?:\s*[-–—:]\s*|\s+)", re.IGNORECASE)
_PHOTO_MARK = re.compile(r"\s*\((?:фото|сурет|видео)[^)]*\)\s*$", re.IGNORECASE)
_PLACE = re.compile(rf"(?:г\.\s*)?[{_UPPER}][{_LOWER}]+(?:(?:[\s-]|\s[–—-]\s)[{_UPPER}]?[{_LOWER}]+)?")
#: Behind a name, what its owner did, or where.
_IN_BRACKETS = re.compile(rf"\s*\((?:(?i:текст|мәтін)|{_PLACE.pattern})\)\s*$")
_MAIL = re.compile(r"[\s|,(]+[\w.+-]+@[\w-]+(?:\.[\w-]+)+\)?$")
_BETWEEN = re.compile(
    rf"(\s*[,;/&|]\s*|(?<=[{_UPPER}]{{2}})\.\s+|\.\s+(?=(?i:фото|сурет)(?:\s*[:–—-]|\s+(?i:автора)))|\s+(?:и|және|[–—](?=\s[а-яә]))\s+)"
)
#: Words and abbreviations in capitals that follow a capitalised word and make no surname.
_NO_SURNAME = frozenset(
    "США ООН АЭС ОАЭ ОБСЕ НАТО ЕАЭС ЕАЭК ЮНЕСКО ЦИК АНК ЗКО ВКО СКО ЕНТ ТОО НАО АО ГУ ТЭЦ ЖКХ ЧП ДТП РК РФ СНГ ЕС КНР"
    " КТК ИА МИА ОСМС ЕНПФ ДЧС ДВД ПДД МРП КХЛ НХЛ УЕФА ФИФА".split()
)
_VOWELS = frozenset("АЕЁИОУЫЭЮЯӘІҮҰӨAEIOUY")
#: The site's name in its cases, as in ``сообщили «КАРАВАНУ»``, and with a kind before it.
_FOLDED_SITE_NAMES = frozenset(
    fold_homoglyphs(name)
    for name in ("караван", "каравана", "каравану", "караваном", "караване", "caravan", "медиа-портал caravan")
)
_KIND_OF_SITE = re.compile(r"^(?:медиа-?портал|портал|газет|сайт)\w*\s+", re.IGNORECASE)
#: Letters of the site's name with its kind and all that may stand around it; a headline or a paragraph has more.
_LONGEST_SITE_NAME = 60
_NOT_PEOPLE = frozenset(
    "автор авторы author текст фото admin administrator админ администратор"
    " copyright superuser user guest гость редакция редактор editor karavan caravan караван"
    " news новости отдел служба пресс-служба агентство бюро"
    " коллаж рисунок рисунки инфографика иллюстрация карикатура видео перевод".split()
)

_OF_AUTHOR = re.compile(
    r"(?:^|/)author|/(?:avtor[iy]?|users?|members?|profiles?|journalists?|userinfo\.php|memberlist\.php)\b|/u/\d+\b"
)


@dataclass(frozen=True, slots=True)
class Byline:
    """People named as ``authors`` and as ``photographers``, in order, as printed."""

    authors: tuple[str, ...] = ()
    photographers: tuple[str, ...] = ()

    def joined(self, after: "Byline | None") -> "Byline":
        """Return this line and the one that followed it as one."""
        if after is None:
            return self
        return Byline(self.authors + after.authors, self.photographers + after.photographers)


def is_place(text: str) -> bool:
    """Whether a whole block may be where an author writes from: ``Астана``, ``Алматы – Астана``."""
    return len(text) < _LONGEST_NAME and _PLACE.fullmatch(text) is not None


def is_author_label(text: str) -> bool:
    """Whether a whole block announces the authors that stand in the next ones: ``Авторы:``."""
    return len(text) < 40 and _AUTHOR_LABEL.fullmatch(text.strip()) is not None


def announces_authors(block: Block) -> bool:
    """Whether a block is such a label; a link to the list of all authors is none."""
    return is_author_label(block.text) and not block.has_links


def is_photo_label(text: str) -> bool:
    """Whether a whole block announces the photographer that stands in the next one: ``Фото:``."""
    return len(text) < 40 and _PHOTOGRAPHER_LABEL.fullmatch(text.strip()) is not None


def read_byline(line: str) -> Byline | None:
    """Return the people of a line that names authors and nothing else; None where it is something else.

    ``Автор: Караван.kz`` is such a line and names nobody. Each line of several may be a name, or a part of it.
    """
    lines = line.splitlines()
    if len(lines) > 1 and (byline := read_byline(", ".join(lines))) is not None:
        return byline
    line = " ".join(line.split()).rstrip(".,").strip().lstrip("–— ")
    if line[:1] == "(" and line[-1:] == ")":
        line = line[1:-1]
    verb = _CREDIT_VERB.match(line)
    line = line[verb.end() :] if verb else line
    if not 3 <= len(line) <= 200:
        return None
    label = _LABEL.match(line)
    names = line[label.end() :] if label else line
    if label and is_the_site(names):
        return Byline()
    if (verb or (label and label[0].rstrip()[-1] in ":-–—")) and _SINGLE_NAME.fullmatch(names):
        return Byline((names,)) if is_single_name(names) else Byline()
    authors: list[str] = []
    photographers: list[str] = []
    parts = _BETWEEN.split(names)
    is_labelled = is_office = False
    signs = (_ROLE.fullmatch, _OF_AUTHORS.fullmatch, is_the_site)
    is_signed = any(sign(part) for part in parts[2::2] for sign in signs)
    is_with_photo = any(map(PHOTO_LABEL.match, parts[2::2]))
    for part, joint in zip(parts[::2], ["", *parts[1::2]], strict=True):
        bare = PHOTO_LABEL.sub("", part)
        is_labelled = bare != part or (is_labelled and joint.strip() in ("и", "және"))
        name = _IN_BRACKETS.sub("", _PHOTO_MARK.sub("", bare))
        # A photographer marked as such is one even in ordinary letters.
        marked = is_labelled or _PHOTO_MARK.search(part) is not None
        pattern = _PERSON_IN_LABEL if label or verb or marked or is_signed else _PERSON
        if _is_office(name) and label:
            is_office = True
        elif (
            (pattern.fullmatch(name) and _is_surname(name) and not _is_office(name))
            or (pattern is not _PERSON and _is_in_capitals(name))
            or (is_with_photo and is_sure_name(name))
        ):
            (photographers if marked else authors).append(name)
        elif not (authors or photographers) or not (
            is_labelled
            or is_the_site(part)
            or date_form(part) is not None
            or any(each.fullmatch(part) for each in (_PLACE, _ASIDE, _ROLE))
        ):
            return None
    if label and "фото" in label[0].lower():
        photographers += authors
    return Byline(tuple(authors), tuple(photographers)) if authors or photographers or is_office else None


def _is_office(name: str) -> bool:
    """Whether a name is that of an office or of a program's user."""
    return not _NOT_PEOPLE.isdisjoint(name.casefold().split())


def _is_surname(name: str) -> bool:
    capitals = [word for word in re.split(r"[\s.]+", name) if len(word) > 1 and word.isupper()]
    return all(word not in _NO_SURNAME and (_VOWELS & set(word)) for word in capitals)


def names_role(text: str) -> bool:
    """Whether a whole block is a journalist's role: ``экономический обозреватель``."""
    return len(text) < _LONGEST_NAME and _ROLE.fullmatch(text) is not None


def is_the_site(name: str) -> bool:
    """Whether ``name`` is the site itself: ``Караван.kz``, ``Сaravan.kz`` with a Cyrillic С, «КАРАВАН»."""
    if len(name) > _LONGEST_SITE_NAME:
        return False
    bare = _KIND_OF_SITE.sub("", name.strip(" .,;:«»“”\"„'()"))
    folded = fold_homoglyphs(bare.strip(" «»“”\"„'"))
    return folded.removesuffix(".kz") in _FOLDED_SITE_NAMES


def is_single_name(text: str) -> bool:
    """Whether a text is one name, as one behind a label may be, and not that of an office."""
    return _SINGLE_NAME.fullmatch(text) is not None and text.casefold() not in _NOT_PEOPLE


def people_in(text: str, *, is_marked: bool = False) -> list[str]:
    """Return the people a text names, with commas or ``и`` between them, and nothing else but a city; else [].

    With ``is_marked``, something says that they are authors.
    """
    lines = _MAIL.sub("", text).splitlines() or [""]
    names = [_IN_BRACKETS.sub("", name) for line in lines for name in _BETWEEN.split(line)[::2]]
    if len(lines) > 1 and not any(map(is_person, names)):
        names = _BETWEEN.split(" ".join(lines))[::2]  # first name and surname in two lines
    is_sure = any(map(is_sure_name, names[:-1])) or (is_marked and any(map(is_person, names[:-1])))
    if is_sure and is_place(names[-1]) and not is_person(names[-1]):
        names.pop()
    is_marked = is_marked or any(map(is_sure_name, names))
    are_people = (is_person(each) or (is_marked and _is_in_capitals(each)) for each in names)
    return names if all(are_people) else []


def _is_in_capitals(name: str) -> bool:
    """Whether a text may be a name all in capitals."""
    is_other = _is_office(name) or _ROLE.fullmatch(name) is not None
    return _IN_CAPITALS.fullmatch(name) is not None and _is_surname(name) and not is_other


def is_person(name: str) -> bool:
    """Whether a name from the page's metadata is a person's: two or three capitalised words, not "admin"."""
    words = name.split()
    if not 2 <= len(words) <= 4 or _is_office(name) or _CREDIT_VERB.match(name) or _LABEL.match(name):
        return False
    if len({word.isascii() for word in words if len(word) > _LONGEST_INITIAL}) > 1:
        return False  # a word in front of a name in another language: ``By Иван Петров``
    return _PERSON_IN_LABEL.fullmatch(name) is not None and _is_surname(name)


def is_sure_name(name: str) -> bool:
    """Whether two words are surely a person's name, without a label: the second one ends as surnames do."""
    return (is_person(name) or _is_in_capitals(name)) and _SURE_NAME.fullmatch(name) is not None


def names_speaker(blocks: list[Block], place: int) -> bool:
    """Whether a name among a text's blocks says who speaks: a reply follows, or it stands there before as well."""
    following = blocks[place + 1].text if place + 1 < len(blocks) else ""
    return following.startswith(("–", "—", "-")) or any(each.text == blocks[place].text for each in blocks[:place])


def signature(text: str) -> str:
    """Return the name in capitals behind the last sentence of a text: ``Сезон открыт. Тамара ИВАНОВА``; else ""."""
    found = _SIGNATURE.search(text)
    return found["name"] if found and _is_surname(found["name"]) else ""


def marks_author(link: Element | None, inline: Element | None) -> bool:
    """Whether the link or the element around a name says that it is an author's."""
    href = (link.get("href") or "") if link is not None else ""
    if link is not None and ("author" in (link.get("rel") or "") or _OF_AUTHOR.search(href)):
        return True
    if inline is None:
        return False
    names = f"{inline.names} {inline.get('itemprop') or ''}"
    return href[:2] == "/@" or is_author(names) or (link is not None and link is not inline and is_author(link.names))


def people_of(block: Block) -> list[str]:
    """Return the people that a block names, and nothing else; each may stand in an element of its own."""
    is_marked = is_marked_as_author(block)
    texts = [" ".join(text.split()).strip(AROUND_NAMES) for text, _, _ in block.pieces]
    found = [people_in(text, is_marked=is_marked) for text in texts if text and not is_author_label(text)]
    if len(texts) > 1 and found and all(found):
        return [name for names in found for name in names]
    return people_in(block.text.strip(AROUND_NAMES), is_marked=is_marked)


def names_somebody(block: Block) -> bool:
    """Whether a block is a person's name or the site's, and so neither lede nor text."""
    text = block.text.strip(AROUND_NAMES)
    if len(text) >= _LONGEST_NAME:
        return False
    return is_the_site(text) or bool(people_of(block)) or (is_single_name(text) and is_marked_as_author(block))


def is_marked_as_author(block: Block) -> bool:
    """Whether an element around a name says whose it is: two words in capitals may be a place or a section, too."""
    inlines = (each for _, _, inline in block.pieces if inline is not None for each in inline.below(block.element))
    third = (each for each in islice(block.element.around, 2, 3) if each.last - each.first <= _NAME_AND_OFFICE)
    around = [*islice(block.element.around, 2), *third, *inlines]
    marks = " ".join(f"{each.names} {each.get('itemprop')} {each.get('rel')}" for each in around)
    return is_author(marks) or any(marks_author(link, None) for _, link, _ in block.pieces)
