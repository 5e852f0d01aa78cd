"""Names of months and days as the site and its Kazakh edition print them, and as an English theme does."""

_FORMS = {
    1: "январь января янв қаңтар қаңт қаң january jan",
    2: "февраль февраля фев февр ақпан ақп february feb",
    3: "март марта мар мрт наурыз нау march mar",
    4: "апрель апреля апр сәуір сәу april apr",
    5: "май мая мамыр мам may",
    6: "июнь июня июн маусым мау june jun",
    7: "июль июля июл шілде шіл july jul",
    8: "август августа авг тамыз там august aug",
    9: "сентябрь сентября сен сент қыркүйек қыр september sep sept",
    10: "октябрь октября окт қазан қаз october oct",
    11: "ноябрь ноября ноя нояб қараша қар november nov",
    12: "декабрь декабря дек желтоқсан жел december dec",
}

#: Each form in lower case (nominative, genitive, abbreviations without a point) and its month.
MONTHS: dict[str, int] = {form: number for number, forms in _FORMS.items() for form in forms.split()}

#: A regular expression's alternatives of all the forms, the longest first; ``\w*`` takes Kazakh endings.
MONTH_PATTERN = "|".join(sorted(MONTHS, key=len, reverse=True))

WEEKDAY_PATTERN = (
    "понедельник|вторник|среда|среду|четверг|пятница|пятницу|суббота|субботу|воскресенье|пн|вт|ср|чт|пт|сб|вс|"
    "дүйсенбі|сейсенбі|сәрсенбі|бейсенбі|жұма|сенбі|жексенбі"
)

#: Words for a day near the fetch, and how many days before it they mean.
RELATIVE_DAYS = {"сегодня": 0, "бүгін": 0, "вчера": 1, "кеше": 1, "позавчера": 2, "алдыңгүні": 2}
