"""The charset a server declares for a page."""

from scrapy.http import Response


def declared_charset(response: Response) -> str | None:
    """Return the charset of the response's Content-Type, or None."""
    declared = (response.headers.get("Content-Type") or b"").decode("latin-1").lower()
    _, _, charset = declared.partition("charset=")
    return charset.split(";")[0].strip(" \"'") or None
