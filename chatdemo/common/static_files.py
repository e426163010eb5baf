"""Our pages' scripts and style sheets: an address with a hash of the content, compressed once.

The hash is in a folder's name, so that a script can import another one by its relative path, which
no build step has to rewrite. Django's ManifestStaticFilesStorage and WhiteNoise put it into each
file's name, and need `collectstatic` for that.
"""

import gzip
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from urllib.parse import quote

#: What all pages share.
FOLDER = Path(__file__).parent / "static"
#: An address's content never changes (RFC 8246).
IMMUTABLE = "public, max-age=31536000, immutable"
HASH_DIGITS = 12
#: A file that is opened as a document loads nothing. The policy for a page's scripts is the page's.
POLICY = "default-src 'none'"
#: A line of a script that is only a comment. It is sent as an empty line: comments would be a tenth
#: of a first load, and the numbers of the lines stay the same.
_COMMENT_LINE = re.compile(rb"^[ \t]*//.*$", re.MULTILINE)
#: Not from mimetypes: Windows may have others, with which browsers refuse modules.
CONTENT_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
}


def hash_of(folders: Iterable[Path]) -> str:
    """Return hexadecimal digits that depend on all names and contents below ``folders``."""
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted(path for path in folder.rglob("*") if path.suffix in CONTENT_TYPES):
            content = path.read_bytes()
            digest.update(f"{path.relative_to(folder).as_posix()} {len(content)} ".encode())
            digest.update(content)
    return digest.hexdigest()[:HASH_DIGITS]


@dataclass(frozen=True)
class StaticFile:
    """A file's type and content."""

    content_type: str
    content: bytes

    @cached_property
    def compressed(self) -> bytes:
        """The content, compressed with gzip."""
        return gzip.compress(self.content, mtime=0)

    def body(self, accept_encoding: str) -> tuple[dict[str, str], bytes]:
        """Return headers and body for a request with this Accept-Encoding header."""
        headers = {"Content-Type": self.content_type, "Vary": "Accept-Encoding"}
        body = self.content
        if accepts_gzip(accept_encoding) and len(self.compressed) < len(body):
            headers["Content-Encoding"], body = "gzip", self.compressed
        return headers | {"Content-Length": str(len(body))}, body


@cache
def read(path: Path) -> StaticFile:
    """Return a file. It is read and compressed once. Raises KeyError if its type isn't known."""
    content = path.read_bytes()
    if path.suffix == ".js":
        content = _COMMENT_LINE.sub(b"", content)
    return StaticFile(CONTENT_TYPES[path.suffix], content)


@cache
def icon() -> str:
    """Return the icon as SVG, for the header of a page."""
    return (FOLDER / "icon.svg").read_text("utf-8").strip()


@cache
def icon_address() -> str:
    """Return the icon as a data URL (RFC 2397), which needs no request.

    It stays as close to ``icon`` as an attribute in double quotes allows: a page with both is
    compressed to less.
    """
    return "data:image/svg+xml," + quote(icon(), safe=" '/:=,")


def accepts_gzip(accept_encoding: str) -> bool:
    """Whether an Accept-Encoding header allows gzip (RFC 9110, section 12.5.3)."""
    codings = (coding.partition(";") for coding in accept_encoding.lower().split(","))
    weights = [weight for name, _, weight in codings if name.strip() == "gzip"]
    return bool(weights) and not re.fullmatch(r"\s*q=0(\.0*)?\s*", weights[0])
