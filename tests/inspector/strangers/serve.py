"""Serves an application with chatdemo's own server: python -m tests.inspector.strangers.serve MODULE:NAME.

It prints its address.
"""

import sys
from importlib import import_module

from chatdemo.project.listening_address import listen
from chatdemo.realtime.upstream.daphne import Server

if __name__ == "__main__":
    module, _, name = sys.argv[1].partition(":")
    application = getattr(import_module(module), name)
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        Server(application, listener, lambda: print(f"Listening at http://127.0.0.1:{port}/", flush=True)).run()
