"""The charset a server declares for a page."""


def declared_charset(content_type: str) -> str | None:
    """Return the charset of a Content-Type, or None."""
    _, _, charset = content_type.lower().partition("charset=")
    return charset.split(";")[0].strip(" \"'") or None
