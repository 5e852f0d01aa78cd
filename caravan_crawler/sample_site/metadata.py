"""What the head of an article page claims about it: five profiles, one of them lying.

* none – the title alone;
* plain – canonical link and ``og:title``;
* full – what a WordPress plugin writes, agreeing with the printed date, with ``admin`` for an author;
* moment – what is known of generation 4: ``og:title`` and ``article:published_time``; a canonical link and a short
  link where the article has them;
* hostile – canonical link to the home page, a maimed ``og:title``, a stamp months away from the printed
  date, JSON-LD that is not JSON, and a script full of dates.
"""

import json
from datetime import UTC, datetime

from caravan_crawler.sample_site.article import Article
from caravan_crawler.sample_site.markup import Markup, escape

SUFFIX = " - Караван"
_CUT_AT = 60


def head_tags(markup: Markup, article: Article, base_url: str) -> str:
    """Title and metadata of an article's own page."""
    title = f"<title>{escape(article.headline)}{SUFFIX}</title>"
    if article.part < article.parts and article.number % 2 == 0:
        title += _link(markup, "next", f"{base_url}{article.path[1:]}{article.part + 1}/")
    profile = article.front.profile
    if profile == "none":
        return title
    if profile == "moment":
        return title + _moment(markup, article, base_url)
    if profile == "hostile":
        return title + _hostile(markup, article, base_url)
    url = base_url + article.path[1:]
    tags = title + _link(markup, "canonical", url) + _meta(markup, "property", "og:title", article.headline)
    if article.generation == 3 and not article.kazakh and article.number % 2:
        tags += _link(markup, "amphtml", f"{base_url}amp{article.path[:-1]}")
    return tags if profile == "plain" else tags + _full(markup, article, base_url, url)


def amp_head_tags(markup: Markup, article: Article, base_url: str) -> str:
    """Title and canonical link, which AMP demands."""
    title = f"<title>{escape(article.headline)}{SUFFIX}</title>"
    return title + _link(markup, "canonical", base_url + article.path[1:])


def _full(markup: Markup, article: Article, base_url: str, url: str) -> str:
    published, modified = _stamp(article, article.front.stamp), _stamp(article, article.front.modified)
    tags = [
        _meta(markup, "property", "og:type", "article"),
        _meta(markup, "property", "og:url", url),
        _meta(markup, "property", "og:site_name", "Караван"),
        _meta(markup, "name", "description", article.opening.lede or article.headline),
        _meta(markup, "property", "article:published_time", published),
        _meta(markup, "property", "article:modified_time", modified),
        _meta(markup, "name", "generator", "WordPress 6.4"),
    ]
    if article.article_id is not None:
        tags.append(_link(markup, "shortlink", f"{base_url}?p={article.article_id}"))
    graph = [
        {"@type": "NewsArticle", "headline": article.headline, "datePublished": published,
         "dateModified": modified, "mainEntityOfPage": {"@id": url}, "author": {"@id": f"{base_url}#admin"}},
        {"@type": "Person", "@id": f"{base_url}#admin", "name": "admin"},
        {"@type": "WebPage", "@id": url, "url": url, "name": article.headline + SUFFIX,
         "datePublished": published, "inLanguage": "ru-RU"},
    ]  # fmt: skip
    data = json.dumps({"@context": "https://schema.org", "@graph": graph}, ensure_ascii=False)
    tags.append(_json_ld(data))
    return "".join(tags)


def _moment(markup: Markup, article: Article, base_url: str) -> str:
    tags = _meta(markup, "property", "og:title", article.headline)
    tags += _meta(markup, "property", "article:published_time", _stamp(article, article.front.stamp))
    if article.number % 3 == 0:
        tags += _meta(markup, "property", "article:modified_time", _stamp(article, article.front.modified))
    if article.has_canonical:
        tags += _link(markup, "canonical", base_url + article.path[1:])
    if article.article_id is not None:
        tags += _link(markup, "shortlink", f"{base_url}?p={article.article_id}")
    return tags


def _hostile(markup: Markup, article: Article, base_url: str) -> str:
    long = len(article.headline) > _CUT_AT and article.number % 2
    maimed = article.headline[:_CUT_AT] + "…" if long else article.headline + SUFFIX
    stamp = _stamp(article, article.front.stamp)
    return "".join(
        (
            _link(markup, "canonical", base_url),
            _meta(markup, "property", "og:title", maimed),
            _meta(markup, "property", "article:published_time", stamp),
            _json_ld(f'{{"@context": "https://schema.org", "@type": "NewsArticle", "datePublished": "{stamp}", }}'),
            f"<script>var pubDate=new Date('{stamp}'),built='01.01.2020',month='07-2015';</script>",
        )
    )


def _stamp(article: Article, moment: datetime | None) -> str:
    if moment is None:
        return ""
    return (moment.astimezone(UTC) if article.front.stamp_in_utc else moment).isoformat()


def _json_ld(text: str) -> str:
    safe = text.replace("</", r"<\u002f")
    return f'<script type="application/ld+json">{safe}</script>'


def _link(markup: Markup, rel: str, href: str) -> str:
    return f"{markup.indent}<link{markup.attribute('rel', rel)}{markup.attribute('href', href)}>"


def _meta(markup: Markup, kind: str, name: str, content: str) -> str:
    return f"{markup.indent}<meta{markup.attribute(kind, name)}{markup.attribute('content', content)}>"
