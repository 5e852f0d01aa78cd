"""Reading the head of an HTTP/1.1 request."""

import re
from dataclasses import dataclass

_REQUEST_LINE = re.compile(r"([A-Z]+) ([!-~]+) HTTP/1\.([01])")
_FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HOST = re.compile(r"[A-Za-z0-9.\-:\[\]]+")


class MalformedRequestError(Exception):
    """The bytes are no request that this server understands."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request; header names in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    keep_alive: bool


def parse_head(head: bytes) -> Request:
    """Parse everything before the empty line. Raise MalformedRequestError for anything doubtful."""
    lines = head.decode("latin-1").split("\r\n")
    match = _REQUEST_LINE.fullmatch(lines[0])
    if not match:
        raise MalformedRequestError(lines[0][:80])
    method, target, minor = match.groups()
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon or not _FIELD_NAME.fullmatch(name):
            raise MalformedRequestError(line[:80])
        headers[name.lower()] = value.strip()
    if minor == "1" and not _HOST.fullmatch(headers.get("host", "")):
        raise MalformedRequestError("no host")
    if "transfer-encoding" in headers or headers.get("content-length", "0") != "0":
        raise MalformedRequestError("a body is not expected")
    if target.startswith("http://"):
        target = "/" + target[len("http://") :].partition("/")[2]
    if not target.startswith("/"):
        raise MalformedRequestError(target[:80])
    connection = headers.get("connection", "").lower()
    keep_alive = connection != "close" if minor == "1" else connection == "keep-alive"
    return Request(method, target, headers, keep_alive)
