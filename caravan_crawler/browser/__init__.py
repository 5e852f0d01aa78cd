"""Rendering in a real browser of pages whose values need scripts. Disabled with ``BROWSER=off``."""
