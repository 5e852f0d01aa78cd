"""Pages shown in a real browser, where their values come only by scripts. ``BROWSER=off`` does without all of it."""

#: In the ``meta`` of a request for a page that may be shown in the browser: what it is asked for as.
MAY_BE_RENDERED = "may_be_shown"
