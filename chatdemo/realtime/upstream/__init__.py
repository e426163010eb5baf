"""All use of private and undocumented names of other packages: one module for each package.

Each module says why it needs a name. It checks at import that the names are there, and a contract
test in tests/realtime/upstream checks what they mean.
"""

import re
from importlib import metadata

from chatdemo.common.errors import ChatdemoError


class UpstreamError(ChatdemoError):
    """An installed package isn't the version that chatdemo works with."""

    def __init__(self, package: str, problem: str):
        requirement = next(
            (one for one in metadata.requires("chatdemo") or () if _name(one) == package), package
        )
        super().__init__(
            f"{package} {metadata.version(package)} {problem}.",
            f"Install a version that chatdemo works with: pip install '{requirement}'",
        )


def require_names(package: str, owner: object, *names: str) -> None:
    """Check that a class or module of ``package`` has these attributes. Raises UpstreamError."""
    for name in names:
        if not hasattr(owner, name):
            where = getattr(owner, "__name__", owner)
            raise UpstreamError(package, f"has no {where}.{name}, which chatdemo uses")


def _name(requirement: str) -> str:
    """Return the package that a requirement (PEP 508) names."""
    return re.split(r"[^\w.-]", requirement, maxsplit=1)[0].lower()
