"""Scrapy settings of Caravan Crawler, in the order of Scrapy's template.

Only settings that differ from Scrapy's defaults are listed, with the reason; the project's own settings come last,
each with the module that it affects. Five can also be set by environment variables, for crawls started by a server;
settings of a single run override them. https://docs.scrapy.org/en/latest/topics/settings.html
"""

from os import environ

from caravan_crawler import __version__, items

BOT_NAME = "caravan_crawler"

SPIDER_MODULES = ["caravan_crawler.spiders"]
NEWSPIDER_MODULE = "caravan_crawler.spiders"
COMMANDS_MODULE = "caravan_crawler.commands"  # `crawl` with exit codes, `inspect`, `reparse`, `export`, `status` …

ADDONS = {
    # Default contents of -o and -O feeds, SHARED_CRAWL; no run and no store for `scrapy shell`, `bench` and others.
    # Behind those of your own: what is switched off is not loaded.
    "caravan_crawler.addons.SpiderAddon": 1000,
}

# For the site's operator. Add your address when you crawl the real site.
USER_AGENT = environ.get("CARAVAN_USER_AGENT") or (
    f"CaravanCrawler/{__version__} (news archive; obeys robots.txt as CaravanCrawler)"
)
ROBOTSTXT_USER_AGENT = "CaravanCrawler"
ROBOTSTXT_OBEY = True  # default False

# One request at a time, with a pause. With a delay of 0 Scrapy ignores the limit per domain, so the overall limit is
# set too. For loopback see LOCAL_DELAYS in spiders/requests.py.
CONCURRENT_REQUESTS = 1  # default 16
CONCURRENT_REQUESTS_PER_DOMAIN = 1  # default 8
DOWNLOAD_DELAY = 1.0  # default 0
DOWNLOAD_DELAY_JITTER = 0  # default 0.5, which makes half of all pauses shorter
DOWNLOAD_TIMEOUT = 60  # default 180; for the whole response
DOWNLOAD_MAXSIZE = 16 * 1024 * 1024  # default 1 GiB; after decompression; the largest known page has 90 KB
DOWNLOAD_WARNSIZE = 4 * 1024 * 1024  # default 32 MiB
DOWNLOAD_VERIFY_CERTIFICATES = True  # default False
DOWNLOAD_HANDLERS = {
    "http": "caravan_crawler.downloadhandlers.PoliteDownloadHandler",  # sends nothing during a pause
    "https": "caravan_crawler.downloadhandlers.PoliteDownloadHandler",
    **dict.fromkeys(("data", "file", "ftp", "s3")),  # not needed for this site
}
TWISTED_DNS_RESOLVER = "caravan_crawler.downloadhandlers.PublicResolver"  # no private address for caravan.kz

# Tasks per response; one preserves the order of a page's items and costs least.
CONCURRENT_ITEMS = 1  # default 100

# Not needed on this site, and each costs time on every request or opens a port.
REFERRER_POLICY = "scrapy.spidermiddlewares.referer.NoReferrerPolicy"
COOKIES_ENABLED = False  # the first Set-Cookie would download the public suffix list
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False  # default True; it runs Python code sent to a loopback port
METAREFRESH_ENABLED = False
WARN_ON_GENERATOR_RETURN_VALUE = False  # ruff checks the callbacks instead

# One site, whose articles have numbers: no fingerprints of requests.
DUPEFILTER_CLASS = "caravan_crawler.frontier.articles.ArticleDupeFilter"

SPIDER_MIDDLEWARES = {
    "caravan_crawler.spidermiddlewares.PageCommitMiddleware": 1000,  # next to the spider: no other sees PageWrites
    "scrapy.spidermiddlewares.depth.DepthMiddleware": None,  # DEPTH_LIMIT is refused: MAX_HOPS_FROM_ARTICLE
    # urls.py obeys URLLENGTH_LIMIT (2083 characters), in redirects and in the keys of the store too.
    "scrapy.spidermiddlewares.urllength.UrlLengthMiddleware": None,
    "scrapy.spidermiddlewares.metacopy.MetaCopyDetectionMiddleware": None,
}
REDIRECT_MAX_TIMES = 5  # default 20

DOWNLOADER_MIDDLEWARES = {
    "caravan_crawler.downloadermiddlewares.OffsiteMiddleware": 50,
    "caravan_crawler.downloadermiddlewares.OriginMiddleware": 60,
    # Nearer to the spider than retries, redirects and decompression.
    "caravan_crawler.browser.browser_middleware.BrowserMiddleware": 70,
    "caravan_crawler.downloadermiddlewares.RobotsTxtMiddleware": 100,  # replaces Scrapy's: an unread one forbids all
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,  # allows subdomains and other ports
    "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,
    "caravan_crawler.downloadermiddlewares.ConditionsMiddleware": 580,  # before RetryMiddleware sees an error
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
    "caravan_crawler.downloadermiddlewares.HttpCompressionMiddleware": 590,  # a plain body may have a false header
    "scrapy.downloadermiddlewares.httpproxy.HttpProxyMiddleware": None,
    "caravan_crawler.downloadermiddlewares.HttpProxyMiddleware": 750,  # not for loopback; failures name the proxy
    "caravan_crawler.archive.archive_middleware.ArchiveMiddleware": 1000,  # next to the downloader: bodies as sent
    "caravan_crawler.downloadermiddlewares.SiteIdentity": 1010,  # first to see a response, so no other site is archived
}

EXTENSIONS = {
    "caravan_crawler.extensions.crawl_store.CrawlStore": -300,  # first: the others use the store
    # On a terminal only; first, so that it ends before the feeds are written.
    "caravan_crawler.extensions.progress.Progress": -200,
    "caravan_crawler.extensions.run_monitor.RunMonitor": -100,  # before FeedExporter, whose files wait for the verdict
    "caravan_crawler.downloadhandlers.Throttle": 0,
    "caravan_crawler.downloadhandlers.CrawlDelay": 0,
}

ITEM_PIPELINES = {
    "caravan_crawler.pipelines.TextPipeline": 100,
    "caravan_crawler.pipelines.DatePipeline": 200,
    "caravan_crawler.pipelines.RatePipeline": 300,
    "caravan_crawler.pipelines.ViewsPipeline": 400,
    "caravan_crawler.pipelines.PeriodPipeline": 500,  # needs the date
    "caravan_crawler.pipelines.StorePipeline": 600,  # stores items, drops unchanged articles
}

# Fewer requests to a slow site. The delay is never shorter than DOWNLOAD_DELAY or Crawl-delay.
AUTOTHROTTLE_ENABLED = True  # default False; the spider switches it off for a site on loopback
AUTOTHROTTLE_START_DELAY = DOWNLOAD_DELAY  # default 5; one response shows how slow the site is
AUTOTHROTTLE_MAX_DELAY = 30  # default 60; one page that took a minute must not delay the next ones that long

FEEDS = {
    f"{items.RUN_DIR}/{table}.{extension}": {
        "format": extension,
        "item_classes": [item_class],
        "fields": items.column_names(item_class),
        "overwrite": True,
        "store_empty": True,
    }
    for table, item_class in items.TABLES.items()
    for extension in ("jsonl", "csv")
}
FEED_EXPORT_ENCODING = "utf-8"  # Cyrillic letters in JSON, not escapes
FEED_EXPORTERS = {
    "csv": "caravan_crawler.feeds.SpreadsheetCsvExporter",
    "marshal": None,  # it cannot write the links of an article
}
FEED_STORAGES = {
    "": "caravan_crawler.feeds.WholeFileStorage",
    "file": "caravan_crawler.feeds.WholeFileStorage",
    "stdout": "caravan_crawler.feeds.StdoutStorage",
}

LOG_LEVEL = "INFO"  # default DEBUG, which writes 3 KB an article
LOG_FORMATTER = "caravan_crawler.logformatter.QuietFormatter"
# Retries come before the pages in the queue, so that a site that is down or refuses is noticed after a few requests.
RETRY_PRIORITY_ADJUST = 1  # default -1: after all pages in the queue
# Scrapy's codes and those of Cloudflare for a site behind it that fails or does not respond.
RETRY_HTTP_CODES = [500, 502, 503, 504, 520, 521, 522, 523, 524, 408, 429]
RETRY_GIVE_UP_LOG_LEVEL = "DEBUG"  # the spider logs each failed page once


# The project's own settings

# For one run after the site has changed permanently; the history for drift begins with this run:
# extensions/run_monitor.py, extensions/crawl_store.py, commands/crawl.py
ACCEPT_DRIFT = False
ARCHIVE = False  # store every response in WARC files in DATA_DIR/warc: archive/archive_middleware.py
ARCHIVE_FILE_SIZE = 256 * 1024 * 1024  # bytes per WARC file: archive/archive_middleware.py
BACKOFF_START = 1.0  # seconds of pause after an error response, doubled each time: downloadhandlers.py
# Pages to render in Chromium: "off", "auto" (those that lack values which scripts may add), "always": browser/
BROWSER = "off"
BROWSER_PATH = None  # default: Chromium or Google Chrome on the PATH: addons.py
BROWSER_WAIT = 3.0  # seconds for a page without pending requests to add missing values: browser/playwright.py
# Longest Crawl-delay in seconds; a longer one ends the run: downloadhandlers.py
CRAWL_DELAY_MAX = 600
CSV_BOM = False  # byte order mark, so that Excel opens a CSV as UTF-8: feeds.py
# Folder for all files of a crawl: spiders/caravan.py, store/store.py
DATA_DIR = environ.get("CARAVAN_DATA_DIR") or "data"
# Bytes of a response's status line and headers; browsers accept 256 KB, WordPress sends 1 KB: downloadhandlers.py
DOWNLOAD_MAX_HEADER_BYTES = 64 * 1024
# Smallest share of a run's articles in which a field must be found, if there are twenty or more: store/field_counts.py
FLOORS = {"headline": 0.95, "body": 0.8, "date_published": 0.8}
# Articles by which one text outnumbers all others in a section, a listing or the site, from which links on its pages
# are ignored. The site's own copies (an old and a new URL) are few: frontier/speculative_urls.py
MAX_COPIES = 20
# Consecutive pages without an article, each found on the one before, after which no links are followed. A page of an
# unknown kind may lead to an article, but hardly a chain of three: frontier/speculative_urls.py
MAX_HOPS_FROM_ARTICLE = 3
# Articles that a run with `since` reads only for their date, as feeds and sitemaps have none. At one request a second
# they take 17 minutes; the next run continues with others: frontier/discovery.py
MAX_UNDATED = 1_000
# Command to run, or URL to post to, if a run does not end with 0: outcome.py
ON_FAILURE = environ.get("CARAVAN_ON_FAILURE") or None
# Links of one page that are followed. A listing has far fewer; a page with more is a crawler trap, and half a million
# links take a gigabyte of memory: pages/document.py
PAGE_MAX_LINKS = 2_000
# A page with more tags, or a longer tag, is not parsed and fails: 50,000 nested elements, or 80,000 attributes of one,
# take a parser seconds. Pages of the sample site have 3,000 tags: pages/document.py
PAGE_MAX_TAGS = 50_000  # opening and closing
PAGE_MAX_TAG_BYTES = 64 * 1024  # bytes, values in quotes not counted
RETRY_AFTER_MAX = 600  # seconds; a longer Retry-After ends the run: downloadhandlers.py
# One crawl by all runs with this setting and the same store, in PostgreSQL: extensions/shared_crawl.py
SHARED_CRAWL = environ.get("CARAVAN_SHARED_CRAWL") or False
STORE_PATIENCE = 60.0  # seconds that a worker waits for an unresponsive store: store/workers.py
# PostgreSQL, or another SQLite file than DATA_DIR/caravan.db; "none" stores nothing: store/store.py
STORE_URL = environ.get("CARAVAN_STORE_URL") or None
# Seconds until a worker's lease expires, unless renewed: store/workers.py
WORKER_LEASE = 60.0
