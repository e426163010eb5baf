"""Servers of the tests' projects: Daphne, and chatdemo's own."""

import re
import sys

from tests.support.served import ROOT, RUN_MODULE, Process, clean_environ

#: By name: the module that is run, and its arguments.
SERVERS = {"daphne": ["daphne", "-p", "0"], "ours": ["tests.inspector.strangers.serve"]}


class Server(Process):
    """``application`` (MODULE:NAME) on one of SERVERS, with ``environ`` added to the environment."""

    ready = "Listening"

    def __init__(self, server: str, application: str, **environ: str):
        command = [sys.executable, "-c", RUN_MODULE, *SERVERS[server], application]
        super().__init__(ROOT, command, {**clean_environ(), **environ})

    @property
    def port(self) -> int:
        """Daphne prints it after the address, and other numbers before that."""
        return int(re.search(r"Listening .*127\.0\.0\.1:(\d+)", self.output)[1])
