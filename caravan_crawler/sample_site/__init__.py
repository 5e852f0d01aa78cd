"""A small offline copy of caravan.kz for demos, tests and benchmarks.

``SampleSite`` answers URLs, of all generations or of one. ``serve`` puts it behind a server on loopback, as does
``python -m caravan_crawler.sample_site``. Articles are numbered from the oldest; everything about one follows from its
number and the size of the site, and ``SampleSite.gold`` yields the expected record of each. ``faults`` adds named
faults.

Known of the real site, from public copies of its pages and from other scrapers:

* the URLs ``/news|gazeta|sport|art/<slug>-<id>/``, with and without the final slash, ``/?p=<id>``,
  ``/amp/<section>/<slug>-<id>``, ``/crime/<slug>/`` without an id, ``/zhangalyqtar/<slug>-<id>/``, ``/news/page/N/``,
  ``/rss/``, ``/info/…``, ``/tag/…``; ids of 4 to 7 digits, not in the order of time;
* both transliterations, and what a slug leaves out;
* generation 3: the order of the visible text, the headline twice, the header's six facts and six bullets ``A``,
  ``Фото - Caravan.kz``, bare view counts, ``В тренде:`` with pairs that need not match, the title's `` - Караван``, the
  forms of ledes, the listing card ``div.BlockNewsCardImage > a``;
* generation 2: ``div.full-article__text.clear``, ``time.full-breadcrumb__time``, month and year in the first typed
  script, ``.hot-news__items > article``, ``.news_aggregator``, ``.sm-list``, ``Опубликовано: <number>``;
* generation 4: the URL ``/<section>/<slug>/``, ``og:title``, the text in ``main p``, the exact time in
  ``article:published_time``; ``/sitemap.xml`` with ``sitemapYYYYMM.xml`` and ``sitemapN.xml``; ids of 8 digits in older
  short links; ``/<section>/<slug>-<id>/amp/`` with its menu, breadcrumbs and dotted date;
* generation 1: ``div.article_text``; Kazakh edition: ``Жарияланды:`` and ``Сурет - tumba.kz``; AMP:
  ``Автор: Караван.kz`` and dashes unlike the page's;
* the printed forms of dates, the patterns of attributions, the author's line, image URLs;
* the offset of Almaty, which changed on 1 March 2024 (from the zone database).

Invented, so that it proves nothing about the real site:

* every text, person, number and headline; the trending pairs (the topics follow real ones);
* ids as a function of the article's number, and that they are below 2,000,100; Kazakh letters in slugs; that runs of
  spaces around a deleted dash become one hyphen;
* the Kazakh edition on the same host and with ids from the same range (really ``kaz.caravan.kz``), its date forms, its
  unlabelled view count, and that it credits no outside source;
* all other markup of generations 1, 3, 4, of the Kazakh edition and of AMP: every class name not listed above, and
  every template of ``markup_seed``; which years belong to which generation, to the day;
* on a site of generation 4 alone: which articles are in which sitemap, and all dates in them; which part of the archive
  is linked; the responses to old URLs, and that they differ by article; ids of 9 digits; slugs in Cyrillic and with a
  digit for a repeated headline; the pages of photos, and articles on several pages;
* that on the mixed site generation 4 is a part of the newest articles, most of them in its sitemaps alone, prints its
  headline once, groups its views (``1 234``, with a no-break space), and encodes the number in headlines and slugs;
* ``/?p=`` redirecting for even ids and answering 200 for odd ones (really unknown);
* the metadata in ``<head>``: five profiles, one of them false; the advert slots, scripts and styles;
* everything around the text but the header and the trending block of generation 3: tables of rates and weather,
  calendars, columns of news, comments, and forms, on all pages but AMP copies;
* header and trending block on pages of generations 1 and 2, on listings and on other pages of the Russian edition, and
  their absence on Kazakh and AMP pages;
* listings except ``/news/`` and ``/gazeta/``, 20 cards a page, the kinds of links on cards, their pagination or its
  absence, and cards with a date for some seeds;
* robots.txt, the sitemaps, the contents of the feed, topic pages, the search page, the contacts page, the 404 for
  ``/wp-sitemap.xml``; the one-pixel image for every file below ``/wp-content/``;
* which articles can be found in one place only (``plan.Reach``), and that those that only the feed leads to stay in it;
* ETag and Last-Modified, and the redirect from a wrong slug to the right one;
* all of the scripted site: that header, view counts and cards are loaded by a script, the script, the button under a
  list, and everything below ``/parts/``.
"""

from caravan_crawler.sample_site.response import SampleResponse
from caravan_crawler.sample_site.server import SampleServer, serve
from caravan_crawler.sample_site.site import SampleSite

__all__ = ["SampleResponse", "SampleServer", "SampleSite", "serve"]
