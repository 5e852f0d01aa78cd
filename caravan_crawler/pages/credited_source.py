"""The source that a text credits: an agency, a paper or a site."""

import re

from caravan_crawler.pages.bylines import is_the_site

_VERB = (
    r"(?:пере(?:да[её]т|дают|дал[аио]?|давал[аио]?)|сообща(?:ет|ют|л[аио]?)|сообщил[аио]?(?:\s+об\s+этом)?|информиру(?:ет|ют)"
    r"|пиш(?:ет|ут)|(?:на)?писал[аио]?"
    r"|рассказыва(?:ет|ют)|утвержда(?:ет|ют)|уточня(?:ет|ют)|отмеча(?:ет|ют)|привод(?:ит|ят)\s+(?:описание|слова|данные|мнение|комментарий)|(?:деп\s+)?(?:хабарлайды|хабарлады|жазады)|деп\s+жазды)"
)
_REFERENCE = (
    r"(?:(?:со\s+)?ссылк(?:ой|у)\s+на|ссылаясь\s+на|по\s+(?:данным|информации|сообщению|сведениям|материалам)"
    r"|как\s+(?:пишет|сообщает|переда[её]т|передавал[аои]?)"
    r"|(?:(?:перво)?источник|дереккөз\w*)\s*[:\-–—]|source\s*:|об\s+этом\s+(?:сообщает|пишет|переда[её]т))"
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
    r"|(?:Перв|Седьм|Пят)\w+\s+канал\w*(?:\s+Евразия)?|Almaty\s+TV|(?-i:[A-Z][a-z]+[A-Z]\w+)(?!\.?\w)|Egemen\s+Qazaqstan|Qazaqstan|(?-i:[A-Z][\w.\-]*(?:\s[A-Z][\w.\-]*){0,2}"
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
    r"|(?:\s+(?:ақпараттық|халықаралық))?(?:\s+тілшісіне)?(?:\s+(?:хабарлайды|хабарлады|жазады|жазды|деп\s+жазды))"
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
    r"\W(?:пере?да|сообщ|информиру|пиш|писа|написа|рассказыва|утвержда|уточня|отмеча|привод|со\s+ссыл|ссыл|по\s+(?:дан|инф|сооб|све|мат)"
    r"|как\s+(?:пиш|соо|пер)|(?:перво)?источник|дереккөз|source|об\s+этом|хабарла|жаза|деп\s+жаз)"
)
#: Stems of the words behind a name in Kazakh; letters of a name with its kind, and of the rest of the words.
_HINT_BEHIND = re.compile("хабарла|жазды|жазады|жазуы|сілтеме|інше|ынша")
_LONGEST_SOURCE, _LONGEST_ENDING = 140, 20
#: Words of a source behind its label.
_MOST_WORDS_OF_SOURCE = 5
_WORK_VERB = re.compile(r"(?:пиш|написал|рассказ|уточня|отмеча)", re.IGNORECASE)
_LABEL_OF_SOURCE = re.compile(
    r"(?:(?:перво)?источник(?:\s+(?:новости|информации|материала|статьи))?|ссылка\s+на\s+источник|source|дереккөз\w*)\s*(?::|\s[–—-](?=\s))"
    rf"|^(?:по\s+(?:материалам|информации|данным)|источник)\s(?=(?:(?-i:[A-ZА-ЯЁ«])\S*(?:\s\S+){{0,2}}|{_DOMAIN})$)",
    re.IGNORECASE,
)
#: An office whose name begins with a small letter.
_OFFICE = re.compile(r"пресс-служб|министерств|департамент|управлени|комитет|акимат|әкімдік|баспасөз")
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


def is_bare_source_label(line: str) -> bool:
    """Whether a whole line is the label of a source, which stands in the next one: ``Источник``."""
    return line.rstrip(":").strip().casefold() in ("источник", "первоисточник", "дереккөз")


def names_source(text: str) -> bool:
    """Whether a line is a label and a source: ``Источник: Tengrinews.kz``."""
    return len(text) < _LONGEST_SOURCE and _LABEL_OF_SOURCE.match(text) is not None


def labelled_source(line: str) -> str | None:
    """Return the source that a labelled line names: an agency or a site in any form, or any short name."""
    name = (line.partition(":")[2] or line.partition(" ")[2]).strip()
    is_named = not name[:1].islower() or _OFFICE.match(name) is not None
    is_name = is_named and len(name.split()) <= _MOST_WORDS_OF_SOURCE and not name.endswith((".", ":"))
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
