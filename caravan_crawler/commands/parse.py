"""``scrapy parse``: Scrapy's own command, without what belongs to a crawl."""

import argparse
from urllib.parse import urlsplit

from scrapy.commands.parse import Command as ParseCommand

from caravan_crawler.commands.one_page import leave_out_crawl
from caravan_crawler.spiders.caravan import CaravanSpider


class Command(ParseCommand):
    """Scrapy's command, by which nothing is stored or published."""

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Take the crawl's feeds and store out of the settings."""
        super().process_options(args, opts)
        assert self.settings is not None
        leave_out_crawl(self.settings)

    def set_spidercls(self, url: str, opts: argparse.Namespace) -> None:
        """Take this project's spider, on the site that the page is of, unless another is asked for."""
        opts.spider = opts.spider or CaravanSpider.name
        parts = urlsplit(url)
        if opts.spider == CaravanSpider.name and parts.netloc:
            opts.spargs.setdefault("site", f"{parts.scheme}://{parts.netloc}/")
        super().set_spidercls(url, opts)
