"""The page of contacts: prose that is no article."""

from caravan_crawler.sample_site.markup import Markup

_PARAGRAPHS = (
    "Это учебная копия новостного сайта. Все тексты на ней выдуманы, совпадения имён случайны.",
    "Письма читаем по будням с 9:00 до 18:00 и отвечаем в течение трёх дней.",
    "Редакция не возвращает рукописи и не вступает в спор о вкусах, но опечатки исправляет сразу.",
)


def contacts_html(markup: Markup) -> str:
    """A title and three paragraphs."""
    tag = markup.template.paragraph_tag
    text = "".join(markup.element(tag, paragraph) for paragraph in _PARAGRAPHS)
    return markup.element("h1", "Контакты", "page-title") + text
