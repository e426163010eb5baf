"""What a user installs: the wheel, and its metadata."""

import ast
import configparser
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "chatdemo"


@pytest.fixture(scope="module")
def listing(tmp_path_factory) -> set[str]:
    """The names in the wheel, built from a copy: setuptools leaves a build folder, and takes files from an old one."""
    source, wheels = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheels")
    shutil.copytree(PACKAGE, source / "chatdemo", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        wheels,
        source,
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    [wheel] = wheels.glob("chatdemo-*.whl")
    return set(zipfile.ZipFile(wheel).namelist())


def test_the_wheel_holds_every_file_of_the_package_and_nothing_else(listing):
    wanted = {str(path.relative_to(ROOT)) for path in PACKAGE.rglob("*") if path.is_file()}
    wanted = {name for name in wanted if "__pycache__" not in name}
    assert {name for name in listing if ".dist-info/" not in name} == wanted


@pytest.mark.parametrize("ending", ["py.typed", ".html", ".css", ".js", ".svg", ".sql", ".toml"])
def test_the_wheel_holds_every_kind_of_file(listing, ending):
    assert any(name.endswith(ending) for name in listing)


def test_the_wheel_has_its_licence(listing):
    assert any(name.endswith("LICENSE") for name in listing)


def requirements(section: str = "options", option: str = "install_requires") -> dict[str, str]:
    """The versions that setup.cfg wants of each package."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", "utf-8")
    lines = setup[section][option].split("\n")
    return {line.partition(">")[0]: line.partition(";")[0] for line in lines if line}


def test_every_package_that_is_imported_is_declared_and_no_other():
    # The extras "fast" and "redis"; pyOpenSSL is only hidden from Twisted.
    optional = {"uvloop", "channels_redis", "redis", "msgpack", "OpenSSL"}
    imported = set()
    for path in PACKAGE.rglob("*.py"):
        if not path.is_relative_to(PACKAGE / "course" / "steps"):
            imported |= top_level_imports(path)
    standard = set(sys.stdlib_module_names) | {"chatdemo", "__main__"}
    assert imported - standard - optional == set(requirements()) - standard


def top_level_imports(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            names.add(node.module.partition(".")[0])
    return names


def test_every_requirement_ends_at_the_next_major_version():
    by_calendar = {"twisted", "autobahn"}  # held by tests/realtime/upstream instead
    wanted = requirements() | requirements("options.extras_require", "fast")
    unbound = {name for name, line in wanted.items() if "<" not in line}
    assert unbound == by_calendar
