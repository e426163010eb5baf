"""All use of private and undocumented names of other packages: one module for each package.

Each module says why it needs a name. It checks at import that the names are there, and a contract
test in tests/realtime/upstream checks what they mean.
"""

import re
from types import ModuleType

from chatdemo.common.errors import ChatdemoError

PACKAGES = ("asgiref", "autobahn", "channels", "click", "daphne", "django", "pygments", "twisted")
#: For packages that number by the calendar, the newest version with which the contract tests pass.
NEWEST_TESTED = {"autobahn": "26.10.2", "twisted": "26.10.0"}


class UpstreamError(ChatdemoError):
    """An installed package isn't a version that chatdemo works with."""

    def __init__(self, package: str, problem: str):
        from importlib.metadata import version  # slow to import, and seldom needed

        requirement = _requirements().get(package, package)
        if package in NEWEST_TESTED:
            separator = "," if requirement != package else ""
            requirement += f"{separator}<={NEWEST_TESTED[package]}"
        super().__init__(
            f"{package} {version(package)} {problem}.",
            f"Install a version that chatdemo works with: pip install '{requirement}'",
        )


def require_names(package: str, owner: object, *names: str) -> None:
    """Check that a class or module of ``package`` has these attributes. Raises UpstreamError."""
    for name in names:
        if not hasattr(owner, name):
            where = getattr(owner, "__name__", owner)
            raise UpstreamError(package, f"has no {where}.{name}, which chatdemo uses")


def upstream_error(error: BaseException) -> UpstreamError | None:
    """Return the error for an ImportError or AttributeError about a name of one of PACKAGES.

    It is None for any other, and for a package that isn't installed.
    """
    module = ""
    if isinstance(error, ImportError) and error.name not in PACKAGES:
        module = error.name or ""
    elif isinstance(error, AttributeError) and isinstance(error.obj, ModuleType):
        module = error.obj.__name__
    elif isinstance(error, AttributeError) and isinstance(error.obj, type):
        module = error.obj.__module__
    package = module.partition(".")[0]
    if package not in PACKAGES:
        return None
    text = str(error).partition(" (")[0]  # without the path of the module
    return UpstreamError(package, f"doesn't work with chatdemo: {text}")


def _requirements() -> dict[str, str]:
    """chatdemo's requirements (PEP 508) by package."""
    from importlib.metadata import requires

    lines = [line.partition(";")[0].strip() for line in requires("chatdemo") or ()]
    return {re.split(r"[^\w.-]", line, maxsplit=1)[0].lower(): line for line in lines}
