"""Each project by its name, with the inspector round it: `daphne tests.inspector.strangers.watched:multichat`."""

from importlib import import_module

from chatdemo.inspector import Inspector


def __getattr__(name):
    try:
        return Inspector(import_module(f"tests.inspector.strangers.{name}").application)
    except ModuleNotFoundError:
        raise AttributeError(name) from None
