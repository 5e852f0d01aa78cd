"""Base classes of the project's commands: a user's mistake is one line and exit code 2."""

import argparse
import os
import sys
from pathlib import Path
from typing import ClassVar, NoReturn

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from caravan_crawler.console import print_err
from caravan_crawler.outcome import REFUSED


class CheckedCommand(ScrapyCommand):
    """A command, the project's or Scrapy's, that checks what Scrapy would end with a stack trace or a page of usage."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options; a mistake in them is one line, without the usage."""
        super().add_options(parser)
        parser.error = self._refuse_usage  # type: ignore[method-assign]
        parser._option_string_actions["--loglevel"].help = f"log level (default: {self.default_level()})"

    def default_level(self) -> str:
        """Return the log level for the help text; the add-on QuietLog raises that of the settings."""
        assert self.settings is not None
        return f"WARNING, in a log file {self.settings['LOG_LEVEL']}"

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Set the settings that options name, and check the log and other files, which Scrapy opens unchecked."""
        # They import the store, and settings that depend on the environment.
        from caravan_crawler.feed_checks import format_problem, log_file_problem, output_problem
        from caravan_crawler.settings_checks import assignment_problem, level_problem

        assert self.settings is not None
        if problem := assignment_problem(self.settings, opts.set):
            raise UsageError(problem, print_help=False)
        pidfile, opts.pidfile = opts.pidfile, None  # written below
        try:
            super().process_options(args, opts)
        except UsageError as error:
            feeds = [name for option in ("output", "overwrite_output") for name in getattr(opts, option, None) or ()]
            raise UsageError(format_problem(feeds, self.settings) or str(error), print_help=False) from None
        if self.requires_crawler_process and (problem := log_file_problem(self.settings)):
            self.settings.set("LOG_FILE", None, priority="cmdline")  # it cannot be written, not even for this line
            raise UsageError(problem, print_help=False)
        problem = level_problem(self.settings)
        for option, name in (("--pidfile", pidfile), ("--profile", opts.profile)):
            problem = problem or (output_problem(option, name, self.settings) if name is not None else None)
        if problem:
            raise UsageError(problem, print_help=False)
        if pidfile is not None:
            Path(pidfile).write_text(f"{os.getpid()}\n", encoding="utf-8")

    def end(self, words: str, code: int) -> None:
        """Print a line and set the exit code."""
        print_err(f"scrapy {self.__module__.rpartition('.')[2]}: {words}")
        self.exitcode = code

    def _refuse_usage(self, message: str) -> NoReturn:
        """Replace :meth:`argparse.ArgumentParser.error`, which prints the usage first."""
        self.end(message, REFUSED)
        sys.exit(REFUSED)


class OwnCommand(CheckedCommand):
    """A command of the project: it ends with one line and an exit code, and logs nothing unless it is asked to."""

    requires_project = True
    usage: ClassVar[str] = "[options]"
    purpose: ClassVar[str]

    def syntax(self) -> str:
        """Return the arguments for the help text."""
        return self.usage

    def short_desc(self) -> str:
        """Return the description for the list of commands."""
        return self.purpose

    def default_level(self) -> str:
        """Return that nothing is logged."""
        return "nothing is logged"

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Silence the log, unless a level is given: the command prints what it has to say."""
        super().process_options(args, opts)
        assert self.settings is not None
        if not opts.loglevel:
            self.settings.set("LOG_LEVEL", "CRITICAL", priority="cmdline")
