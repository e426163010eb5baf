"""What the README, chatdemo.toml and the help say is so, and what is so they say."""

import configparser
import re
import shlex
from pathlib import Path

import pytest

from chatdemo import __version__
from chatdemo.chat.messages import ERRORS
from chatdemo.commands import cli
from chatdemo.common import config
from chatdemo.common.config import SETTINGS, Config
from chatdemo.course import outline
from chatdemo.course.checker.faults import catalogue

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def table(heading: str) -> dict[str, list[str]]:
    """The rows below the table head that starts with ``heading``: the first cell, and the others."""
    rows = README.partition(f"| {heading} |")[2].partition("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip() for cell in row.strip("| ").split("|")] for row in rows]
    return {first.strip("`"): others for first, *others in cells}


def test_the_readme_has_every_setting_with_its_default_and_meaning():
    rows = {
        name: [f"`{toml_default(name)}`", row.metadata["help"]] for name, row in SETTINGS.items()
    }
    assert table("setting") == rows


def toml_default(name: str) -> str:
    return "[]" if SETTINGS[name].default == () else config.example(name)


def test_chatdemo_toml_has_every_setting_at_its_default_below_its_meaning():
    text = (ROOT / "chatdemo.toml").read_text("utf-8")
    assert config.load(environ={}, file=ROOT / "chatdemo.toml") == Config()
    for name, row in SETTINGS.items():
        assert f"# {row.metadata['help']}\n{name} = {toml_default(name)}\n" in text


def test_the_readme_has_every_command_and_each_that_it_has_exists():
    assert {name.split()[1] for name in table("command")} == set(cli.commands)
    for command in re.findall(r"`chatdemo (\w+)[^`\n]*`", README):
        assert command in cli.commands, command


def test_every_option_that_the_readme_has_exists():
    options = {
        option
        for command in cli.commands.values()
        for parameter in command.params
        for option in parameter.opts
    }
    ours = set(re.findall(r"(?<![\w-])--[a-z][a-z_-]*", README)) - {"--help", "--all"}
    assert ours <= options


def test_the_readme_has_every_option_of_the_crowd_with_its_default():
    options = {
        parameter.opts[0]: parameter
        for parameter in cli.commands["crowd"].params
        if parameter.opts[0][:2] == "--"
    }
    rows = {name: default for name, (default, _) in table("option").items()}
    assert rows == {
        name: str(option.default) for name, option in options.items() if name != "--version"
    }


def test_the_settings_without_an_option_are_named():
    options = {parameter.name for parameter in cli.commands["serve"].params}
    assert [f"`{name}`" for name in SETTINGS if name not in options] == re.findall(
        "`[a-z_]+`", re.search(r"\n(.*) have no option of their own", README)[1]
    )


def test_the_readme_has_every_error_code():
    assert list(table("error")) == list(ERRORS)


def test_every_extra_that_is_named_exists():
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", "utf-8")
    texts = [
        (ROOT / name).read_text("utf-8")
        for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
    ]
    named = set(re.findall(r"(?:chatdemo|'\.)\[(\w+)\]", "\n".join(texts)))
    assert named >= {"test", "bench", "fast"}
    assert named <= set(setup["options.extras_require"])


def test_ci_runs_the_readmes_test_command():
    commands = re.findall(r"```sh\n(.*)\n```", README)
    run, test = commands
    assert shlex.split(run)[-3:] == ["serve", "--port", "8000"]
    assert f"\n{test}\n" in (ROOT / ".ci" / "run").read_text("utf-8")


def test_the_readmes_links_and_pictures_exist():
    for target in re.findall(r"\]\((?!http)([^)]+)\)", README):
        assert (ROOT / target).is_file(), target


def test_the_changelog_has_this_version():
    assert f"\n## {__version__} " in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_every_fault_that_a_check_finds_has_its_line():
    text = (ROOT / "docs" / "checks.md").read_text("utf-8")
    lines = [f"| `{id}` | `{row['step']}` | {row['title']} |" for id, row in catalogue().items()]
    assert text.endswith("| --- | --- | --- |\n" + "\n".join(lines) + "\n")


def test_the_readme_names_every_step_in_order():
    names = ", ".join(f"`{step.name}`" for step in outline.steps())
    assert f"in seven steps: {names}." in README and len(outline.steps()) == 7


@pytest.mark.parametrize(
    "name", ["serve", "manage", "steps", "new", "check", "crowd", "export", "rooms", "forget"]
)
def test_the_help_of_a_command_shows_how_it_is_used(name):
    assert f"chatdemo {name}" in cli.commands[name].help
