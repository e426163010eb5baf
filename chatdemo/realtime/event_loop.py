"""The event loop that Daphne runs on: uvloop, if it is installed."""

import asyncio
import sys


def choose_event_loop() -> None:
    """Make new event loops uvloop's, if it is installed (the extra ``fast``).

    Must be called before Daphne is imported, which makes its loop then. An event loop policy is
    what uvloop offers for this, up to Python 3.13.
    """
    if sys.platform == "win32":
        # Twisted doesn't support the default event loop of Windows.
        asyncio.set_event_loop_policy(asyncio.WindowsSelectorEventLoopPolicy())
        return
    try:
        import uvloop
    except ImportError:
        return
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
