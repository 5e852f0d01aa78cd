"""Serve the sample site, with or without faults, or write its expected records."""

import argparse
import json
import signal
import sys
from pathlib import Path
from typing import NoReturn, get_args

from caravan_crawler.sample_site import SampleServer, SampleSite, serve
from caravan_crawler.sample_site.faults import FAULTS, FaultySite
from caravan_crawler.sample_site.one_generation import OldAddresses

_DEFAULT_PORT = 8000
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2)


class _OneLineParser(argparse.ArgumentParser):
    """Parser whose errors are one line, without the usage."""

    def error(self, message: str) -> NoReturn:
        print(f"sample_site: {message}", file=sys.stderr)
        sys.exit(2)


def main() -> int:
    """Run the command and return its exit code."""
    parser = _parser()
    options = parser.parse_args()
    faults = [fault.strip() for given in options.fault for fault in given.split(",") if fault.strip()]
    if "list" in faults:
        print(_fault_list())
        return 0
    try:
        kind = {name: getattr(options, name) for name in ("scripted", "generation", "seed", "old_addresses")}
        site = FaultySite(options.articles, options.markup_seed, faults, **kind)
    except ValueError as error:
        parser.error(str(error))
    if options.burst < 1:
        parser.error(f"--burst must be at least 1, not {options.burst}")
    if options.gold and options.port is None:
        _write_gold(parser, site, options.gold, f"http://127.0.0.1:{_DEFAULT_PORT}/")
        return 0
    port = _DEFAULT_PORT if options.port is None else options.port
    try:
        server = serve(site, port)
    except (OSError, OverflowError) as error:
        parser.error(f"cannot listen on port {port}: {error}")
    if options.gold:
        _write_gold(parser, site, options.gold, server.url)
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)  # in the server's threads, too
    with server:
        _serve(server, options.burst)
    return 0


def _serve(server: SampleServer, burst: int) -> None:
    """Publish at SIGUSR1, move at SIGUSR2, return at SIGINT or SIGTERM."""
    print(f"Sample site with {server.site.articles} articles at {server.url} (Ctrl-C ends it)", flush=True)
    while (received := signal.sigwait(_SIGNALS)) in (signal.SIGUSR1, signal.SIGUSR2):
        try:
            if received == signal.SIGUSR1:
                server.publish(burst)
                print(f"Published {burst} more articles", flush=True)
            else:
                server.move()
                print("Moved to generation 4", flush=True)
        except ValueError as error:
            print(f"sample_site: {error}", file=sys.stderr)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)  # a second signal ends the process at once


def _parser() -> argparse.ArgumentParser:
    parser = _OneLineParser(
        prog="python -m caravan_crawler.sample_site",
        description=__doc__,
        epilog=f"faults and their values:\n{_fault_list()}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--port", type=int, help="port on 127.0.0.1, 0 for any free one (default 8000)")
    add("--articles", type=int, default=300, help="number of articles (default 300)")
    add("--markup-seed", type=int, help="number of the markup (default: that of --seed; 0 is plain)")
    text = "all pages of one generation: 3, with numbers in the URLs, or 4, without (default: all generations)"
    add("--generation", type=int, choices=(3, 4), help=text)
    text = "which articles, with --generation (default 0); with an odd seed robots.txt names the sitemap"
    add("--seed", type=int, default=0, help=text)
    text = (
        "responses of generation 4 at URLs of generation 3: a redirect, the page with a canonical link, the plain "
        "page, 404, or one of these by article (default)"
    )
    add("--old-addresses", choices=get_args(OldAddresses), default="mixed", help=text)
    add("--scripted", action="store_true", help="scripts add ticker, view counts and cards of listings")
    add("--gold", metavar="FILE", help="write the expected records to FILE as JSON lines")
    text = "a fault of the site; repeatable, or several with commas; 'list' lists all"
    add("--fault", metavar="NAME[:VALUE]", action="append", default=[], help=text)
    text = (
        "number of new articles that the signal SIGUSR1 publishes (kill -USR1 PID; default 20); SIGUSR2 moves a site "
        "of generation 3 to 4"
    )
    add("--burst", type=int, default=20, metavar="N", help=text)
    return parser


def _fault_list() -> str:
    lines = [f"  {kind.usage(name)}\n      {kind.description}" for name, kind in FAULTS.items()]
    lines.append("  EVERY=20: one of 20 articles. TIMES: number of bad responses per URL, or always.")
    return "\n".join(lines)


def _write_gold(parser: argparse.ArgumentParser, site: SampleSite, path: str, base_url: str) -> None:
    try:
        with Path(path).open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in site.gold(base_url))
    except OSError as error:
        parser.error(f"cannot write {path}: {error.strerror}")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:  # while it only writes; serving has its own signal handlers
        sys.exit(130)
