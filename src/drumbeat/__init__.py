"""drumbeat: an annotated corpus of news pages, shipped as software."""

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from drumbeat.verification import verify as verify

__version__ = version("drumbeat")


def __getattr__(name: str) -> Any:
    """`verify`, imported when it is first asked for, so that `import drumbeat` stays light."""
    if name == "verify":
        return import_module("drumbeat.verification").verify
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
