"""Runs the learner's pages in a headless browser, and returns what happened in them.

``server`` serves the project together with a page of ours (driver.js), which opens the learner's
pages in frames, types into them, and reports. In each of them observer.js runs first. ``browser``
only opens the address of our page: it needs no driver and no client library.
"""
