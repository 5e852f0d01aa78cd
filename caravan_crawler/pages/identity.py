"""Which article a page is, and in which language."""

import re

from caravan_crawler.pages.document import Document
from caravan_crawler.site import Address


def own_address(document: Document) -> tuple[Address | None, str]:
    """Return the article's address with its own path, and where that was found.

    What the metadata claims counts only where it is an article's address and names the same number.
    """
    fetched = document.site.address(document.url, document.url)
    structured = document.structured
    article_id = fetched.article_id if fetched else None
    if article_id is None and (link := structured.links.get("shortlink")):
        claimed = document.site.address(link, document.base_url)
        article_id = claimed.article_id if claimed and claimed.path is None else None
    for name, href in (
        ("canonical", structured.links.get("canonical")),
        ("og_url", structured.text("og:url")),
        ("json_ld_url", structured.article_text("url")),
        ("amphtml", structured.links.get("amphtml")),
    ):
        claimed = document.site.address(href, document.base_url) if href else None
        if claimed is not None and claimed.path is not None and _may_be_own(claimed, fetched):
            return Address(claimed.path, claimed.article_id or article_id), name
    if fetched is None:
        return None, "none"
    return Address(fetched.path, article_id, fetched.path is None), "fetched_url"


def _may_be_own(claimed: Address, fetched: Address | None) -> bool:
    if fetched is None:
        return False
    if fetched.article_id is not None and claimed.article_id is not None:
        return fetched.article_id == claimed.article_id
    if fetched.path is None:
        return True
    # Of two paths that are not both numbered only the last part can show that they are one article's.
    return fetched.path.rsplit("/", 2)[-2] == (claimed.path or "").rsplit("/", 2)[-2]


_KAZAKH_LETTERS = re.compile("[әіңғүұқөһӘІҢҒҮҰҚӨҺ]")
#: Some 10 to 17 % of a Kazakh text are letters that Russian lacks; of a Russian one with Kazakh names under 1 %.
_KAZAKH_SHARE = 0.025
#: A shorter text is no sample.
_SAMPLE = 50


def language_of(document: Document, headline: str | None, text: str | None) -> str:
    """Return ``kk`` or ``ru`` by the letters of headline and text, else by what the page declares."""
    sample = f"{headline or ''} {(text or '')[:1000]}"
    if len(_KAZAKH_LETTERS.findall(sample)) > len(sample) * _KAZAKH_SHARE:
        return "kk"
    declares_kazakh = document.structured.language.lower().startswith(("kk", "kz")) or "//kaz." in document.url
    return "kk" if declares_kazakh and len(sample) < _SAMPLE else "ru"
