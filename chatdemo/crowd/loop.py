"""Twisted's asyncio reactor. Whatever imports anything else of Twisted imports this first."""

import asyncio
import sys

from twisted.internet import asyncioreactor

if "twisted.internet.reactor" not in sys.modules:
    # The selector's loop on Windows too, where asyncio would take another, which Twisted can't use.
    asyncioreactor.install(asyncio.SelectorEventLoop())

from twisted.internet import reactor  # noqa: E402

__all__ = ["reactor"]
