"""A small faithful copy of caravan.kz for demos, tests and benchmarks, which needs no network.

``SampleSite`` answers addresses, of all generations or of the one it is asked for. ``serve`` puts it behind a
server on the loopback, and ``python -m caravan_crawler.sample_site`` does that from the command line. Articles are
numbered from the oldest; everything about one follows from its number and the size of the site, and
``SampleSite.gold`` gives the record that reading each article should yield. ``faults`` makes it misbehave in ways
that have names.

Known of the real site, from public copies of its pages and from other people's scrapers:

* the addresses ``/news|gazeta|sport|art/<slug>-<id>/``, with and without the final slash, ``/?p=<id>``,
  ``/amp/<section>/<slug>-<id>``, ``/crime/<slug>/`` without an id, ``/zhangalyqtar/<slug>-<id>/``,
  ``/news/page/N/``, ``/rss/``, ``/info/…``, ``/tag/…``; ids of 4 to 7 digits, out of the order of time;
* both transliterations, and what a slug drops;
* generation 3: the order of the visible text, the headline twice, the masthead's six facts and six
  bullets ``A``, ``Фото - Caravan.kz``, bare view counts, ``В тренде:`` with pairs that need not match, the
  title's `` - Караван``, the forms of ledes, the listing card ``div.BlockNewsCardImage > a``;
* generation 2: ``div.full-article__text.clear``, ``time.full-breadcrumb__time``, month and year in the
  first typed script, ``.hot-news__items > article``, ``.news_aggregator``, ``.sm-list``,
  ``Опубликовано: <number>``;
* generation 4: the address ``/<section>/<slug>/``, ``og:title``, the text in ``main p``, the moment in
  ``article:published_time``; ``/sitemap.xml`` with ``sitemapYYYYMM.xml`` and ``sitemapN.xml``; ids of 8 digits in
  older short links; ``/<section>/<slug>-<id>/amp/`` with its menu, its place and its dotted date;
* generation 1: ``div.article_text``; Kazakh edition: ``Жарияланды:`` and ``Сурет - tumba.kz``; AMP:
  ``Автор: Караван.kz`` and dashes unlike the page's;
* the printed forms of dates, the patterns of attributions, the author's line, image addresses;
* the offset of Almaty, which changed on 1 March 2024 (from the zone database).

Invented, so that nothing may be concluded from it about the real site:

* every text, person and number in it, and every headline; the trending pairs (the topics follow real ones);
* ids as a function of the article's number, and that they stay below 2,000,100; the spelling of Kazakh
  letters in slugs; that runs of spaces round a deleted dash give one hyphen;
* the Kazakh edition on the same host and with ids from the same range (really ``kaz.caravan.kz``), its
  date forms, its unlabelled view count, and the absence of an outside source;
* all other markup of generations 1, 3, 4, of the Kazakh edition and of AMP: every class name not listed
  above, and every template of ``markup_seed``; which years belong to which generation, to the day;
* of a site of generation 4 alone: which articles are where in its sitemaps, and all their dates; what of the archive
  is linked; how it answers old addresses, and that this differs by article; ids of 9 digits; slugs in Cyrillic and
  with a digit behind a headline that another article has; the pages of photos, and articles over several pages;
* that on the mixed site generation 4 is a part of the newest articles, most of them in its sitemaps alone, prints its
  headline once, groups its views (``1 234``, with a no-break space), and has headlines and slugs in
  which four words spell the number;
* ``/?p=`` redirecting for even ids and answering 200 for odd ones (really unknown);
* the metadata in ``<head>``: four profiles, one of them lying; the advert slots, scripts and styles;
* masthead and trending block on pages of generations 1 and 2, on listings and on other pages of the
  Russian edition, and their absence on Kazakh and AMP pages;
* listings beyond ``/news/`` and ``/gazeta/``, 20 cards a page, the kinds of links on cards, their
  pagination or its lack, and cards with a date under some seeds;
* robots.txt, the sitemaps, the contents of the feed, topic pages, the search page, the contacts page, the
  404 for ``/wp-sitemap.xml``; the one-pixel image that answers for every file below ``/wp-content/``;
* which articles can be found in one place only (:class:`~caravan_crawler.sample_site.plan.Reach`), and that
  the feed keeps those it alone leads to when newer ones come;
* ETag and Last-Modified, and the redirect from a wrong slug to the right one;
* all of the scripted site, in which masthead, view counts and the cards of lists come by a script: that there are
  such parts, the script, the button under a list, and everything below ``/parts/``.
"""

from caravan_crawler.sample_site.response import SampleResponse
from caravan_crawler.sample_site.server import SampleServer, serve
from caravan_crawler.sample_site.site import SampleSite

__all__ = ["SampleResponse", "SampleServer", "SampleSite", "serve"]
