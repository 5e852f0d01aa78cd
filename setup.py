"""Only for ``scrapyd-deploy``, which builds its egg with this file and writes a worse one where there is none.

Everything is said in pyproject.toml.
"""

from setuptools import setup

setup()
