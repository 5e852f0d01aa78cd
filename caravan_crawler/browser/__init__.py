"""Pages rendered in Chromium because scripts add their values. Disabled with ``BROWSER=off``."""

#: Request ``meta`` key of a page that may be rendered; its value is the expected kind of page.
MAY_BE_RENDERED = "may_be_shown"
