"""Names of months and days as the site and its Kazakh edition print them."""

_FORMS = {
    1: "январь января янв қаңтар қаңт қаң",
    2: "февраль февраля фев февр ақпан ақп",
    3: "март марта мар мрт наурыз нау",
    4: "апрель апреля апр сәуір сәу",
    5: "май мая мамыр мам",
    6: "июнь июня июн маусым мау",
    7: "июль июля июл шілде шіл",
    8: "август августа авг тамыз там",
    9: "сентябрь сентября сен сент қыркүйек қыр",
    10: "октябрь октября окт қазан қаз",
    11: "ноябрь ноября ноя нояб қараша қар",
    12: "декабрь декабря дек желтоқсан жел",
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
