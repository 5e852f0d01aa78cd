"""Chooses and assembles the page of an article."""

from caravan_crawler.sample_site.article import Article
from caravan_crawler.sample_site.frame import Frame
from caravan_crawler.sample_site.markup import Markup, escape
from caravan_crawler.sample_site.metadata import head_tags
from caravan_crawler.sample_site.page_amp import AmpPage
from caravan_crawler.sample_site.page_gen1 import Generation1Page
from caravan_crawler.sample_site.page_gen2 import Generation2Page
from caravan_crawler.sample_site.page_gen3 import Generation3Page
from caravan_crawler.sample_site.page_gen4 import Generation4Page
from caravan_crawler.sample_site.page_gen4_amp import SecondAmpPage
from caravan_crawler.sample_site.page_kazakh import KazakhPage


class ArticlePages:
    """The pages of all generations in one template."""

    def __init__(self, markup: Markup, frame: Frame, bare_frame: Frame) -> None:
        self._markup = markup
        self._frame = frame
        self._bare_frame = bare_frame
        self._generation2 = Generation2Page(markup)
        self._kazakh = KazakhPage(markup)
        self._amp = AmpPage(markup)
        self._second_amp = SecondAmpPage(markup)
        self._mains = {
            1: Generation1Page(markup).main,
            2: self._generation2.main,
            3: Generation3Page(markup).main,
            4: Generation4Page(markup).main,
        }

    def page(self, article: Article, base_url: str) -> bytes:
        """The article's own page."""
        head = head_tags(self._markup, article, base_url)
        if article.kazakh:
            return self._bare_frame.page(article.number, head, self._kazakh.main(article))
        if article.generation == 2:
            head = self._generation2.head(article) + head
        return self._frame.page(article.number, head, self._mains[article.generation](article))

    def amp(self, article: Article, base_url: str) -> bytes:
        """The article's AMP copy."""
        return self._amp.page(article, base_url)

    def second_amp(self, article: Article, base_url: str) -> bytes:
        """The article's AMP copy of the second form."""
        return self._second_amp.page(article, base_url)

    def attachment(self, article: Article) -> str:
        """The part of its own of the page of an article's photo, which has no text."""
        picture, markup = article.lead_image, self._markup
        assert picture is not None
        assert picture.page is not None
        name = picture.page.rstrip("/").rpartition("/")[2]
        image = f"<img{markup.attribute('src', picture.href)}{markup.attribute('alt', name)}>"
        back = markup.link(article.path, f"← {escape(article.headline)}")
        return "".join(
            (
                markup.element(markup.template.headline_tag, name, "attachment__title"),
                markup.element("p", markup.link(picture.href, image), "attachment"),
                markup.element("div", back, "nav-links"),
            )
        )
