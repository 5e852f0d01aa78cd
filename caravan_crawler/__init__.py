"""Caravan Crawler: a crawler of the news portal caravan.kz.

Data flow: ``spiders`` and ``frontier`` (which page next) → ``pages`` (what a page says, as printed) → ``normalise``
(text to values, applied by ``pipelines``) → ``store`` → ``feeds``. ``export`` and ``report`` read the store.
"""

import sys

__version__ = "0.1.0"

# Every command imports this package first. Syntax in this file must stay readable for any Python 3, so that an old
# one gets this line instead of the error of the first newer name.
if sys.version_info < (3, 11):  # noqa: UP036
    sys.stderr.write("Caravan Crawler needs Python 3.11 or newer; this is %d.%d.%d\n" % sys.version_info[:3])  # noqa: UP031
    raise SystemExit(2)
