"""The menus: links to sections, topics and everything a crawler should leave alone."""

from collections.abc import Iterable

from caravan_crawler.sample_site.article import all_topics
from caravan_crawler.sample_site.layout import KAZAKH
from caravan_crawler.sample_site.markup import Markup, escape
from caravan_crawler.sample_site.slugs import slug

SECTION_NAMES = {
    "news": "Новости",
    "gazeta": "Газета",
    "sport": "Спорт",
    "art": "Культура",
    "crime": "Криминал",
    KAZAKH: "Жаңалықтар",
    "analytics": "Аналитика",
    "world": "В мире",
    "society": "Общество",
    "podcasts": "Подкасты",
    "culture": "Культура",
}
CONTACTS = "/info/kontakty/"

_ELSEWHERE = (
    ("https://kaz.caravan.kz/", "Қазақша"),
    ("https://static.caravan.kz/pdf/price.pdf", "Прайс"),
    ("https://www.facebook.com/caravan.kz", "Facebook"),
    ("https://www.instagram.com/caravan.kz/", "Instagram"),
    ("https://t.me/caravankz", "Telegram"),
    ("mailto:info@caravan.example", "Написать нам"),
    ("tel:+77270000000", "Позвонить"),
    ("javascript:void(0)", "Меню"),
    ("#top", "Наверх"),
)


def menu_html(markup: Markup, sections: Iterable[str]) -> str:
    """The visible menu: it stands before the masthead, in ``nav`` where the template has such tags."""
    links = [("/", "Главная")]
    links += [(f"/{section}/", SECTION_NAMES[section]) for section in sections]
    links += [(CONTACTS, "Контакты"), ("/search/?q=", "Поиск"), ("/search/?q=акимы", "Акимы")]
    links += _ELSEWHERE
    items = "".join(_item(markup, href, name) for href, name in links)
    logo = f"<img{markup.attribute('src', '/wp-content/themes/caravan/img/logo.svg')} alt='' width='180'>"
    home = markup.link("/", logo, "logo")
    html5 = markup.template.skeleton == "html5"
    menu = markup.element("nav" if html5 else "div", f"<ul>{items}</ul>", "menu")
    return markup.element("header" if html5 else "div", home + menu, "header")


def hidden_menu_html(markup: Markup) -> str:
    """The menu that opens on phones, with every topic in it; it is not shown."""
    links = [(f"/tag/{slug(topic)}/", topic) for topic in all_topics()]
    items = "".join(_item(markup, href, name) for href, name in links)
    return markup.element("div", f"<ul>{items}</ul>", "mobile-menu", style="display:none", hidden="hidden")


def _item(markup: Markup, href: str, name: str) -> str:
    return markup.element("li", markup.link(href, escape(name), "menu__link"))
