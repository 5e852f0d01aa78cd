"""Pages rendered in Chromium because scripts add their values. Disabled with ``BROWSER=off``."""
