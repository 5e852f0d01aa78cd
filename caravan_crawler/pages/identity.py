"""Which article a page is, and in which language."""

import re
from dataclasses import replace

from caravan_crawler.pages.document import Document
from caravan_crawler.site import Address, is_same_slug

_DIGITS_AT_END = re.compile(r"(\d+)\W*$")


def own_address(document: Document, headline: str | None = None) -> tuple[Address | None, str]:
    """Return the article's address with its own path, and where that was found.

    What the metadata claims counts only where it is an article's address and names the same number. A number that
    the ``headline`` ends in is part of the slug and not the site's.
    """
    digits = _DIGITS_AT_END.search(headline or "")
    headline_number = digits[1] if digits else ""

    def address_of(href: str, page_url: str) -> Address | None:
        address = document.site.address(href, page_url)
        is_of_headline = address is not None and address.path is not None and str(address.article_id) == headline_number
        return replace(address, article_id=None) if address is not None and is_of_headline else address

    fetched = address_of(document.url, document.url)
    structured = document.structured
    article_id = fetched.article_id if fetched else None
    if article_id is None and (link := structured.links.get("shortlink")):
        claimed = address_of(link, document.base_url)
        article_id = claimed.article_id if claimed and claimed.path is None else None
    for name, href in (
        ("canonical", structured.links.get("canonical")),
        ("og_url", structured.text("og:url")),
        ("json_ld_url", structured.article_text("url")),
        ("amphtml", structured.links.get("amphtml")),
    ):
        claimed = address_of(href, document.base_url) if href else None
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
    # Of two paths that are not both numbered only the last part can show that they are one article's: the same,
    # or, where the number is gone since the site has moved, one of the same headline.
    if fetched.article_id is not None or claimed.article_id is not None:
        return is_same_slug(fetched.path, claimed.path or "")
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
