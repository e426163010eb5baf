"""How a command fails: two lines on stderr, with a list at times, and an exit code."""

import errno
import sys
from collections.abc import Sequence
from typing import Any

import click

from chatdemo.commands.colors import choose_colors
from chatdemo.commands.wrapping import listed
from chatdemo.common import config
from chatdemo.common.errors import ChatdemoError, UsageError
from chatdemo.common.stop_signals import is_interrupt

#: As a shell reports it: 128 and the number of SIGINT.
INTERRUPTED = 130


class CommandGroup(click.Group):
    """A group whose errors are two lines on stderr, what went wrong and what to do next."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        color = choose_colors()
        with click.Context(self, color=color):  # that of the errors: the command's has ended
            sys.exit(self._run(*args, **{**kwargs, "color": color, "standalone_mode": False}))

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command, whose usage errors name it."""
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            name = ctx.invoked_subcommand or ""
            if error.ctx is None and name in self.commands:  # an option without its value
                error.ctx = click.Context(self.commands[name], parent=ctx, info_name=name)
            raise

    def _run(self, *args: Any, **kwargs: Any) -> int:
        """Returns the exit code."""
        try:
            code = super().main(*args, **kwargs)
        except ChatdemoError as error:
            code = print_error(error.message, error.hint, error.exit_code, error.choices)
        except click.ClickException as error:
            code = _print_usage_error(error)
        except click.Abort:  # Ctrl-C
            code = INTERRUPTED
        except Exception as error:
            if is_interrupt(error):
                code = INTERRUPTED
            elif config.current().debug:
                raise
            else:
                code = print_error(*_explain(error))
        return code if isinstance(code, int) else 0


def print_error(message: str, hint: str, code: int = 1, choices: Sequence[str] = ()) -> int:
    """Print the two lines of an error, and the ``choices`` below them. Returns ``code``."""
    click.echo(click.style("Error: ", fg="red", bold=True) + message, err=True)
    click.echo(click.style("Next:  ", bold=True) + hint, err=True)
    if choices:
        click.echo(listed(choices, len("Next:  ")), err=True)
    return code


def _explain(error: Exception) -> tuple[str, str]:
    """The two lines for an exception that no part of chatdemo expects."""
    from chatdemo.realtime.upstream import upstream_error

    if upstream := upstream_error(error):  # a package has changed
        return upstream.message, upstream.hint
    if isinstance(error, ModuleNotFoundError):
        message = f"{error.name} isn't installed for this Python, {sys.executable}."
        return message, "Install chatdemo for this Python, as the README says, or use another one."
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return f"The disk is full: {error.strerror}.", "Free space on it, or use another disk."
    hint = "This is a bug in chatdemo: please report it. CHATDEMO_DEBUG=1 shows the traceback."
    return f"{type(error).__name__}: {error}", hint


def _print_usage_error(error: click.ClickException) -> int:
    context = getattr(error, "ctx", None)
    if isinstance(error, click.NoSuchOption) and context:  # suggest no option that --help hides
        options = context.command.params
        hidden = {name for one in options if getattr(one, "hidden", False) for name in one.opts}
        similar = [name for name in error.possibilities or () if name not in hidden]
        error = click.NoSuchOption(error.option_name, possibilities=similar, ctx=context)
    command = context.command_path if context else "chatdemo"
    hint = f"{command} --help shows how it is used."
    return print_error(error.format_message(), hint, UsageError.exit_code)
