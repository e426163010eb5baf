"""Which project a folder holds."""

from pathlib import Path

import pytest

from chatdemo.common.errors import UsageError
from chatdemo.own_project.django_project import DjangoProject, find_project


@pytest.mark.parametrize(
    "line",
    [
        'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")',
        "os.environ.setdefault(\n    'DJANGO_SETTINGS_MODULE',\n    'config.settings.local',\n)",
        "os.environ['DJANGO_SETTINGS_MODULE'] = 'config.settings.local'",
    ],
)
def test_manage_py_names_the_settings(tmp_path, line):
    (tmp_path / "manage.py").write_text(f"import os\n{line}\n", "utf-8")
    assert find_project(tmp_path, environ={}) == DjangoProject(
        tmp_path, "config.settings.local", "manage.py"
    )


def test_the_environment_overrides_manage_py(mysite):
    found = find_project(mysite, environ={"DJANGO_SETTINGS_MODULE": "mysite.local"})
    assert (found.settings, found.named_in) == (
        "mysite.local",
        "DJANGO_SETTINGS_MODULE in the environment",
    )


def test_the_folder_is_absolute_whatever_was_typed(mysite, monkeypatch):
    monkeypatch.chdir(mysite / "chat")
    assert find_project(Path(".."), environ={}).folder == mysite


def test_the_settings_file_can_be_a_package(tmp_path, mysite):
    assert find_project(mysite, environ={}).settings_file == "mysite/settings.py"
    (tmp_path / "config" / "settings").mkdir(parents=True)
    (tmp_path / "config" / "settings" / "__init__.py").touch()
    assert (
        DjangoProject(tmp_path, "config.settings", "manage.py").settings_file
        == "config/settings/__init__.py"
    )


def test_a_manage_py_that_isnt_text_is_an_error(tmp_path):
    (tmp_path / "manage.py").write_bytes(b"# caf\xe9\n")
    with pytest.raises(UsageError) as caught:
        find_project(tmp_path, environ={})
    assert caught.value.message.startswith(f"{tmp_path / 'manage.py'} can't be read: ")
    assert caught.value.hint == "Save it as UTF-8, and make sure that you may read it."
