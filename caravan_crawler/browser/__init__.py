"""Rendering in a real browser of pages whose values need scripts. Disabled with ``BROWSER=off``."""

#: In the ``meta`` of a request for a page that may be shown in the browser: what it is asked for as.
MAY_BE_RENDERED = "may_be_shown"
