"""The command ``caravan-crawler``: ``scrapy`` with this project's settings, in whatever folder it is called."""

import os
import sys
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules

from caravan_crawler import __version__


def main() -> None:
    """Hand over to Scrapy, for which ``SCRAPY_SETTINGS_MODULE`` says where a project's settings are."""
    module = os.environ.setdefault("SCRAPY_SETTINGS_MODULE", "caravan_crawler.settings")
    options = set(sys.argv[1:])
    try:
        if options == {"--version"}:
            sys.stdout.write(f"Caravan Crawler {__version__}\n")
        elif not options or options in ({"--help"}, {"-h"}):
            sys.stdout.write("\n".join([*_help(), ""]))
        elif not _is_module(module):
            sys.stderr.write(f"caravan-crawler: SCRAPY_SETTINGS_MODULE={module} is no module\n")
            sys.exit(2)
        else:
            from scrapy.cmdline import execute  # after the environment is set

            execute(["scrapy", *sys.argv[1:]])
    except KeyboardInterrupt:  # while Scrapy is loaded
        sys.stderr.write("caravan-crawler: stopped on request\n")
        sys.exit(130)


def _is_module(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except (ImportError, ValueError):  # of the package around it, or of an empty name
        return False


def _help() -> list[str]:
    """Return the lines of the help: the project's own commands, without Scrapy's."""
    from caravan_crawler import commands

    modules = [import_module(f"{commands.__name__}.{module.name}") for module in iter_modules(commands.__path__)]
    own = {module.__name__.rpartition(".")[2]: module.Command() for module in modules if hasattr(module, "Command")}
    return [
        f"Caravan Crawler {__version__}: crawls the news portal caravan.kz into exact records",
        "",
        "  caravan-crawler crawl caravan -a site=sample -s DATA_DIR=sample -O articles.csv",
        "",
        "Usage: caravan-crawler COMMAND [options]; caravan-crawler COMMAND --help lists a command's options",
        "",
        *(f"  {name:<9} {command.short_desc()}" for name, command in sorted(own.items())),
        "",
        "Scrapy's other commands work too: https://docs.scrapy.org/en/latest/topics/commands.html",
    ]
