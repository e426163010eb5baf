"""Django's autoreloader, its lazy objects, and its management commands.

- ``BaseReloader``, ``autoreload_started``, ``file_changed``: which files the autoreloader watches,
  and what a change of one does. Only the command that runs it is documented. Apps, Django's own
  too, add their files to it with its signals, which our reload of a learner's project has to send.
- ``LazyObject._wrapped``: what a lazy object, such as ``scope["user"]``, stands for.
- ``ManagementUtility.fetch_command``, ``get_commands``, ``BaseCommand.create_parser``: they print
  the errors of a command line and end the process. Nothing documented gives the errors to a caller
  and runs the commands as a command line does: ``call_command`` leaves out the system checks.
"""

import traceback
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

from django.core.management import ManagementUtility, get_commands
from django.core.management.base import BaseCommand, CommandError, CommandParser, SystemCheckError
from django.urls import get_resolver
from django.utils.autoreload import BaseReloader, autoreload_started, file_changed
from django.utils.functional import LazyObject, empty

from chatdemo.common.errors import ChatdemoError, UsageError


class WatchedFiles:
    """The files of each imported module, and those that apps add, such as templates.

    To be made once the project is loaded.
    """

    def __init__(self) -> None:
        get_resolver().urlconf_module  # noqa: B018  # imports the URLs, which may import more
        self._reloader = BaseReloader()
        autoreload_started.send(sender=self._reloader)  # apps add their files and folders

    def __iter__(self) -> Iterator[Path]:
        return iter(self._reloader.watched_files())

    def reread(self, file: Path) -> bool:
        """Return whether an app has read the changed ``file`` again: a template, but no module."""
        results = file_changed.send(sender=self._reloader, file_path=file)
        return any(result for _, result in results)


def resolved(value: Any) -> Any:
    """Return what a lazy object stands for, None if it hasn't been needed yet.

    Any other value is returned as it is.
    """
    while issubclass(type(value), LazyObject):
        value = value._wrapped
        if value is empty:
            return None
    return value


class ManagementCommands(ManagementUtility):
    """Django's management commands. Where they would print an error, a ChatdemoError is raised.

    It is a UsageError for an unknown command or argument. Failed system checks are printed, as they
    are a list.
    """

    def fetch_command(self, subcommand: str) -> BaseCommand:
        """Return the command of this name. Raises UsageError if there is none."""
        commands = get_commands()
        if subcommand not in commands:
            close = get_close_matches(subcommand, commands, n=1)
            guess = "".join(f"Did you mean {known}? " for known in close)
            hint = f"{guess}{self.prog_name} help lists the commands."
            raise UsageError(f"No such command {subcommand!r}.", hint)
        command = super().fetch_command(subcommand)
        hint = f"{self.prog_name} {subcommand} --help shows how it is used."
        _raise_errors(command, subcommand, hint)
        return command


def _raise_errors(command: BaseCommand, name: str, hint: str) -> None:
    """Have ``command`` raise the errors of its arguments, and its CommandErrors, with ``hint``."""
    create_parser, execute = command.create_parser, command.execute

    def refuse(message: str) -> NoReturn:
        raise UsageError(f"{name}: {_sentence(message)}", hint)

    def create_raising_parser(*args: Any, **kwargs: Any) -> CommandParser:
        parser = create_parser(*args, **kwargs)
        parser.error = refuse
        return parser

    def execute_raising(*args: Any, **options: Any) -> Any:
        try:
            return execute(*args, **options)
        except SystemCheckError:
            raise
        except CommandError as error:
            if options.get("traceback"):
                traceback.print_exception(error)
            failure = ChatdemoError(_sentence(str(error)), hint)
            failure.exit_code = error.returncode
            raise failure from error

    command.create_parser = create_raising_parser
    command.execute = execute_raising


def _sentence(text: str) -> str:
    """The text of an error as one line with a full stop."""
    line = " ".join(text.removeprefix("Error: ").split())
    return line if line.endswith((".", "!", "?", ":")) else f"{line}."
