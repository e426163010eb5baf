"""`chatdemo steps`, `new` and `check`: the steps of the course, written out and checked."""

from pathlib import Path
from typing import Any

import click

from chatdemo.commands.banner import WAITING, show_progress
from chatdemo.commands.completion import complete_folder, complete_layer, complete_step
from chatdemo.commands.options import version_option
from chatdemo.commands.wrapping import hanging
from chatdemo.common.file_watcher import FileWatcher

#: How `check` shows each kind of line (course/checker/report.py).
STYLES: dict[str, dict[str, Any]] = {
    "good": {"fg": "green"},
    "bad": {"fg": "red", "bold": True},
    "plain": {},
}


@click.command()
@version_option
def steps() -> None:
    """List the steps of the tutorial, one per line.

    \b
    chatdemo steps                     list the steps
    chatdemo serve --step echo         run the chat as it is at the end of a step
    chatdemo new mysite --step echo    write that project into a folder
    """
    from chatdemo.course import outline

    for step in outline.steps():
        name = click.style(f"{step.name:<8}", bold=True)
        click.echo(f"{step.number}  {name}{hanging(step.summary, len('1  index   '))}")
    click.echo("\nRead them:       chatdemo serve, then open /learn/ in the browser")
    click.echo("Run one:         chatdemo serve --step echo")
    click.echo("Write one out:   chatdemo new mysite --step echo")


@click.command(short_help="Write the tutorial's project into a folder.")
@click.argument("directory", metavar="DIR", shell_complete=complete_folder)
@click.option(
    "--step",
    metavar="NAME",
    help="The project at the end of this step. [default: the last]",
    shell_complete=complete_step,
)
@click.option(
    "--layer",
    metavar="NAME",
    default="memory",
    help="Channel layer: memory or redis. [default: memory]",
    shell_complete=complete_layer,
)
@version_option
def new(directory: str, step: str | None, layer: str) -> None:
    """Write the tutorial's project, as it is at the end of a step, into a folder.

    \b
    The whole tutorial:      chatdemo new mysite
    The end of one step:     chatdemo new mysite --step echo
    With Redis:              chatdemo new mysite --layer redis
    Into this empty folder:  chatdemo new .

    The project uses plain Django and Channels, and nothing of chatdemo. `chatdemo steps` lists the
    steps.
    """
    from chatdemo.course import new_project, outline

    chosen = outline.find_step(step) if step is not None else outline.steps()[-1]
    folder = new_project.write_project(directory, chosen, layer)
    place = "this folder" if str(folder) == "." else folder
    click.echo(f"The project at the end of step {chosen.number}, {chosen.name}, is in {place}.")
    for line in new_project.next_commands(folder, chosen, layer):
        click.echo(line)


@click.command(short_help="Check your own project, step by step.")
@click.argument("directory", metavar="[DIR]", default=".", shell_complete=complete_folder)
@click.option(
    "--step",
    metavar="NAME",
    help="Check up to this step. [default: the last one started]",
    shell_complete=complete_step,
)
@click.option("--watch", is_flag=True, help="Check again whenever a file is saved, until Ctrl-C.")
@version_option
def check(directory: str, step: str | None, watch: bool) -> int:
    """Check your own project: show which steps are done, and the first problem.

    \b
    The project in this folder:  chatdemo check
    Up to one step:              chatdemo check mysite --step groups
    While you write it:          chatdemo check mysite --watch

    DIR is the folder that contains manage.py. The project can come from `chatdemo new`, or from
    your work on the tutorial. Its code runs in a separate process, with the Python of its virtual
    environment if it has one, and needs no Redis. If Chromium, Chrome or Edge is installed, the
    project's pages run in it. The checks end after a minute at most. If all steps are done, the
    project's browser tests run too, for three minutes at most. If the browser was too slow, they
    run once more.

    The exit code is 0 if no fault is found, and 1 if one is. After Ctrl-C, --watch ends with the
    exit code of the last check.
    """
    from chatdemo.course import outline
    from chatdemo.course.checker.check_command import check_project
    from chatdemo.course.checker.report import report_lines
    from chatdemo.course.checker.source_files import source_files

    folder, target = Path(directory), outline.find_step(step) if step is not None else None
    passed = False
    try:
        watcher = FileWatcher(lambda: source_files(folder))
        while True:
            result = check_project(folder, target)
            passed = result.passes(target)
            for kind, line in report_lines(result, target):
                click.secho(line, **STYLES[kind])
            if not watch:
                break
            click.echo()
            show_progress(f"{WAITING}\n")
            watcher.wait()
    except KeyboardInterrupt:
        if not watch:
            raise click.Abort() from None
    return 0 if passed else 1
