"""Every public class, method and function has a docstring, its own or that of what it overrides."""

import inspect
import pkgutil
from importlib import import_module

import pytest

import chatdemo

#: Written out for learners as they are; Django's own layout.
WITHOUT = ("chatdemo.course.steps.", "chatdemo.chat.migrations", "chatdemo.__main__")
MODULES = [
    name
    for _, name, _ in pkgutil.walk_packages(chatdemo.__path__, "chatdemo.")
    if not name.startswith(WITHOUT)
]


def public(namespace, module):
    """The documented kinds of objects that ``namespace`` defines itself, by their public names."""
    for name, value in vars(namespace).items():
        function = getattr(value, "__func__", value)
        is_documented = inspect.isfunction(function) or inspect.isclass(function)
        if is_documented and not name.startswith("_") and function.__module__ == module:
            yield name, value


def undocumented(module):
    for name, value in public(module, module.__name__):
        if not inspect.getdoc(value):
            yield name
        for method, _ in public(value, module.__name__) if inspect.isclass(value) else ():
            if not inspect.getdoc(getattr(value, method)):
                yield f"{name}.{method}"


@pytest.mark.parametrize("name", MODULES)
def test_what_is_public_is_documented(name):
    assert list(undocumented(import_module(name))) == []
