"""What a shell completes in the values of options and arguments. click completes all the rest.

Each function gets the ``incomplete`` value.
"""

import click
from click.shell_completion import CompletionItem


def complete_step(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The names of steps, or their numbers once a digit is typed."""
    from chatdemo.course import outline

    is_number = incomplete.isdigit()
    values = [(str(step.number) if is_number else step.name, step) for step in outline.steps()]
    return [
        CompletionItem(value, help=step.summary)
        for value, step in values
        if value.startswith(incomplete)
    ]


def complete_layer(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """The channel layers that a project can be written for."""
    from chatdemo.course import outline

    return [layer for layer in outline.LAYERS if layer.startswith(incomplete)]


def complete_file(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Files and folders: the shell finds them."""
    return [CompletionItem(incomplete, type="file")]


def complete_folder(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Folders: the shell finds them."""
    return [CompletionItem(incomplete, type="dir")]
