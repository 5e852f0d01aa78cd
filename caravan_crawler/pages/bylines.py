"""Who is named: authors under a headline or at the end of a text, and the source of a text."""

import re
from dataclasses import dataclass
from itertools import islice

from caravan_crawler.normalise.text import fold_homoglyphs
from caravan_crawler.pages.blocks import Block, Element
from caravan_crawler.pages.selectors import is_author

_UPPER = "A-ZА-ЯЁӘІҢҒҮҰҚӨҺ"
_LOWER = "a-zа-яёәіңғүұқөһ"
_FIRST_NAME = rf"(?:[{_UPPER}][{_LOWER}]+(?:-[{_UPPER}][{_LOWER}]+)?|[{_UPPER}]\.)"
_CAPITAL_SURNAME = rf"[{_UPPER}]{{2,}}(?:[-’'][{_UPPER}]{{2,}})?"
_SURNAME = rf"(?:[{_UPPER}][’'])?[{_UPPER}][{_LOWER}]+(?:-[{_UPPER}][{_LOWER}]+)?"
#: "Son of" or "daughter of" behind a father's name.
_PATRONYMIC = r"(?:\s+(?:кызы|қызы|улы|ұлы|уулу|оглы|оғлы))?"
_PERSON = re.compile(
    rf"{_FIRST_NAME}(?:\s*{_FIRST_NAME}){{0,2}}\s*{_CAPITAL_SURNAME}|{_CAPITAL_SURNAME}\s+{_FIRST_NAME}"
)
_SIGNATURE = re.compile(rf"[.!?…»”]\s+(?P<name>{_PERSON.pattern})\.?$")
_PERSON_IN_LABEL = re.compile(
    rf"{_FIRST_NAME}(?:\s*{_FIRST_NAME}){{0,2}}\s*(?:{_CAPITAL_SURNAME}|{_SURNAME}){_PATRONYMIC}"
)
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
    rf"^(?:{AUTHOR}|текст|мәтін|сұхбаттасқан|әңгімелескен|{_REPORTER}|(?:соб\.?\s*)?корр\.|дайындаған|жазған)\s*[:\-–—]?\s+",
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
    r"^(?:(?:материал|текст|интервью|репортаж)\s+)?(?:беседовал|записал|подготовил|вопросы\s+задавал|над\s+материалом\s+работал|интервью\s+(?:вел|вёл|взял))[аи]?\s*:?\s+",
    re.IGNORECASE,
)
_TEXT_MARK = re.compile(r"\s*\((?:текст|мәтін)\)\s*$", re.IGNORECASE)
_ASIDE = re.compile(r"(?:фото|сурет|видео)(?:\s.*)?|специально\s+для\s.*|[\w-]+\.\w{2,4}|текст|мәтін", re.IGNORECASE)
PHOTO_LABEL = re.compile(r"^(?:фото(?:графи[яи])?|сурет)(?:\s*[-–—:]\s*|\s+)", re.IGNORECASE)
_PHOTO_MARK = re.compile(r"\s*\((?:фото|сурет|видео)[^)]*\)\s*$", re.IGNORECASE)
_PLACE = re.compile(rf"(?:г\.\s*)?[{_UPPER}][{_LOWER}]+(?:(?:[\s-]|\s[–—-]\s)[{_UPPER}]?[{_LOWER}]+)?")
_MAIL = re.compile(r"[\s|,(]+[\w.+-]+@[\w-]+(?:\.[\w-]+)+\)?$")
_BETWEEN = re.compile(
    r"(\s*[,;/&]\s*|\.\s+(?=(?:[Фф]ото|[Сс]урет)(?:\s*[:–—-]|\s+автора))|\s+(?:и|және|[–—](?=\s[а-яә]))\s+)"
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
    " news новости".split()
)

_OF_AUTHOR = re.compile(
    r"(?:^|/)author|/(?:avtor[iy]?|users?|members?|profiles?|journalists?|userinfo\.php|memberlist\.php)\b"
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

    ``Автор: Караван.kz`` is such a line and names nobody.
    """
    line = " ".join(line.split()).rstrip(".,").strip().lstrip("–— ")
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
    has_role = any(_ROLE.fullmatch(part) for part in parts[2::2])
    for part, joint in zip(parts[::2], ["", *parts[1::2]], strict=True):
        bare = PHOTO_LABEL.sub("", part)
        is_labelled = bare != part or (is_labelled and joint.strip() in ("и", "және"))
        name = _TEXT_MARK.sub("", _PHOTO_MARK.sub("", bare))
        # A photographer marked as such is one even in ordinary letters.
        marked = is_labelled or _PHOTO_MARK.search(part) is not None
        pattern = _PERSON_IN_LABEL if label or verb or marked or has_role else _PERSON
        if _is_office(name) and label:
            is_office = True
        elif pattern.fullmatch(name) and _is_surname(name):
            (photographers if marked else authors).append(name)
        elif not (authors or photographers) or not any(each.fullmatch(part) for each in (_PLACE, _ASIDE, _ROLE)):
            return None
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


def people_in(text: str) -> list[str]:
    """Return the people a text names, with commas or ``и`` between them, and nothing else but a city; else []."""
    names = _BETWEEN.split(_MAIL.sub("", text))[::2]
    if _PLACE.fullmatch(names[-1]) and any(map(is_sure_name, names[:-1])) and not is_person(names[-1]):
        names.pop()
    return names if all(map(is_person, names)) else []


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
    return is_person(name) and _SURE_NAME.fullmatch(name) is not None


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


def names_somebody(block: Block) -> bool:
    """Whether a block is a person's name or the site's, and so neither lede nor text."""
    text = block.text.strip(AROUND_NAMES)
    if len(text) >= _LONGEST_NAME:
        return False
    return bool(people_in(text)) or is_the_site(text) or (is_single_name(text) and is_marked_as_author(block))


def is_marked_as_author(block: Block) -> bool:
    """Whether an element around a name says whose it is: two words in capitals may be a place or a section, too."""
    inlines = (each for _, _, inline in block.pieces if inline is not None for each in inline.below(block.element))
    third = (each for each in islice(block.element.around, 2, 3) if each.last - each.first <= _NAME_AND_OFFICE)
    around = [*islice(block.element.around, 2), *third, *inlines]
    marks = " ".join(f"{each.names} {each.get('itemprop')} {each.get('rel')}" for each in around)
    return is_author(marks) or any(marks_author(link, None) for _, link, _ in block.pieces)


_VERB = (
    r"(?:пере(?:да[её]т|дают|дал[аио]?|давал[аио]?)|сообща(?:ет|ют|л[аио]?)|сообщил[аио]?(?:\s+об\s+этом)?|информиру(?:ет|ют)"
    r"|пиш(?:ет|ут)|(?:на)?писал[аио]?"
    r"|рассказыва(?:ет|ют)|уточня(?:ет|ют)|отмеча(?:ет|ют)|привод(?:ит|ят)\s+(?:описание|слова|данные|мнение|комментарий)|(?:деп\s+)?(?:хабарлайды|хабарлады|жазады)|деп\s+жазды)"
)
_REFERENCE = (
    r"(?:(?:со\s+)?ссылк(?:ой|у)\s+на|ссылаясь\s+на|по\s+(?:данным|информации|сообщению|сведениям|материалам)"
    r"|как\s+(?:пишет|сообщает|переда[её]т|передавал[аои]?)"
    r"|(?:(?:перво)?источник|дереккөз)\s*[:\-–—]|source\s*:|об\s+этом\s+(?:сообщает|пишет|переда[её]т))"
)
_GO_BETWEEN = (
    r"(?:\s*,)?(?:\s+(?:сегодня|вчера|также|собственный|специальный|собкор|корр\.?"
    r"|корреспондент\w*|журналист\w*|редакци\w+|обозреватель|со))*"
)
_KIND = (
    r"(?:международн\w+\s+информационн\w+\s+агентств\w+|информационн\w+\s+агентств\w+|информагентств\w+|агентств\w+|МИА|ИА|РИА|ИАА"
    r"|телеканал\w*|радиостанци\w+|радио|медиа-?портал\w*|интернет-?портал\w*|портал\w*|новостн\w+\s+(?:портал|сайт)\w*"
    r"|интернет-?издани\w+|издани\w+|газет\w+|журнал\w*|сайт\w*|пресс-?агентств\w+|телекомпани\w+|каналу?|канала"
    r"|(?:telegram|телеграмм?|тг|youtube)[-\s]канал\w*|паблик\w*)"
)
_QUOTED = r"(?:«[^«»]{2,60}»|“[^“”]{2,60}”|\"[^\"]{2,60}\"|„[^„“”]{2,60}[“”])"
_WORD = "[A-Za-zА-Яа-яЁё0-9]"
_DOMAIN = (
    rf"(?:{_WORD}(?:{_WORD}|-){{1,40}}\.(?:kz|ru|com|net|org|info|by|uz|kg|ua|uk|tv|news|media|рф|қаз))(?!{_WORD})"
)
# Agencies named without quotation marks or a kind before them.
_KNOWN_NAME = (
    r"(?:Казинформ(?![а-яё])|Kazinform|Қазақпарат|Интерфакс(?:-[А-ЯЁ][а-яё]+)?|Reuters|Рейтер|ТАСС|ИТАР-ТАСС"
    r"|РИА\s+Новости|BBC(?:\s+News)?|Би-би-си|Bloomberg|Associated\s+Press|AFP|BNS|Trend|УНИАН|УНН|Укринформ|Белта|Франс\s+Пресс|Синьхуа|Xinhua|КазТАГ"
    r"|KazTAG|BNews|Sputnik(?:\s+(?:Казахстан|Kazakhstan))?|Спутник\s+Казахстан|Tengrinews|Лента\.ру|РБК|Коммерсант[ъа]?"
    r"|The\s+Guardian|The\s+New\s+York\s+Times|The\s+Times|Financial\s+Times|Forbes(?:\s+Kazakhstan)?|Новости-Казахстан|Azattyq|Азаттык|CNN|Deutsche\s+Welle|Euronews|АКИpress|Хабар(?:\s+24)?(?![а-яё])"
    r"|КТК(?![А-Яа-яё])|Kazakhstan\s+Today|Казахстан\s+Сегодня|KZ-today|Astana\s+TV|(?:31|7|5)[\s-]канал\w*"
    r"|(?:Перв|Седьм|Пят)\w+\s+канал\w*(?:\s+Евразия)?|Almaty\s+TV|Egemen\s+Qazaqstan|Qazaqstan|(?-i:[A-Z][\w.\-]*(?:\s[A-Z][\w.\-]*){0,2}"
    r"\s(?:TV|News|Today|Times|Post|Press|Media|Radio|Telegraph|Journal|Agency|Online))(?!\w))"
)
#: In Kazakh the kind stands behind the name.
_KAZAKH_KIND = r"(?:(?:\s+(?:ақпараттық|халықаралық))?\s+(?:агенттігі|порталы|сайты|газеті|телеарнасы)(?!\w))?"
_NAME = (
    rf"(?:{_KIND}\s+)?(?:{_QUOTED}|{_DOMAIN}){_KAZAKH_KIND}|(?:{_KIND}\s+)?{_KNOWN_NAME}"
    rf"|(?:{_KIND})\s+[A-Z][\w.]+(?:\s+[A-Z][\w.]+)?"
)
_CREDITED = re.compile(
    rf"(?<!\w)(?:{_REFERENCE}|{_VERB})(?:\s+{_REFERENCE})?{_GO_BETWEEN}\s*(?P<name>{_NAME})", re.IGNORECASE
)
# Kazakh puts the name before the verb.
_CREDITED_BEFORE = re.compile(
    rf"(?P<name>{_NAME})"
    r"(?:(?:[-‑]?(?:қа|ға|ке|ге|на|не))?\s+сілтеме\s+жаса\w+|\s+(?:мәліметінше|мәліметтерінше|ақпаратынша|дерегінше|хабарлауынша|жазуынша)"
    r"|(?:\s+(?:ақпараттық|халықаралық))?(?:\s+тілшісіне)?(?:\s+(?:хабарлайды|хабарлады|жазады|деп\s+жазды))"
    r"|(?:\s+(?:ақпараттық|халықаралық))?\s+(?:агенттігіне|порталына|сайтына|басылымына)\s+сілтеме\s+жаса\w+)",
    re.IGNORECASE,
)
#: An agency's own beginning of a text: ``МОСКВА, 3 июня. /ТАСС/``, ``Костанай. 14 мая. КазТАГ –``.
_DATELINES = tuple(
    re.compile(line, re.IGNORECASE | re.MULTILINE)
    for line in (
        rf"^(?-i:[А-ЯЁӘІҢҒҮҰҚӨҺ][А-ЯЁӘІҢҒҮҰҚӨҺ\-]{{2,30}})[.,\s][^/\n]{{0,30}}/(?P<name>{_NAME})/",
        rf"^(?-i:[А-ЯЁӘІҢҒҮҰҚӨҺ][А-ЯЁӘІҢҒҮҰҚӨҺ\-]{{2,30}}),\s\d{{1,2}}\s\w+\s[–—-]\s(?P<name>{_NAME})[.,]\s",
        rf"^(?-i:[А-ЯЁӘІҢҒҮҰҚӨҺ])[\w\-]{{2,30}}\.\s(?:\d{{1,2}}\s\w+\.\s)?(?P<name>{_NAME})\s[–—-]\s",
    )
)
# Where a credit may begin: the stems of its first words behind what is no letter, which a plain search finds fast.
_HINT = re.compile(
    r"\W(?:пере?да|сообщ|информиру|пиш|писа|написа|рассказыва|уточня|отмеча|привод|со\s+ссыл|ссыл|по\s+(?:дан|инф|сооб|све|мат)"
    r"|как\s+(?:пиш|соо|пер)|(?:перво)?источник|дереккөз|source|об\s+этом|хабарла|жаза|деп\s+жаз)"
)
#: Stems of the words behind a name in Kazakh; letters of a name with its kind, and of the rest of the words.
_HINT_BEHIND = re.compile("хабарла|жазды|жазады|жазуы|сілтеме|інше|ынша")
_LONGEST_SOURCE, _LONGEST_ENDING = 140, 20
#: Words of a source behind its label.
_MOST_WORDS_OF_SOURCE = 5
_WORK_VERB = re.compile(r"(?:пиш|написал|рассказ|уточня|отмеча)", re.IGNORECASE)
_LABEL_OF_SOURCE = re.compile(
    r"(?:(?:перво)?источник|source|дереккөз)\s*:|^(?:по\s+материалам|источник)\s(?=(?-i:[A-ZА-ЯЁ«])\S*(?:\s\S+){0,2}$)",
    re.IGNORECASE,
)
_REFERS_ON = re.compile(rf"\s*,?\s*{_REFERENCE}{_GO_BETWEEN}\s*(?P<name>{_NAME})", re.IGNORECASE)


def find_source(text: str) -> str | None:
    """Return the first outside agency or site ``text`` credits, as printed with kind and quotation marks.

    The site's own name is passed over (``передает Caravan.kz со ссылкой на Tengrinews.kz`` gives
    ``Tengrinews.kz``); None where no other is named.
    """
    lowered = text.lower()
    if len(lowered) != len(text):
        lowered = text  # a letter whose lower case is longer would shift the places
    matches = [match for hint in _HINT.finditer(f" {lowered}") if (match := _CREDITED.match(text, hint.start()))]
    behind = (
        _CREDITED_BEFORE.search(text, max(0, hint.start() - _LONGEST_SOURCE), hint.end() + _LONGEST_ENDING)
        for hint in _HINT_BEHIND.finditer(lowered)
    )
    matches += filter(None, behind)
    matches += [found for match in matches if (found := _REFERS_ON.match(text, match.end("name")))]
    matches += filter(None, (line.search(text) for line in _DATELINES))
    for match in sorted(matches, key=lambda found: found.start("name")):
        name = match["name"].strip()
        if not is_the_site(name) and _is_name(name) and not _is_title_of_a_work(match):
            return name
    return None


def source_label(line: str) -> int | None:
    """Return where the label of a source begins in a line of facts; None of any other line."""
    found = _LABEL_OF_SOURCE.search(line) if len(line) < _LONGEST_SOURCE else None
    return found.start() if found else None


def names_source(text: str) -> bool:
    """Whether a line is a label and a source: ``Источник: Tengrinews.kz``."""
    return len(text) < _LONGEST_SOURCE and _LABEL_OF_SOURCE.match(text) is not None


def labelled_source(line: str) -> str | None:
    """Return the source that a labelled line names: an agency or a site in any form, or any short name."""
    name = (line.partition(":")[2] or line.partition(" ")[2]).strip()
    is_name = len(name.split()) <= _MOST_WORDS_OF_SOURCE and not (name[:1].islower() or name.endswith((".", ":")))
    return find_source(line) or (name if is_name and not is_the_site(name) else None)


def _is_name(name: str) -> bool:
    """Whether the name itself, without kind and quotation marks, begins like one."""
    bare = re.sub(rf"^{_KIND}\s+", "", name, flags=re.IGNORECASE).strip('«»“”"„ ')
    return bool(bare) and (bare[0].isupper() or bare[0].isdigit() or "." in bare)


def _is_title_of_a_work(match: re.Match[str]) -> bool:
    """Whether the name in quotation marks is a work, not a source: ``он пишет «Войну и мир»``.

    Behind a comma or a dash, the verb says who is quoted: ``всё началось с яблони, пишет «Экспресс К»``.
    """
    is_quoting = match.string[: match.start()].rstrip().endswith((",", "–", "—", "-"))
    return match["name"][0] in '«“"„' and not is_quoting and _WORK_VERB.match(match[0]) is not None
