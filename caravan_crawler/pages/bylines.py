"""Authors in the line at the end of a text, and the outside source that a text credits."""

import re
from dataclasses import dataclass

from caravan_crawler.normalise.text import fold_homoglyphs

_UPPER = "A-ZА-ЯЁӘІҢҒҮҰҚӨҺ"
_LOWER = "a-zа-яёәіңғүұқөһ"
_FIRST_NAME = rf"(?:[{_UPPER}][{_LOWER}]+(?:-[{_UPPER}][{_LOWER}]+)?|[{_UPPER}]\.)"
_CAPITAL_SURNAME = rf"[{_UPPER}]{{2,}}(?:[-’'][{_UPPER}]{{2,}})?"
_SURNAME = rf"[{_UPPER}][{_LOWER}]+(?:-[{_UPPER}][{_LOWER}]+)?"
_PERSON = re.compile(
    rf"{_FIRST_NAME}(?:\s*{_FIRST_NAME}){{0,2}}\s*{_CAPITAL_SURNAME}|{_CAPITAL_SURNAME}\s+{_FIRST_NAME}"
)
_PERSON_IN_LABEL = re.compile(rf"{_FIRST_NAME}(?:\s*{_FIRST_NAME}){{0,2}}\s*(?:{_CAPITAL_SURNAME}|{_SURNAME})")
_LABEL = re.compile(r"^(?:авторы?(?:\s+текста)?|текст|мәтін|журналист)\s*[:\-–—]?\s+", re.IGNORECASE)
_CREDIT_VERB = re.compile(r"^(?:беседовал|записал|подготовил|интервью\s+(?:вел|вёл|взял))[аи]?\s*:?\s+", re.IGNORECASE)
_TEXT_MARK = re.compile(r"\s*\((?:текст|мәтін)\)\s*$", re.IGNORECASE)
_ASIDE = re.compile(r"(?:фото|сурет|видео)\s.*|специально\s+для\s.*|текст|мәтін|фото|сурет", re.IGNORECASE)
_PHOTO_LABEL = re.compile(r"^(?:фото|сурет)(?:\s*[-–—:]\s*|\s+)", re.IGNORECASE)
_PHOTO_MARK = re.compile(r"\s*\((?:фото|сурет|видео)[^)]*\)\s*$", re.IGNORECASE)
_PLACE = re.compile(rf"(?:г\.\s*)?[{_UPPER}][{_LOWER}]+(?:(?:[\s-]|\s[–—-]\s)[{_UPPER}]?[{_LOWER}]+)?")
_BETWEEN = re.compile(r"(\s*[,;/&]\s*|\s+и\s+|\s+және\s+)")
#: Words and abbreviations in capitals that follow a capitalised word and make no surname.
_NO_SURNAME = frozenset(
    "США ООН АЭС ОАЭ ОБСЕ НАТО ЕАЭС ЕАЭК ЮНЕСКО ЦИК АНК ЗКО ВКО СКО ЕНТ ТОО НАО АО ГУ ТЭЦ ЖКХ ЧП ДТП РК РФ СНГ ЕС КНР"
    " КТК ИА МИА ОСМС ЕНПФ ДЧС ДВД ПДД МРП КХЛ НХЛ УЕФА ФИФА".split()
)
_VOWELS = frozenset("АЕЁИОУЫЭЮЯӘІҮҰӨAEIOUY")
_FOLDED_SITE_NAMES = frozenset(fold_homoglyphs(name) for name in ("караван", "caravan", "медиа-портал caravan"))
_KIND_OF_SITE = re.compile(r"^(?:медиа-?портал|портал|газет|сайт)\w*\s+", re.IGNORECASE)
#: Letters of the site's name with its kind and all that may stand around it; a headline or a paragraph has more.
_LONGEST_SITE_NAME = 60
_NOT_PEOPLE = frozenset(
    "admin administrator админ администратор редакция редактор editor karavan caravan караван news новости".split()
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


def read_byline(line: str) -> Byline | None:
    """Return the people of a line that names authors and nothing else; None where it is something else.

    ``Автор: Караван.kz`` is such a line and names nobody.
    """
    line = line.strip().rstrip(".").strip()
    if line.startswith("(") and line.endswith(")") and "(" not in line[1:]:
        line = line[1:-1]
    line = _CREDIT_VERB.sub("", line)
    if not 3 <= len(line) <= 200:
        return None
    label = _LABEL.match(line)
    names = line[label.end() :] if label else line
    if label and is_the_site(names):
        return Byline()
    authors: list[str] = []
    photographers: list[str] = []
    parts = _BETWEEN.split(names)
    is_labelled = False
    for part, joint in zip(parts[::2], ["", *parts[1::2]], strict=True):
        bare = _PHOTO_LABEL.sub("", part)
        is_labelled = bare != part or (is_labelled and joint.strip() in ("и", "және"))
        name = _TEXT_MARK.sub("", _PHOTO_MARK.sub("", bare))
        # A photographer marked as such is one even in ordinary letters.
        marked = is_labelled or _PHOTO_MARK.search(part) is not None
        pattern = _PERSON_IN_LABEL if label or marked else _PERSON
        if pattern.fullmatch(name) and _is_surname(name):
            (photographers if marked else authors).append(name)
        elif not (authors or photographers) or not (_PLACE.fullmatch(part) or _ASIDE.fullmatch(part)):
            return None
    return Byline(tuple(authors), tuple(photographers)) if authors or photographers else None


def _is_surname(name: str) -> bool:
    capitals = [word for word in re.split(r"[\s.]+", name) if len(word) > 1 and word.isupper()]
    return all(word not in _NO_SURNAME and (_VOWELS & set(word)) for word in capitals)


def is_the_site(name: str) -> bool:
    """Whether ``name`` is the site itself: ``Караван.kz``, ``Сaravan.kz`` with a Cyrillic С, «КАРАВАН»."""
    if len(name) > _LONGEST_SITE_NAME:
        return False
    bare = _KIND_OF_SITE.sub("", name.strip(" .,;:«»“”\"„'()"))
    folded = fold_homoglyphs(bare.strip(" «»“”\"„'"))
    return folded.removesuffix(".kz") in _FOLDED_SITE_NAMES


def is_person(name: str) -> bool:
    """Whether a name from the page's metadata is a person's: two or three capitalised words, not "admin"."""
    words = name.split()
    if not 2 <= len(words) <= 4 or {word.casefold() for word in words} & _NOT_PEOPLE:
        return False
    return _PERSON_IN_LABEL.fullmatch(name) is not None and _is_surname(name)


_VERB = (
    r"(?:пере(?:да[её]т|дают|дал[аио]?)|сообща(?:ет|ют|л[аио]?)|сообщил[аио]?|информиру(?:ет|ют)"
    r"|пиш(?:ет|ут)|написал[аио]?"
    r"|рассказыва(?:ет|ют)|уточня(?:ет|ют)|отмеча(?:ет|ют)|хабарлайды|хабарлады|жазады|деп\s+жазды)"
)
_REFERENCE = (
    r"(?:(?:со\s+)?ссылк(?:ой|у)\s+на|ссылаясь\s+на|по\s+(?:данным|информации|сообщению|сведениям|материалам)"
    r"|как\s+(?:пишет|сообщает|переда[её]т|передавал[аои]?)"
    r"|источник\s*[:\-–—]|об\s+этом\s+(?:сообщает|пишет|переда[её]т))"
)
_GO_BETWEEN = (
    r"(?:\s*,)?(?:\s+(?:сегодня|вчера|также|собственный|специальный|собкор|корр\.?"
    r"|корреспондент\w*|журналист\w*|редакци\w+|обозреватель|со))*"
)
_KIND = (
    r"(?:международн\w+\s+информационн\w+\s+агентств\w+|информационн\w+\s+агентств\w+|информагентств\w+|агентств\w+|МИА|ИА|РИА|ИАА"
    r"|телеканал\w*|радиостанци\w+|радио|медиа-?портал\w*|интернет-?портал\w*|портал\w*|новостн\w+\s+(?:портал|сайт)\w*"
    r"|интернет-?издани\w+|издани\w+|газет\w+|журнал\w*|сайт\w*|пресс-?агентств\w+|телекомпани\w+|каналу?|канала)"
)
_QUOTED = r"(?:«[^«»]{2,60}»|“[^“”]{2,60}”|\"[^\"]{2,60}\"|„[^„“”]{2,60}[“”])"
_WORD = "[A-Za-zА-Яа-яЁё0-9]"
_DOMAIN = (
    rf"(?:{_WORD}(?:{_WORD}|-){{1,40}}\.(?:kz|ru|com|net|org|info|by|uz|kg|ua|uk|tv|news|media|рф|қаз))(?!{_WORD})"
)
# Agencies named without quotation marks or a kind before them.
_KNOWN_NAME = (
    r"(?:Казинформ(?![а-яё])|Kazinform|Қазақпарат|Интерфакс(?:-[А-ЯЁ][а-яё]+)?|Reuters|Рейтер|ТАСС|ИТАР-ТАСС"
    r"|РИА\s+Новости|BBC(?:\s+News)?|Би-би-си|Bloomberg|Associated\s+Press|AFP|Франс\s+Пресс|Синьхуа|Xinhua|КазТАГ"
    r"|KazTAG|BNews|Sputnik(?:\s+(?:Казахстан|Kazakhstan))?|Спутник\s+Казахстан|Tengrinews|Лента\.ру|РБК|Коммерсант[ъа]?"
    r"|The\s+Guardian|The\s+New\s+York\s+Times|The\s+Times|Financial\s+Times|Forbes(?:\s+Kazakhstan)?|Новости-Казахстан|Azattyq|Азаттык|CNN|Deutsche\s+Welle|Euronews|АКИpress|Хабар(?:\s+24)?(?![а-яё])|КТК(?![А-Яа-яё]))"
)
_NAME = (
    rf"(?:{_KIND}\s+)?(?:{_QUOTED}|{_DOMAIN})|(?:{_KIND}\s+)?{_KNOWN_NAME}|(?:{_KIND})\s+[A-Z][\w.]+(?:\s+[A-Z][\w.]+)?"
)
_CREDITED = re.compile(
    rf"(?<!\w)(?:{_REFERENCE}|{_VERB})(?:\s+{_REFERENCE})?{_GO_BETWEEN}\s*(?P<name>{_NAME})", re.IGNORECASE
)
# Kazakh puts the name before the verb.
_CREDITED_BEFORE = re.compile(
    rf"(?P<name>{_NAME})(?:(?:\s+(?:агенттігі|порталы|сайты))?\s+(?:хабарлайды|хабарлады|жазады|деп\s+жазды)"
    r"|\s+(?:агенттігіне|порталына|сайтына|басылымына)\s+сілтеме\s+жаса\w+)",
    re.IGNORECASE,
)
# Where a credit may begin: the stems of its first words behind what is no letter, which a plain search finds fast.
_HINT = re.compile(
    r"\W(?:пере?да|сообщ|информиру|пиш|написа|рассказыва|уточня|отмеча|со\s+ссыл|ссыл|по\s+(?:дан|инф|сооб|све|мат)"
    r"|как\s+(?:пиш|соо|пер)|источник|об\s+этом|хабарла|жаза|деп\s+жаз)"
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
    if "хабарла" in lowered or "жаз" in lowered or "сілтеме" in lowered:
        matches += _CREDITED_BEFORE.finditer(text)
    matches += [found for match in matches if (found := _REFERS_ON.match(text, match.end("name")))]
    for match in sorted(matches, key=lambda found: found.start("name")):
        name = match["name"].strip()
        if not is_the_site(name) and _is_name(name) and not _is_title_of_a_work(match):
            return name
    return None


def _is_name(name: str) -> bool:
    """Whether the name itself, without kind and quotation marks, begins like one."""
    bare = re.sub(rf"^{_KIND}\s+", "", name, flags=re.IGNORECASE).strip('«»“”"„ ')
    return bool(bare) and (bare[0].isupper() or bare[0].isdigit() or "." in bare)


def _is_title_of_a_work(match: re.Match[str]) -> bool:
    """Whether the name in quotation marks is a work, not a source: ``он пишет «Войну и мир»``."""
    return match["name"][0] in '«“"„' and _WORK_VERB.match(match[0]) is not None


_WORK_VERB = re.compile(r"(?:пиш|написал|рассказ|уточня|отмеча)", re.IGNORECASE)
