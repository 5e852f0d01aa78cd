"""Labels: headings of boxes, buttons, notices, and what else is no sentence of a text."""

import re
from collections.abc import Callable
from functools import lru_cache

from caravan_crawler.pages.blocks import SUBHEADS, Block, Element, common_container

_LETTERS_AND_DIGITS = re.compile(r"[\W_]+")
_AROUND_LABEL = " :.!»→#-–—*"


@lru_cache(maxsize=512)  # a page's blocks are compared with its headline more than once
def fold(text: str) -> str:
    """Return ``text`` for comparing: lower case, ё as е, letters and digits only.

    A title and its headline differ in dashes and quotation marks, and so do a page and its AMP copy.
    """
    return _LETTERS_AND_DIGITS.sub("", text.casefold().replace("ё", "е"))


#: Heading of the trending block.
_TRENDING_HEADING = re.compile(r"(?:сейчас\s+)?в\s+тренде\s*[:.]?|трендте\s*:?", re.IGNORECASE)

#: Headings of lists of other news.
_OTHER_NEWS = (
    r"(?:новости|материалы)\s+(?:наших\s+)?партн[её]ров|новости\s+сети|сми\s?2|по\s+материалам\s+партн[её]ров"
    r"|(?:последние|свежие|главные|популярные|важные)(?:\s+(?:новости|записи|статьи|материалы|публикации)){0,2}(?:\s+(?:за|по|на)\s+\w+)?"
    r"|(?:самое\s+)?(?:популярное|читаемое|обсуждаемое|интересное|главное)(?:\s+(?:за|на|по|в)\s+(?:\w+\s+)?\w+|\s+сегодня)?"
    r"|(?:сейчас|чаще\s+всего|больше\s+всего|все)\s+(?:читают|обсуждают)|топ(?:[-\s]\d+)?(?:\s+(?:новостей|недели|дня|месяца))?"
    r"|выбор\s+редакции|лента(?:\s+новостей)?|(?:другие|новые)\s+(?:новости|материалы)"
    r"|(?:соңғы|басты|маңызды)\s+(?:жаңалықтар|материалдар|мақалалар)|танымал(?:\s+(?:жаңалықтар|материалдар|мақалалар))?|(?:ең\s+)?көп\s+оқыл\w+|серіктес\w*\s+жаңалықтары|қазір\s+оқ\w+\s+жат\w+"
)
_SEE_ALSO = (
    r"(?:читайте|читать|смотрите|смотри|см\.|узнайте)\s+(?:также|тоже|ещ[её]|по\s+теме|далее|подробнее)"
    r"|(?:материалы?|новости|статьи|ссылки|подробнее|больше|также|ещ[её]|ранее)\s+(?:по|на)\s+(?:эт[уо]й?\s+)?тем[уе]"
    r"|по\s+теме|ещ[её]\s+по\s+теме|похожее|ранее\s+мы\s+писали|что\s+ещ[её]\s+(?:по|про)?читать|не\s+пропустите"
    r"|(?:предыдущ|следующ)(?:ая|ий)\s+(?:новость|запись|статья|публикация|материал)"
    r"|(?:похож|друг|связанн|рекоменд|интересн|ещ[её])\w*\s+(?:новости|статьи|материалы|публикации|записи|посты)(?:\s+(?:раздела|рубрики|автора|по\s+теме))?"
    r"|вам\s+(?:также\s+)?(?:мо(?:жет|гут)(?:\s+быть)?|будет)\s+(?:интересно|понравиться)|вас\s+(?:также\s+)?мо(?:жет|гут)\s+заинтересовать"
    r"|(?:рекомендуем|советуем)(?:\s+(?:почитать|прочитать|также))?|интересное\s+по\s+теме"
    r"|читайте(?:\s+(?:наш\s+)?(?:материал|статью|новость|об\s+этом|подробнее))?|(?:содержание|оглавление|мазмұны|в\s+эт(?:ой|ом)\s+(?:статье|материале))(?:\s*\[?\s*(?:показать|скрыть|toggle|hide|show)\s*\]?)?"
    r"|тағы\s+(?:да\s+)?оқ\w+|сондай-ақ\s+оқ\w+|оқи\s+отырыңыз|(?:қатысты|ұқсас|басқа|тағы)\s+(?:жаңалықтар|материалдар|мақалалар)"
    r"|осы\s+тақырып\w*|тақырып(?:қа\s+орай|\s+бойынша)|сізге\s+(?:де\s+)?(?:ұнауы|қызықты\s+болуы)\s+мүмкін"
    r"|(?:related|similar|more)\s+(?:posts|articles|news|stories)(?:\s+from\s.{2,40})?|you\s+(?:may|might)\s+(?:also\s+like|have\s+missed)|(?:read|see)\s+also"
    rf"|{_OTHER_NEWS}"
)
#: Heading of a box of links to other articles or to the text's own parts.
_SEE_ALSO_HEADING = re.compile(rf"(?:{_SEE_ALSO})[\s:.…→»]*", re.IGNORECASE)

_COMMENTS = (
    r"комментари(?:и|ев|й)(?:\s*:?\s*\(?\d*\)?|\s+(?:facebook|вконтакте))?|(?:оставить|добавить|написать)\s+комментарий|\d+\s+комментари\w+(?:\s+к\s.{0,160})?"
    r"|(?:пока\s+)?нет\s+комментариев(?:\W.{0,40})?|комментариев\s+(?:пока\s+)?нет|комментарии\s+(?:отключены|закрыты)|оставить\s+отзыв"
    r"|(?:мнения|отзывы)\s+(?:читателей|посетителей)|всего\s+комментариев\s*:?\s*\d*|(?:показать|читать|смотреть|скрыть)\s+(?:все\s+)?комментарии(?:\s*\(?\d*\)?)?|алғашқы\s+пікір\w*\s.{0,40}"
    r"|пікір\w*(?:\s*\(?\d+\)?)?(?:\s+(?:қалдыр|жаз|білдір)\w+(?:\s+үшін\s.{0,60})?)?|жауап\s+(?:қалдыру|жазу)"
    r"|(?:(?:\d+|no|one)\s+)?comments?(?:\s*\(\d+\))?|(?:blog\s+)?comments\s+powered\s+by\s.{3,30}|(?:leave|add|post|write)\s+a\s+(?:reply|comment)|join\s+the\s+(?:conversation|discussion)"
    r"|(?:\d+|one|no)\s+(?:thoughts?|repl(?:y|ies)|responses?|comments?)(?:\s+(?:on|to)\s.{1,160})?"
)
#: Two or more words with capitals, as names have, and no sentence alone.
_NAMES = r"(?-i:[A-ZА-ЯЁӘІҢҒҮҰҚӨҺ]\w+(?:,?\s(?:и\s|және\s)?[A-ZА-ЯЁӘІҢҒҮҰҚӨҺ]\w+){1,5})"
_LABELS = re.compile(
    r"©.{1,80}|реклама(?:\s+на\s+сайте)?|на\s+правах\s+рекламы|цитата|подробнее\s+на\s+сайте\s*:?\s*\S*|партн[её]рский\s+материал|advertisement|жарнама|реклама[.,]?\s.{0,80}\berid\b.{0,40}"
    r"|(?:расскажите|рассказать)\s+друзьям|читайте\s+(?:также\s+)?нас\s*:?[\s|•,·/]*|(?:мы|читайте\s+нас)\s+в\s+google.{0,60}|читайте\s+наши\s+новости.{0,60}|поделиться(?:\s+.{0,40})?|поделитесь.{0,40}|бөлісу\s*:?|share"
    rf"|{_COMMENTS}"
    r"|(?:чтобы|для\s+того,?\s+чтобы)\s+(?:оставить|написать|добавить)\s+комментарий,?\s.{0,60}"
    r"|(?:войдите|авторизуйтесь|зарегистрируйтесь).{0,40}\sкомментари\w+.{0,20}|вы\s+должны\s.{0,40}\sкомментари\w+"
    r"|для\s+отправки\s+комментария\s.{0,60}"
    r"|(?:(?:оставлять|добавлять)\s+)?комментари\w+\s+могут\s+(?:оставлять\s+)?только\s.{0,60}|пікір\s+қалдыру.{0,60}"
    r"|(?:информация\s+)?посетители,?\s+находящиеся\s+в\s+группе\s.{0,90}|гости\s+не\s+могут\s+(?:оставлять|добавлять)\s+комментарии.{0,20}|будьте\s+первым,?\s+кто\s.{0,30}(?:комментари|оцени)\w+.{0,20}|если\s+вы\s+видите\s.{0,80}комментари\w+"
    r"|(?:вернуться|возврат|назад)\s+(?:к\s+списку|в\s+раздел).{0,30}|все\s+(?:новости|материалы)(?:\s+(?:раздела|рубрики|автора))?"
    r"|«?\s*артқа|басып\s+шығару|басты\s+бет(?:ке)?|(?:мне\s+)?нравится|скачать\s+pdf|мы\s+в\s+соц(?:иальных\s+)?\s?сетях.{0,20}|загрузка|слушать|(?:смотреть\s+)?(?:галере[яю]|все\s+фото)"
    r"|загру(?:жаем|жается|жаются|зка)\s[^.!?]{0,40}(?:…|\.\.\.)|(?:фото\s+)?\d+\s+из\s+\d+|1\s+/\s+\d{1,2}|(?:отправить|послать)\s+ссылку(?:\s+другу)?"
    r"|.{0,80}подпи(?:шись|шитесь|сывай(?:ся|тесь))\s+на\s+на(?:ш|с).{0,60}|.{0,30}подписка\s+на\s+новости.{0,60}"
    r"|читайте\s+[«\"].{2,20}[»\"]\s+в\s.{0,40}|подписывайтесь.{0,80}|подпиши(?:те)?сь.{0,80}|.{0,60}\s[–—-]\s+в\s+нашем\s+(?:\S+-?)?канале|подписаться.{0,60}|присоединяйтесь.{0,80}|жазылыңыз.{0,60}"
    r"|.{0,70}(?:whatsapp|telegram|телеграм\w*|instagram|facebook|tiktok|youtube)[.?!]\s+(?:подпи(?:шитесь|сывайтесь)|присоединяйтесь).{0,60}"
    r"|оформите\s+подписку,?\s.{0,100}|поддержите\s+(?:редакцию|нас|наш\w*\s+\w+)\s*(?:[:.!–—]|,\s+оформ).{0,90}"
    r"|(?:(?:эту|этот|эта|это|данную)\s+)?(?:статью|новость|запись|материал|статья)\s+(?:можно\s+)?(?:также\s+)?(?:прочитать|читать|доступ\w+)\s+(?:также\s+)?(?:на\s+(?:русском|казахском)|на\s*:).{0,30}"
    rf"|\(?(?:(?:жауапты|шеф-?|выпускающ\w+|ответственн\w+|литературн\w+)\s*)?(?:редактор\w*|корректор\w*|в[её]рстка|дизайн(?:ер)?|монтаж|перевод(?:чик)?|продюсер|оператор)\s*:\s{_NAMES}\)?"
    r"|бұл\s+(?:жазба|мақала|материал|жаңалық)\w*\s.{0,20}тіл\w+\s(?:де\s+)?(?:бар|қолжетімді)\s*:.{0,30}"
    r"|.{0,60}(?:арна(?:лары)?мызға|парақшамызға|каналымызға)\s+(?:жазыл|қосыл)ыңыз.{0,40}|поддержать(?:\s+\w+){0,2}|toggle"
    r"|(?:если\s+)?(?:(?:у\s+вас|вы)\s+)?(?:хотите|стали|есть)\s.{0,60}(?:пишите|присылайте|звоните)\s.{0,80}"
    r"|рассылка\s*:.{0,60}\sподпи\w+|(?:примерное\s+)?время\s+чтения\s*:.{1,20}|(?:у\s+вас\s+)?есть\s+новость\W*|напишите\s+нам(?:\s+\S+){0,3}|(?:жаңалықтар\w*|хабар\w*|бізді)\s.{0,60}(?:арна|парақша|желі|telegram|whatsapp)\S*\s.{0,20}оқы\w+"
    r"|теги|метки|тэги|тегтер|tags|(?:рас)?печат(?:ь|ать)(?:\s+(?:статью|новость|страницу))?|(?:версия\s+)?для\s+печати|поделились"
    r"|(?:информация|сведения)\s+о\s+материале|(?:мақала|материал)\s+туралы|(?:ваша\s+)?реакци[яи]\W*"
    r"|(?:послать|отправить)\s+другу|наверх|(?:<-\s*)?(?:вернуться\s+)?назад(?:\s+к\s.{2,20})?|(?:адрес|оригинал|ссылка\s+на)\s+(?:стать\w|страниц\w|материала?|новост\w)\s*:.{0,100}|закрыть(?:\s+окно)?|впер[её]д|[←«]?\s*предыдущая\W*следующая\s*[→»]?|читать\s+(?:далее|полностью)(?:\s+на\s+сайте)?|главная|показать\s+ещ[её]|загрузить\s+ещ[её]"
    r"|оцените\s+.{0,40}|понравил(?:ась|ось)\s+.{0,30}|★[★☆\s]*|\(?\s*пока\s+оценок\s+нет\s*\)?|(?:рейтинг|оценка)\s*:?\s*[\d.,/\s()]*"
    r"|яндекс\.директ|помогите\s+нам\s.{0,40}|(?:.{0,60}\s)?(?:оформите|сделайте)\s.{0,30}пожертвовани\w+.{0,40}|за\s+новость\s+платим.{0,40}|(?:звоните|(?:прислать|предложить)\s+новость)\s*:\s*[+\d][\d\s()-]{5,20}"
    r"|(?:средняя(?:\s+оценка)?|голосов|проголосовало)\s*:?.{0,30}|\(?\d+\s+голос\w*\)?"
    r"|(?:если\s+вы\s+)?(?:нашли|обнаружили|заметили|увидели)\s+(?:ошибку|опечатку).{0,80}|қате\s+(?:тап|көр|байқа)\w+.{0,80}"
    r"|(?:свои\s+)?(?:новости|фото|видео|сообщения|истории)[\w\s,]{0,40}\s(?:присылайте|отправляйте)\s.{0,60}|(?:мы\s+)?жд[её]м\s+ваших\s.{0,80}|достарыңызбен\s+бөліс.{0,20}"
    r"|.{0,60}(?:пишите|делитесь|оставляйте)\s(?:\w+\s){0,2}в\s+комментариях.{0,20}|ставьте\s+лайк.{0,40}|жаңалық\s+жіберу\w*.{0,40}|https?://(?:www\.)?(?:youtube\.com|youtu\.be|rutube\.ru|vk\.com|t\.me|instagram\.com)/\S+"
    r"|(?:не\s+)?(?:нравится|смешно|удивительно|печально|грустно|злит|восхищает|пугает|радует|супер|ого)\s*:?\s*\d+"
    r"|(?:біздің\s+)?\S*(?:арна|канал|парақша)\w*\s+(?:жазылыңыз|қосылыңыз|тіркеліңіз).{0,30}|бізді\s+\S+\s+(?:оқыңыз|қараңыз|іздеңіз).{0,30}|бізге\s+жазыл\w+.{0,30}|хабарлама\s+жіберу|редакциядан"
    r"|жаңалықтарды\s+бірінші\s+.{0,40}|.{0,40}достарыңызбен\s+бөлісіңіз\W*|скриншот\s+(?:с\s+)?видео.{0,30}|кадр\s+из\s.{3,40}|сурет\w*\s.{3,40}\sалын\w+|оставайтесь\s+(?:с\s+нами|на\s+связи|в\s+курсе).{0,80}|будьте\s+в\s+курсе\s.{0,80}|напоминаем,?\s+что\s+комментари\w+\s.{0,60}"
    r"|обсудить\s+(?:на\s+форуме|в\s.{3,40}|(?:эту\s+)?(?:новость|статью|тему)\s.{0,60})|поддержите\s+(?:нас|редакцию)|скачать\s+(?:мобильное\s+)?приложение.{0,40}"
    r"|(?:редакция|газета)\s+[«\"]?(?:каравана?|caravan\.kz)[»\"]?|материал\s+подготовлен\s+редакцией.{0,20}|(?:газета\s+)?[«\"]?караван[»\"]?,?\s*№\s*\d+.{0,40}"
    r"|выделите\s+.{0,60}ctrl.{0,30}|читайте\s+(?:нас|также\s+нас)\s+в\s.{0,60}|больше\s+новостей.{0,80}"
    r"|(?:установите|скачайте)\s+наше\s+приложение.{0,40}|(?:біздің\s+)?қосымша\w*\s+жүкте\w+.{0,60}"
    r"|наведите\s+камеру\s.{0,60}|(?:скачать|смотреть|слушать|открыть|читать)\s+(?:в|на)\s+(?:app\s?store|google\s?play|rutube|youtube|spotify|soundcloud|threads|яндекс\S*).{0,20}|просмотр\w*\s*:?\s*\d[\d\s]*|\d+\s+просмотр\w*"
    r"|(?:посмотреть|показать|открыть)\s+(?:эт[оу]т?\s+)?(?:(?:публикацию|пост|запись|видео|твит|фото)\s+)?в\s+(?:instagram|telegram"
    r"|tiktok|threads|twitter|facebook|вконтакте|x)|(?:смотреть|включить)\s+видео|view\s+this\s+post\s+on\s+instagram|pic\.twitter\.com/\S+|https?://t\.co/\S+"
    r"|(?:публикация\s+от|a\s+post\s+shared\s+by)\s.{1,90}"
    r"|[—–-]\s.{1,60}\(@\w{1,40}\)\s.{4,40}|(?:опубликовано|posted\s+by)\s.{0,60}facebook.{0,30}"
    r"|♬\s.{1,80}|наш(?:и)?\s+(?:канал|телеграм|telegram).{0,60}|прокрутить\s+вверх|скрыть|показать|развернуть|свернуть|(?:показать|читать|развернуть)\s+(?:полностью|текст)|(?:эл\.|электронная)\s+почта"
    r"|(?:добавить\s+)?в\s+(?:закладки|избранное)|крупнее|мельче|(?:размер\s+)?шрифта?|(?:(?:decrease|increase)?\s*font\s+size\s*){1,3}|сообщить\s+об\s+ошибке.{0,80}|(?:статья|новость)\s+голосом.{0,12}|какие\s+эмоции\s.{0,90}|сізге\s+ұнады\s+ма\W*|вам\s+понравил\w+.{0,40}\?|как\s+вам\s+(?:эта\s+)?(?:новость|статья|публикация)\W*|(?:фото\w*|изображени\w+)\s+(?:\w+\s+){0,2}иллюстративн\w+(?:\s+характер\w*)?|задать\s+вопрос|(?:кратко|коротко|пересказ\w*)\s+(?:от|с\s+помощью)\s+(?:ии|нейросет\w+|\w*gpt)|внимание\W+материал\s+содержит\s.{0,90}|была\s+ли\s+(?:эта\s+)?(?:статья|новость|публикация)\s+полезн\w+.{0,40}|\d\d?:\d\d\s*/\s*\d\d?:\d\d"
    r"|следите\s+за\s+(?:нами|нашими|новостями).{0,80}|(?:про|по)?слушать\s+(?:эту\s+)?(?:новость|статью)|(?:с)?копировать\s+ссылку|страницы?\s*:[\d\s]+|страница\s+\d+\s+из\s+\d+"
    rf"|{_OTHER_NEWS}",
    re.IGNORECASE,
)
_NETWORKS = frozenset("whatsapp telegram facebook twitter vk вконтакте instagram tiktok одноклассники x".split())
_COMMENTS_LABEL = re.compile(_COMMENTS, re.IGNORECASE)
_END_LABELS = re.compile(
    rf"{_COMMENTS}|добавить\s+(?:комментарий|сообщение).{{0,40}}|свежие\s+комментарии|об\s+авторе|автор(?:\s+(?:статьи|туралы))?"
    r"|похожие\s+(?:новости|статьи|материалы|записи)|последние\s+новости|популярн\w+(?:\s+новости)?|самое\s+читаемое"
    r"|новости\s+партн[её]ров|другие\s+(?:новости|материалы)|навигация\s+по\s+записям|(?:предыдущая|следующая)\s+\w+"
    r"|about\s+(?:the\s+)?author|post\s+navigation|(?:previous|next)\s+(?:post|article|story)"
    r"|(?:related|similar|recent|latest|popular|more)\s+(?:posts|articles|news|stories|comments)",
    re.IGNORECASE,
)
_RIGHTS = re.compile(
    r"\(c\)\s*\d{4}|любое\s+копирование\s.{0,60}разрешени|все\s+права\s+защищены|барлық\s+құқықтар|редакция\s+не\s+нес[её]т"
    r"|не\s+является\s+(?:публичной\s+)?офертой|материал\w*\s+(?:көшіріп|көшірген|пайдалан)\w*.{0,40}\s(?:гипер)?сілтеме"
    r"|мнение\s+автор\w+\s+(?:может|могут)\s+не\s+совпадать|свидетельство\s+о\s+постановке|по\s+вопросам\s+(?:размещения\s+)?рекламы"
    r"|^авторские\s+права\s*:|^(?:(?:proudly\s+)?powered|theme|design(?:ed)?)\s+by\s|материалы\s.{0,30}распространяются\s+по\s+лицензии|вы\s+зашли\s+на\s+сайт\s+как\s+незарегистрированный\s+пользователь",
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
    r"|(?:перепечатк\w+|(?:использование|копирование)\s+материалов|при\s+(?:перепечатке|(?:использовании|копировании|цитировании|работе\s+с)\s+материал(?:ов|ами))"
    r"|мнение\s+редакции)\s",
    re.IGNORECASE,
)
#: One of these is in every text that the three expressions above know; most texts have none.
_OF_IMPRINTS = (
    "©|(c)|прав|лицензи|құқық|редакци|свидетельств|реклам|перепечатк|гиперссылк|материалов|редактор|учредитель|собственник"
    "|конфиденциальн|офертой|сілтеме|мнение автор|незарегистрированный|powered by|theme by|design by|designed by"
).split("|")
#: Letters of a line that only says whose something is; those before or behind its ``©``.
_LONGEST_LINE_OF_RIGHTS, _LONGEST_BEFORE_RIGHTS = 100, 40
_YEAR = re.compile(r"(?:19|20)\d\d")
_ADVERT_LABEL = re.compile(
    r"(?:на\s+правах\s+)?реклам[аы]|advertisement|жарнама|партн[её]рский\s+материал", re.IGNORECASE
)


def _whole(pattern: re.Pattern[str], longest: int, around: str | None = None) -> Callable[[str], bool]:
    """Return a function that says whether a whole block is a label; the same stand on many pages."""

    @lru_cache(maxsize=2048)
    def is_whole(text: str) -> bool:
        return len(text) < longest and pattern.fullmatch(text.strip(around)) is not None

    return is_whole


#: Heads the trending block; the first piece of a block may, too.
is_trending_heading = _whole(_TRENDING_HEADING, 40)
#: Heads a box of links to other articles.
is_see_also = _whole(_SEE_ALSO_HEADING, 60)
_is_label = _whole(_LABELS, 120, _AROUND_LABEL)
#: Heads what stands behind an article: comments, other news.
is_end_label = _whole(_END_LABELS, 200, " :.!»→←")
#: Heads the readers' comments, which are never part of an article.
is_comments_label = _whole(_COMMENTS_LABEL, 40, " :.!»→")
#: Does nothing but label an advert.
is_advert_label = _whole(_ADVERT_LABEL, 40, _AROUND_LABEL)


def is_label(text: str) -> bool:
    """Whether a whole block is a label such as ``Поделиться`` or ``Реклама``."""
    return _is_label(text) or is_network(text)


def is_network(text: str) -> bool:
    """Whether a whole block names a social network, as buttons do; and subheads of articles about one."""
    return len(text) < 20 and text.strip(_AROUND_LABEL).casefold() in _NETWORKS


#: The label of an article's tags, and the commas between them.
_LABEL_OF_TAGS = re.compile(r"(?:tagged(?:\s+in)?|теги|тэги|метки|помечен\w*|тегтер|tags)[\s:,|/]*", re.IGNORECASE)


def is_label_with_links(block: Block) -> bool:
    """Whether a block is a label and the links it heads, or links that are labels.

    ``Поделиться: Telegram WhatsApp``, ``Версия для печати | Послать другу``.
    """
    if len(block.pieces) < 2 or not block.has_links:
        return False
    outside = " ".join("".join(text for text, link, _ in block.pieces if link is None).split())
    if any(map(str.isalnum, outside)):
        return is_label(outside) or _LABEL_OF_TAGS.fullmatch(outside) is not None
    texts = [text for text, _ in block.linked_texts()]
    return len(texts) > 1 and any(map(is_label, texts))


@lru_cache(maxsize=1024)
def is_colophon(text: str) -> bool:
    """Whether a block is about rights and registration, as in a page's foot."""
    if len(text) >= 600 or not any(map(text.lower().__contains__, _OF_IMPRINTS)):
        return False
    if _RIGHTS.search(text) or _IMPRINT_START.match(text) or ("©" in text and _has_line_of_rights(text)):
        return True
    return len(_IMPRINT.findall(text)) > 1


def _has_line_of_rights(text: str) -> bool:
    """Whether a text says whose something is, with other lines about it, as an address, and no sentence."""
    lines = text.splitlines()
    return any(map(_says_whose_it_is, lines)) and (len(lines) == 1 or not any(map(is_sentence, lines)))


def _says_whose_it_is(text: str) -> bool:
    """Whether a text begins with ``©`` and a name or a year, and says little else; a paragraph may have it, too."""
    before, sign, name = text.partition("©")
    if not sign or len(before) > _LONGEST_BEFORE_RIGHTS or name.lstrip()[:1].islower():
        return False
    is_line = len(text) < _LONGEST_LINE_OF_RIGHTS and not (before and is_sentence(text))
    return is_line or _YEAR.search(before + name[:_LONGEST_BEFORE_RIGHTS]) is not None


_SHORTCODES = re.compile(r"(?:\[caption\s[^\[\]]*\][^\[\]]*\[/caption\]\s*|\[/?[a-z][\w\-]*(?:\s[^\[\]]*)?\]\s*)+")
_OF_WORD = re.compile(r"/\*\s*Style\s+Definitions|\bmso-[a-z\-]+:")


def is_markup(text: str) -> bool:
    """Whether a whole block is what programs leave behind: shortcodes of a removed plugin, styles pasted from Word."""
    return (text[0] == "[" and _SHORTCODES.fullmatch(text) is not None) or (
        ("mso-" in text or "/*" in text) and _OF_WORD.search(text) is not None
    )


def is_list_of_links(block: Block) -> bool:
    """Whether a block is several links with nothing but commas or ``#`` between them."""
    outside = {text.strip() for text, link, _ in block.pieces if link is None}
    return outside <= {"", ",", "#"} and len(block.linked_texts()) > 1


def is_passed_over(block: Block) -> bool:
    """Whether a block between headline and text is neither a fact nor text: a caption, a button, breadcrumbs."""
    start = block.text[:_LONGEST_ORNAMENT]
    is_said = any(map(str.isalpha, start)) and ends_sentence(start)  # as in an interview
    return (
        (sum(map(str.isalnum, start)) < _FEWEST_LETTERS and not is_said)
        or block.zone in ("nav", "form", "figcaption")
        or is_markup(block.text)
        or is_see_also(block.text)
        or is_label(block.text)
        or is_label_with_links(block)
        or (block.is_all_links and (len(block.text) < 60 or not is_sentence(block.text)))
    )


_STOPS, _OPEN_ENDS, _CLOSING_QUOTES = frozenset(".!?…。！？"), frozenset(":;"), frozenset('»”"')
#: Letters and digits of a text, at whose beginning they are; one or two letters in a circle stand for a portrait.
_FEWEST_LETTERS, _LONGEST_ORNAMENT = 3, 200
#: Letters of a section's name or a button; blocks of a card with a headline and little else.
LONGEST_SECTION, _MOST_OF_CARD = 30, 4
#: Blocks of the card of another article with its own excerpt.
_LARGEST_CARD = 8
#: Letters of a sentence.
_SHORTEST_SENTENCE = 60


def ends_sentence(text: str) -> bool:
    """Whether a text ends as a sentence does."""
    text = text.rstrip()
    last = text[-1:]
    return last in _STOPS or last in _OPEN_ENDS or (last in _CLOSING_QUOTES and text[-2:-1] in _STOPS)


def is_sentence(text: str) -> bool:
    """Whether a text reads like a paragraph: it is long enough and ends as a sentence does."""
    return len(text) >= _SHORTEST_SENTENCE and ends_sentence(text)


def is_prose(block: Block) -> bool:
    """Whether a block reads like a paragraph, not all of it a link."""
    return is_sentence(block.text) and not block.is_all_links


def is_of_card(title: Block, block: Block) -> bool:
    """Whether a line stands right under the linked headline of another article, in an element with it."""
    card = common_container(title, block)
    return title.link is not None and len(title.text) > LONGEST_SECTION and card.last - card.first <= _MOST_OF_CARD


def is_in_other_article(block: Block, headline: Block, blocks: list[Block]) -> bool:
    """Whether a block stands in the card of another article: a small ``article`` with a linked heading before it."""
    card = _article_around(block)
    if card is None or card.last - card.first > _LARGEST_CARD or headline.is_within(card):
        return False
    linked = (other for other in blocks[card.first : block.index + 1] if other.tag in SUBHEADS and other.is_all_links)
    return any(_article_around(other) is card for other in linked)


def _article_around(block: Block) -> Element | None:
    return next((each for each in block.element.around if each.tag == "article"), None)


def box_under(heading: Block, blocks: list[Block]) -> Element | None:
    """Return the largest element without a paragraph that begins with a heading and has more blocks; else None."""
    found = None
    before = blocks[heading.index - 1] if heading.index else None
    for element in heading.element.around:
        if (before and before.is_within(element)) or any(map(is_prose, blocks[element.first : element.last])):
            break
        found = element
    return found if found is not None and found.last > heading.index + 1 else None
