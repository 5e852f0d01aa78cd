"""Parts that article pages of several generations share."""

from caravan_crawler.sample_site.article import Article
from caravan_crawler.sample_site.body_html import BodyWriter, with_noise
from caravan_crawler.sample_site.markup import Markup, escape
from caravan_crawler.sample_site.slugs import slug


class ArticleParts:
    """Writes the pieces around a body; each is empty where the article has no such piece."""

    def __init__(self, markup: Markup, writer: BodyWriter, paragraph_tag: str) -> None:
        self.markup = markup
        self.writer = writer
        self._tag = paragraph_tag

    def lede(self, article: Article) -> str:
        """The lede; every other page without one leaves its element empty instead of leaving it out."""
        if article.opening.lede is None and article.number % 2:
            return ""
        text = escape(article.opening.lede_source)
        return self.markup.element(self._tag, with_noise(text) if article.noisy else text, "lede")

    def image(self, article: Article) -> str:
        """The picture over the body, without its credit."""
        return self.writer.picture(article.lead_image, article.headline) if article.lead_image else ""

    def credit(self, article: Article, label: str = "Фото - ") -> str:
        """The text of the photo credit."""
        credit = article.front.photo_credit
        return label + escape(credit) if credit else ""

    def figure(self, article: Article, label: str = "Фото - ") -> str:
        """Picture and credit together."""
        credit = self.credit(article, label)
        caption = self.markup.element("figcaption", credit, "credit") if credit else ""
        content = self.image(article) + caption
        return self.markup.element("figure", content, "lead-image") if content else ""

    def author(self, article: Article) -> str:
        """The author's line, which ends the body."""
        if article.author_line is None:
            return ""
        line = escape(article.author_line)
        content = f"<strong>{line}</strong>" if article.number % 2 else line
        return self.markup.element(self._tag, content, "author" if self._tag == "div" else "")

    def pages(self, article: Article) -> str:
        """Links to the other pages of an article of several; every second one's pages have only the next."""
        if article.parts == 1:
            return ""
        if article.number % 2 == 0:
            if article.part == article.parts:
                return ""
            href = self.markup.attribute("href", f"{article.path}{article.part + 1}/")
            return self.markup.element("div", f"<a{self.markup.attribute('rel', 'next')}{href}>Далее</a>", "page-links")
        links = [
            str(part)
            if part == article.part
            else self.markup.link(article.path if part == 1 else f"{article.path}{part}/", str(part))
            for part in range(1, article.parts + 1)
        ]
        return self.markup.element("p", f"Страницы: {' '.join(links)}", "page-links")

    def tags(self, article: Article) -> str:
        """The article's own topics."""
        if not article.tags:
            return ""
        rel = self.markup.attribute("rel", "tag") if self.markup.template.seed == 0 else ""
        links = " ".join(
            f"<a{rel}{self.markup.attribute('href', f'/tag/{slug(tag)}/')}>{escape(tag)}</a>" for tag in article.tags
        )
        return self.markup.element("div", links, "tags")
