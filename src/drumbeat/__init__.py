"""drumbeat: an annotated corpus of news pages, shipped as software."""

from importlib.metadata import version

__version__ = version("drumbeat")
