"""Everything on a real page that is not its content: styles, scripts, data, icons, comments.

None of it shows. Some of it speaks of dates, on purpose.
"""

import json

from caravan_crawler.sample_site.dice import Dice
from caravan_crawler.sample_site.markup import Markup

VARIANTS = 4
"""Pages of one template differ in clutter, by article number."""

_HEAD_BYTES = (11_000, 14_000, 17_000, 20_000)
_FOOT_BYTES = (14_000, 15_000, 15_500, 16_000)

_PROPERTIES = (
    "display:flex", "margin:0 auto", "padding:12px 16px", "color:#1b1b1b", "line-height:1.45",
    "font-weight:600", "border-bottom:1px solid #e5e5e5", "background:#fff", "max-width:1180px",
    "justify-content:space-between", "transition:opacity .2s ease", "overflow:hidden", "position:relative",
)  # fmt: skip

_COUNTERS = (
    (
        "(function(m,e,t,r,i,k,a){m[i]=m[i]||function(){(m[i].a=m[i].a||[]).push(arguments)};"
        "m[i].l=1*new Date();"
        "k=e.createElement(t);a=e.getElementsByTagName(t)[0];k.async=1;"
        "k.src=r})(window,document,'script','/c.js','ym');"
    ),
    (
        "window.dataLayer=window.dataLayer||[];function gtag(){dataLayer.push(arguments);}"
        "gtag('js',new Date());"
        "gtag('config','G-SAMPLE',{'send_page_view':true,'build':'11-2019'});"
    ),
    (
        "var siteNow=new Date('2026-02-06T09:15:00+05:00');var lastVisit='2020-04-26';"
        "if(siteNow.getFullYear()>2025){document.documentElement.className+=' y2026';}"
    ),
    'var news_ticker={"updated":"06.02.2026","items":[{"d":"1 Января 2000","v":1234}]};',
    (
        "document.addEventListener('DOMContentLoaded',function(){"
        "var l=document.querySelectorAll('img[data-src]');"
        "l.forEach(function(i){new IntersectionObserver(function(e){i.src=i.dataset.src}).observe(i)})});"
    ),
)

_ICON = (
    "<symbol id='i{0}' viewBox='0 0 24 24'>"
    "<path d='M{0} 2C6.48 2 2 6.48 2 12s4.48 10 10 10 {1}-4.48 10-10S17.52 2 12 2z'/></symbol>"
)


def head_clutter(markup: Markup, variant: int) -> str:
    """Styles, counters and a block of data for the head, of the variant's size."""
    dice = Dice("clutter", markup.template.seed * VARIANTS + variant)
    parts = [_script(markup, text) for text in _COUNTERS]
    parts.append(markup.element("script", _theme_data(dice, 60), type="application/json", id="theme-data"))
    room = _HEAD_BYTES[variant] - sum(map(len, parts))
    parts.insert(2, markup.element("style", _styles(dice, room)))
    return "".join(parts)


def body_clutter(markup: Markup, variant: int) -> str:
    """Icons and a counter's picture, at the top of the body."""
    icons = "".join(_ICON.format(i, i * 3 + variant) for i in range(12))
    hidden = "position:absolute;left:-9999px"
    pixel = f"<noscript><div><img src='/counter.gif' style='{hidden}' alt=''></div></noscript>"
    sprite = markup.element("svg", icons, style="display:none", xmlns="http://www.w3.org/2000/svg")
    return f"{markup.indent}<!-- header:start 05.02.2026 -->{sprite}{pixel}"


def foot_clutter(markup: Markup, variant: int) -> str:
    """Late scripts, of the variant's size."""
    dice = Dice("late clutter", markup.template.seed * VARIANTS + variant)
    parts = [f"{markup.indent}<!-- footer: cached 2026-02-06 03:00:11 -->"]
    size = 0
    while size < _FOOT_BYTES[variant]:
        name = f"m{dice.below(9000)}"
        text = (
            f"window.{name}=function(a,b){{"
            f"var d=new Date(2000+b,{dice.below(12)},{dice.below(28)});"
            f"return a.filter(function(x){{return x.ts>d.getTime()+{dice.below(9999)}}})"
            f".map(function(x){{return "
            f"{{id:x.id,when:'{dice.below(28) + 1}.0{dice.below(9) + 1}.2019'}}}})}};"
        )
        parts.append(_script(markup, text * 3))
        size += len(text) * 3
    return "".join(parts)


def _script(markup: Markup, text: str) -> str:
    # Without a type: on generation 2 the first script that has one tells the month of publication.
    return f"{markup.indent}<script>{text}</script>"


def _styles(dice: Dice, size: int) -> str:
    rules: list[str] = []
    length = 0
    while length < size:
        declarations = ";".join(dice.pick(_PROPERTIES) for _ in range(3 + dice.below(3)))
        rule = f".c{dice.below(5000)} .b{dice.below(5000)}>a{{{declarations}}}"
        rules.append(rule)
        length += len(rule) + 1
    return "\n".join(rules)


def _theme_data(dice: Dice, entries: int) -> str:
    banners = [
        {"id": dice.below(90_000), "from": "2019-01-01", "until": "2030-12-31", "views": dice.below(5000)}
        for _ in range(entries)
    ]
    return json.dumps({"theme": "caravan", "version": "3.2.1", "date": "2018-07-04", "banners": banners})
