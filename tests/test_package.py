"""What a user installs: the wheel, and its metadata."""

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


@pytest.mark.parametrize("ending", [".html", ".css", ".js", ".svg", ".sql", ".toml"])
def test_the_wheel_holds_every_kind_of_file(listing, ending):
    assert any(name.endswith(ending) for name in listing)


def test_the_wheel_has_its_licence(listing):
    assert any(name.endswith("LICENSE") for name in listing)


def test_the_runtime_needs_what_the_design_names_and_nothing_else():
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", "utf-8")
    needed = {
        line.partition(">")[0] for line in setup["options"]["install_requires"].split("\n") if line
    }
    assert needed == {"django", "channels", "daphne", "click", "pygments", "tomli"}
