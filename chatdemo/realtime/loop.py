"""The event loop that Daphne runs on: uvloop, where it is installed."""

import asyncio
import sys


def choose() -> None:
    """Have event loops made by uvloop from now on, if it is there (the extra ``fast``).

    Daphne makes its loop while it is imported, so this must come before. asyncio's policy is what uvloop offers for it,
    up to Python 3.13.
    """
    if sys.platform == "win32":
        # Twisted can't use the loop that is the default there.
        asyncio.set_event_loop_policy(asyncio.WindowsSelectorEventLoopPolicy())
        return
    try:
        import uvloop
    except ImportError:
        return
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
