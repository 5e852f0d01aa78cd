"""Expected record of an article."""

from typing import Any
from urllib.parse import urljoin

from caravan_crawler.sample_site.article import Article
from caravan_crawler.sample_site.plan import Reach
from caravan_crawler.sample_site.story import (
    Block,
    BulletList,
    DataTable,
    Link,
    Paragraph,
    Picture,
    Quotation,
    Subheading,
)


def expected_record(article: Article, base_url: str) -> dict[str, Any]:
    """Return the record: times with Almaty's offset at that date, absolute URLs.

    If only a short link without the article's own path leads to it, ``url`` is that link and ``section`` is None.
    """
    unnamed = article.reach is Reach.SHORT_LINK
    front = article.front
    own = f"?p={article.article_id}" if unnamed else article.path[1:]
    pictures = [picture for picture in (article.lead_image, *article.blocks) if isinstance(picture, Picture)]
    paragraphs = [block for block in article.blocks if isinstance(block, Paragraph)]
    links = [run for paragraph in paragraphs for run in paragraph.runs if isinstance(run, Link)]
    return {
        "article_id": article.article_id,
        "url": base_url + own,
        "section": None if unnamed else article.section,
        "language": "kk" if article.kazakh else "ru",
        "headline": article.headline,
        "lede": article.opening.lede,
        "body": "\n\n".join(_paragraphs(article.blocks)),
        "date_published": front.date_published,
        "published_at": front.published_at,
        "date_published_raw": front.date_raw or (front.stamp.isoformat() if front.stamp else None),
        "views": front.views,
        "views_raw": _views_raw(article),
        "photo_credit": front.photo_credit,
        "source": article.opening.source,
        "authors": article.authors,
        "tags": article.tags,
        "images": [urljoin(base_url, picture.href) for picture in pictures],
        "links": [{"text": link.text, "url": urljoin(base_url, link.href)} for link in links],
    }


def _views_raw(article: Article) -> str | None:
    views = article.front.views
    if views is None:
        return None
    return f"{views:,}".replace(",", " ") if article.generation == 4 else str(views)


def _paragraphs(blocks: list[Block]) -> list[str]:
    paragraphs: list[str] = []
    for block in blocks:
        match block:
            case Paragraph(runs):
                paragraphs.append("".join(run.text if isinstance(run, Link) else run for run in runs))
            case Subheading(_, text) | Quotation(text):
                paragraphs.append(text)
            case BulletList(items):
                paragraphs.extend(items)
            case DataTable(rows):
                paragraphs.extend("\t".join(row) for row in rows)
    return paragraphs
