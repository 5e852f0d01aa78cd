"""``python -m caravan_crawler.sample_site``: serve the sample site, or write its expected records."""

import argparse
import json
import signal
import sys
import threading
from pathlib import Path
from typing import NoReturn

from caravan_crawler.sample_site import SampleSite, serve

_DEFAULT_PORT = 8000
_BAD_ARGUMENTS = 2


class _OneLineParser(argparse.ArgumentParser):
    """Reports a bad argument in one line, without the usage."""

    def error(self, message: str) -> NoReturn:
        _fail(message)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        site = SampleSite(options.articles, options.markup_seed)
    except ValueError as error:
        _fail(str(error))
    if options.gold and options.port is None:
        _write_gold(site, options.gold, f"http://127.0.0.1:{_DEFAULT_PORT}/")
        return 0
    port = _DEFAULT_PORT if options.port is None else options.port
    try:
        server = serve(site, port)
    except (OSError, OverflowError) as error:
        _fail(f"cannot listen on port {port}: {error}")
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with server:
        if options.gold:
            _write_gold(site, options.gold, server.url)
        print(f"Sample site with {site.articles} articles at {server.url} (Ctrl-C ends it)", flush=True)
        stop.wait()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = _OneLineParser(prog="python -m caravan_crawler.sample_site", description=__doc__)
    parser.add_argument("--port", type=int, help="port on 127.0.0.1, 0 for any free one (default 8000)")
    parser.add_argument("--articles", type=int, default=300, help="number of articles (default 300)")
    parser.add_argument("--markup-seed", type=int, default=0, help="which markup (default 0, the plain one)")
    parser.add_argument("--gold", metavar="FILE", help="write the expected records to FILE as JSON lines")
    return parser


def _write_gold(site: SampleSite, path: str, base_url: str) -> None:
    try:
        with Path(path).open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in site.gold(base_url))
    except OSError as error:
        _fail(f"cannot write {path}: {error.strerror}")


def _fail(message: str) -> NoReturn:
    print(f"sample_site: {message}", file=sys.stderr)
    raise SystemExit(_BAD_ARGUMENTS)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:  # while only writing; a served site ends by its own signal handler
        sys.exit(130)
