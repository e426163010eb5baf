"""An environment in which a learner's own browser tests run here too: as root, and without a request elsewhere."""

import os
from pathlib import Path

from tests.browser import find

#: Runs at the start of each Python process of the tests (docs: module site). As root, Chromium needs a flag that a
#: learner's file has no reason to have.
SITE = """\
from selenium.webdriver.chrome.options import Options

plain = Options.__init__


def with_flags(self):
    plain(self)
    for argument in {arguments!r}:
        self.add_argument(argument)


Options.__init__ = with_flags
"""


def selenium_environ(folder: Path) -> dict[str, str]:
    """The variables to add; ``folder`` gets a file that Python processes with them import."""
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(SITE.format(arguments=find.ARGUMENTS), "utf-8")
    path = [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {"PYTHONPATH": os.pathsep.join(path), "SE_OFFLINE": "true", "SE_AVOID_STATS": "true"}
