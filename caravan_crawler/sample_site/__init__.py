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

All else is invented and proves nothing about the real site, notably:

* every text, person, number and headline; ids as a function of the article's number; Kazakh letters in slugs;
* the Kazakh edition on the same host and with ids of the same range (really ``kaz.caravan.kz``), its date forms and its
  unlabelled view count;
* all other markup, every template of ``markup_seed``, the metadata in ``<head>``, and which years belong to which
  generation; header and trending block outside of generation 3; tables, calendars, comments and forms around the text;
* generation 4: which articles are in which sitemap, the responses to old URLs, ids of 9 digits, the pages of photos,
  articles on several pages, and on the mixed site its share and its forms of views and headlines;
* ``/?p=`` redirecting for even ids and answering 200 for odd ones (really unknown); the redirect from a wrong slug;
* listings except ``/news/`` and ``/gazeta/``, pagination and dates of cards; robots.txt, sitemaps, the contents of the
  feed, topic pages and other pages; which articles can be found in one place only (``newsroom.Reach``); ETag and
  Last-Modified;
* all of the scripted site: the script, the button under a list, and everything below ``/parts/``.
"""

from caravan_crawler.sample_site.response import SampleResponse
from caravan_crawler.sample_site.server import SampleServer, serve
from caravan_crawler.sample_site.site import SampleSite

__all__ = ["SampleResponse", "SampleServer", "SampleSite", "serve"]
