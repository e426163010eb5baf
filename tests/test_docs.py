"""The README, docs/, chatdemo.toml and the help name what exists, and all of it."""

import ast
import configparser
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from chatdemo import __version__
from chatdemo.chat.frames import SIGNALS
from chatdemo.chat.message_errors import ERRORS
from chatdemo.chat.transcripts.formats import FORMATS
from chatdemo.chat.urls import urlpatterns
from chatdemo.commands import cli
from chatdemo.commands.error_output import INTERRUPTED
from chatdemo.common import config
from chatdemo.common.config import SETTINGS, Config
from chatdemo.common.errors import ChatdemoError, UsageError
from chatdemo.course import outline
from chatdemo.course.checker.report import catalogue

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "chatdemo"
#: The pages for users, by path from the root.
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
    for path in [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))]
}
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
README_BYTES = 6144
#: Close codes that autobahn and Daphne send by themselves: breaches of RFC 6455, and a consumer
#: that has failed.
UPSTREAM_CLOSE_CODES = {1002, 1007, 1009, 1011}
BLOCK = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


def rows(page: str, heading: str) -> list[list[str]]:
    """The rows below the table head that starts with ``heading``, each a list of cells."""
    lines = PAGES[page].partition(f"| {heading} |")[2].partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line[1:].removesuffix("|").split("|")] for line in lines]


def table(page: str, heading: str) -> dict[str, list[str]]:
    """The same by the first cell, without its backticks."""
    return {first.strip("`"): others for first, *others in rows(page, heading)}


def inline_code(text: str) -> list[str]:
    return re.findall(r"`([^`\n]+)`", BLOCK.sub("", text))


def literals(folder: str, pattern: str) -> set[str]:
    """What ``pattern`` finds in the modules of a folder."""
    texts = (path.read_text("utf-8") for path in PACKAGE.joinpath(folder).glob("*.py"))
    return {found for text in texts for found in re.findall(pattern, text)}


def test_the_settings_page_has_every_setting_with_its_default_and_meaning():
    expected = {
        name: [f"`{toml_default(name)}`", row.metadata["help"]] for name, row in SETTINGS.items()
    }
    assert table("docs/settings.md", "setting") == expected


def toml_default(name: str) -> str:
    return "[]" if SETTINGS[name].default == () else config.example(name)


def test_chatdemo_toml_has_every_setting_at_its_default_below_its_meaning():
    text = (ROOT / "chatdemo.toml").read_text("utf-8")
    assert config.load(environ={}, file=ROOT / "chatdemo.toml") == Config()
    for name, row in SETTINGS.items():
        assert f"# {row.metadata['help']}\n{name} = {toml_default(name)}\n" in text


def test_the_settings_without_an_option_are_named():
    options = {parameter.name for parameter in cli.commands["serve"].params}
    line = re.search(r"\n\n([^|]*) have\s+no\s+option\.", PAGES["docs/settings.md"])[1]
    assert [f"`{name}`" for name in SETTINGS if name not in options] == re.findall(
        "`[a-z_]+`", line
    )


@pytest.mark.parametrize("page", PAGES)
def test_every_environment_variable_in_the_docs_is_read(page):
    known = {f"CHATDEMO_{name.upper()}" for name in SETTINGS} | config.ENV_RESERVED
    assert set(re.findall(r"\bCHATDEMO_[A-Z_]+", PAGES[page])) <= known


def test_the_commands_page_has_every_command_and_no_other():
    assert {name.split()[1] for name in table("docs/commands.md", "command")} == set(cli.commands)


def test_the_commands_page_has_every_option_with_its_default_and_meaning():
    expected = {}
    for name, command in cli.commands.items():
        for option in command.params:
            if isinstance(option, click.Option) and is_documented(option):
                names = ", ".join(f"`{one}`" for one in [*option.opts, *option.secondary_opts])
                meaning, _, default = (option.help or "").removesuffix("]").partition(" [default: ")
                row = (names, f"`{default}`" if is_setting(name, option) else default, meaning)
                expected.setdefault(row, []).append(f"`{name}`")
    found = {
        (names, default, meaning): commands.split(", ")
        for names, commands, default, meaning in rows("docs/commands.md", "option")
    }
    assert found == expected


def is_documented(option: click.Option) -> bool:
    return not option.hidden and option.opts[0] not in ("--version", "--help")


def is_setting(command: str, option: click.Option) -> bool:
    return option.name in SETTINGS and command not in ("new", "check")


def command_lines() -> Iterator[tuple[str, str]]:
    """Every command line of chatdemo's in the docs, with its page."""
    for page, text in PAGES.items():
        lines = inline_code(text)
        for language, block in BLOCK.findall(text):
            for line in block.splitlines():
                if language == "sh" or line.startswith("$ "):
                    lines += line.removeprefix("$ ").split(" && ")
        for line in lines:
            if re.match(r"(\S*/)?chatdemo( |$)", line):
                yield page, line


@pytest.mark.parametrize("page, line", list(command_lines()))
def test_every_command_line_in_the_docs_is_valid(page, line):
    name, *arguments = shlex.split(re.split(r" [|>] ", line)[0])[1:] or [""]
    if name and name != "--help":
        cli.commands[name].make_context(name, arguments)  # raises UsageError


def help_lines() -> Iterator[tuple[str, str]]:
    """Every command line in the help of a command."""
    for name, command in [("chatdemo", cli), *cli.commands.items()]:
        for line in re.findall(r"(?<!`)chatdemo [^\n`]+", command.help or ""):
            yield name, re.split(r" {2,}", line)[0]


@pytest.mark.parametrize("name, line", list(help_lines()))
def test_every_command_line_in_the_help_is_valid(name, line):
    test_every_command_line_in_the_docs_is_valid(name, line)


def test_there_are_command_lines_of_every_command():
    assert {line.split()[1] for _, line in command_lines() if " " in line} >= set(cli.commands)


@pytest.mark.parametrize("page", PAGES)
def test_every_option_in_the_docs_exists(page):
    options = {
        option
        for command in cli.commands.values()
        for parameter in command.params
        for option in [*parameter.opts, *parameter.secondary_opts]
    }
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z_-]*", PAGES[page]))
    assert named - {"--help"} <= options


def test_the_commands_page_has_every_exit_code():
    codes = [0, ChatdemoError.exit_code, UsageError.exit_code, INTERRUPTED]
    assert list(table("docs/commands.md", "exit code")) == list(map(str, codes))


def test_the_wire_contract_has_every_error_code():
    assert list(table("docs/wire-contract.md", "error")) == list(ERRORS)


def test_the_wire_contract_has_every_event():
    sent = literals("chat", r'"event": "(\w+)"') | literals("chat", r'send_page_event\(\s*"(\w+)"')
    assert set(table("docs/wire-contract.md", "event")) == sent


def test_the_wire_contract_has_every_signal():
    frames = table("docs/wire-contract.md", "signal")
    assert {re.match(r'\{"(\w+)"', frame)[1] for frame in frames} == set(SIGNALS)


def test_the_wire_contract_has_every_close_code():
    sent = set(UPSTREAM_CLOSE_CODES)
    for path in [*PACKAGE.glob("chat/*.py"), *PACKAGE.glob("realtime/**/*.py")]:
        for name, value in constants(path):
            if name.endswith("_CODE") or name in ("GOING_AWAY", "TRY_AGAIN_LATER"):
                sent.add(value)
    assert {int(code) for code in table("docs/wire-contract.md", "code")} == sent


def constants(path: Path) -> Iterator[tuple[str, object]]:
    """The names that a module gives to literals, such as ``A, B = 1, 2``."""
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.Assign):
            [target], value = node.targets, node.value
            names, values = getattr(target, "elts", [target]), getattr(value, "elts", [value])
            for name, literal in zip(names, values, strict=False):
                if isinstance(name, ast.Name) and isinstance(literal, ast.Constant):
                    yield name.id, literal.value


def test_the_pages_have_the_element_ids_of_the_wire_contract():
    text = PAGES["docs/wire-contract.md"].partition("## Pages")[2].partition("\n\n")[2]
    ids = re.findall(r"`([a-z]+(?:-[a-z]+)+)`", text.partition(" is a `<textarea>`")[0])
    html = "".join(path.read_text("utf-8") for path in PACKAGE.glob("chat/templates/chat/*.html"))
    assert len(set(ids)) == 5 and all(f'id="{id}"' in html for id in ids)


def test_the_wire_contract_has_every_page_of_the_chat():
    routes = {str(one.pattern).replace("<str:room_name>", "<room>") for one in urlpatterns}
    pages = table("docs/wire-contract.md", "address")
    assert {one.removeprefix("/chat/") for one in pages if one.startswith("/chat/")} == {
        route for route in routes if "path:" not in route
    }


def test_the_inspectors_page_has_every_key():
    script = PACKAGE.joinpath("inspector/static/inspect.js").read_text("utf-8")
    tools = re.findall(r'tool\("[^"]+", "(\w+)", "([^"]+)"|key: "(\w)", name: "([^"]+)"', script)
    keys = {(key or other): name or other_name for key, name, other, other_name in tools}
    arrows = {"ArrowLeft": "←", "ArrowRight": "→"}
    assert {arrows.get(key, key): [name] for key, name in keys.items()} == table(
        "docs/inspector.md", "key"
    )


def test_the_transcripts_page_has_every_format():
    assert list(table("docs/transcripts.md", "format")) == list(FORMATS)


@pytest.mark.parametrize("page", ["docs/teaching.md", "docs/troubleshooting.md"])
def test_every_message_that_a_page_explains_exists(page):
    source = "".join(path.read_text("utf-8") for path in PACKAGE.rglob("*.py"))
    quoted = [
        text
        for heading in re.findall(r"^\*\*(.*?)\*\*", PAGES[page], re.MULTILINE)
        for text in re.findall(r'"([^"]+)"', heading)
    ]
    assert quoted
    for text in quoted:
        for part in re.split(r"…|: |127\.0\.0\.1|8000|400 ", text):
            assert part.strip(" .") in source or part == "Bad Request", (text, part)


def test_the_output_of_check_is_as_the_docs_have_it(folder):
    CliRunner().invoke(cli, ["new", "mysite", "--step", "echo"])
    with open("mysite/mysite/urls.py", "a") as urls:
        urls.write("import x y\n")
    result = CliRunner().invoke(cli, ["check", "mysite"])
    blocks = [block for _, block in BLOCK.findall(PAGES["docs/own-project.md"])]
    assert f"$ chatdemo check mysite\n{result.output}" in blocks


def test_every_extra_that_is_named_exists():
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", "utf-8")
    changes = (ROOT / "CHANGELOG.md").read_text("utf-8")
    text = "\n".join([*PAGES.values(), CONTRIBUTING, changes])
    named = set(re.findall(r"(?:chatdemo|'\.)\[(\w+)\]", text))
    assert named >= {"test", "bench", "fast"}
    assert named <= set(setup["options.extras_require"])


def test_ci_runs_the_readmes_test_command():
    run, test = re.findall(r"```sh\n(.*)\n```", PAGES["README.md"])
    assert shlex.split(run)[-3:] == ["serve", "--port", "8000"]
    assert f"\n{test}\n" in (ROOT / ".ci" / "run").read_text("utf-8")


def test_the_readme_is_short():
    assert len(PAGES["README.md"].encode()) <= README_BYTES


def test_the_readme_names_the_pythons_that_are_tested():
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", "utf-8")
    versions = re.findall(r"Python :: (3\.\d+)", setup["metadata"]["classifiers"])
    expected = f"Python {versions[0]} or newer (tested with {versions[0]} to {versions[-1]})"
    assert expected in " ".join(PAGES["README.md"].split())


def test_the_readme_leads_to_every_page():
    links = re.findall(r"\]\((docs/[a-z-]+\.md)\)", PAGES["README.md"])
    assert {*links, "README.md"} == set(PAGES)


@pytest.mark.parametrize("page", [*PAGES, "CONTRIBUTING.md"])
def test_every_link_leads_to_a_page_a_heading_or_a_picture(page):
    text = PAGES.get(page, CONTRIBUTING)
    for target in re.findall(r"\]\((?!http)([^)]+)\)", text):
        path, _, anchor = target.partition("#")
        file = (ROOT / page).parent / path if path else ROOT / page
        assert file.is_file(), target
        assert not anchor or anchor in anchors(file), target


def anchors(file: Path) -> set[str]:
    """The anchors that GitHub makes for the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", file.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", [*PAGES, "CONTRIBUTING.md"])
def test_every_path_that_a_page_names_exists(page):
    text = PAGES.get(page, CONTRIBUTING)
    words = {word for code in inline_code(text) for word in code.split()}
    for word in words:
        if re.match(r"(chatdemo|tests|docs|benchmarks|\.ci)/[\w./-]+$", word):
            assert (ROOT / word).exists(), word


def test_the_diagram_of_the_packages_is_the_contract():
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", "utf-8")
    lines = setup["importlinter:contract:packages"]["layers"].strip().splitlines()
    packages = [line.split(" | ") for line in lines]
    diagram = re.search(r"flowchart TD\n(.*?)```", PAGES["docs/architecture.md"], re.DOTALL)[1]
    arrows = [line.strip().split(" --> ") for line in diagram.strip().splitlines()]
    drawn = [(upper.split(" & "), lower.split(" & ")) for upper, lower in arrows]
    assert drawn == list(zip(packages, packages[1:], strict=False))


def test_the_diagram_of_a_messages_path_has_each_function_of_the_list_once():
    section = PAGES["docs/architecture.md"].partition("## The path of a message")[2]
    arrows = re.findall(r"^ +\w->>\w: .*\((\d+)(?:(?:,| to) (\d+))?\)$", section, re.MULTILINE)
    drawn = [
        number for first, last in arrows for number in range(int(first), int(last or first) + 1)
    ]
    assert drawn == [int(number) for number in re.findall(r"^(\d+)\. `", section, re.MULTILINE)]


def test_the_architecture_page_has_every_folder():
    folders = {f"chatdemo/{path.parent.name}/" for path in PACKAGE.glob("*/__init__.py")}
    assert {*folders, "chatdemo/__main__.py"} == set(table("docs/architecture.md", "folder"))


def test_the_architecture_page_has_every_module_that_uses_upstream_names():
    modules = {path.name for path in PACKAGE.glob("realtime/upstream/*.py")} - {"__init__.py"}
    assert set(table("docs/architecture.md", "module")) == modules


def test_the_changelog_has_this_version():
    assert f"\n## {__version__} " in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_every_fault_that_a_check_finds_has_its_line():
    text = PAGES["docs/checks.md"]
    lines = [f"| `{id}` | `{row['step']}` | {row['title']} |" for id, row in catalogue().items()]
    assert text.endswith("| --- | --- | --- |\n" + "\n".join(lines) + "\n")


def test_the_readme_names_every_step_in_order():
    names = ", ".join(f"`{step.name}`" for step in outline.steps())
    assert f"has seven steps: {names}." in " ".join(PAGES["README.md"].split())
    assert len(outline.steps()) == 7


@pytest.mark.parametrize("name", list(cli.commands))
def test_the_help_of_a_command_shows_how_it_is_used(name):
    assert f"chatdemo {name}" in cli.commands[name].help
