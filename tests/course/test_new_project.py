"""Writing a step out: what is in the project, what is refused, and what a failure leaves behind."""

import ast
import builtins
import errno
import os
import re
import signal
import stat
import tempfile
import threading
from pathlib import Path

import pytest

from chatdemo.common.errors import ChatdemoError, UsageError
from chatdemo.course import new_project, outline

STEPS = outline.steps()
LAST = STEPS[-1]
EVERY_STEP = pytest.mark.parametrize("step", STEPS, ids=[step.name for step in STEPS])
NAME_HINT = "Give a name of letters, digits, - and _, such as mysite."
WRITABLE_HINT = "Give a folder that you may write in, such as one in your home folder."


def tree(folder: Path) -> set[str]:
    """Every file and folder in ``folder``."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def refused(kind: type[ChatdemoError], directory, step=LAST, layer="memory") -> tuple[str, str]:
    with pytest.raises(kind) as caught:
        new_project.write_project(str(directory), step, layer)
    assert type(caught.value) is kind
    return caught.value.message, caught.value.hint


def secret_key(folder: Path) -> str:
    [value] = re.findall(
        "^SECRET_KEY = (.*)$", (folder / new_project.SETTINGS).read_text("utf-8"), re.MULTILINE
    )
    return ast.literal_eval(value)


@pytest.mark.parametrize(
    ("step", "layer"),
    [
        (step, layer)
        for step in STEPS
        for layer in outline.LAYERS
        if layer == "memory" or step.has_layer
    ],
    ids=lambda part: getattr(part, "name", part),
)
def test_the_project_is_the_steps_files_a_readme_and_its_requirements(folder, step, layer):
    assert new_project.write_project("mysite", step, layer) == Path("mysite")
    files = step.project(layer)
    assert {name for name in tree(folder / "mysite") if (folder / "mysite" / name).is_file()} == {
        *files,
        "README",
        "requirements.txt",
    }
    for path in set(files) - {new_project.SETTINGS}:
        assert (folder / "mysite" / path).read_bytes() == files[path].encode(), path
    requirements = (folder / "mysite" / "requirements.txt").read_text("utf-8")
    assert requirements.splitlines() == step.requirements(layer)


@EVERY_STEP
def test_nothing_of_us_is_in_it(folder, step):
    new_project.write_project("mysite", step)
    for path in filter(Path.is_file, folder.rglob("*")):
        assert "chatdemo" not in path.read_text("utf-8").lower(), path


def test_each_project_has_a_secret_key_of_its_own(folder):
    keys = {
        secret_key(new_project.write_project(f"mysite{number}", STEPS[0])) for number in range(3)
    }
    assert len(keys) == 3
    for key in keys:
        assert key.startswith("django-insecure-") and len(key) >= 50 + len("django-insecure-")


def test_the_secret_key_is_all_that_is_changed_in_the_settings(folder):
    folder = new_project.write_project("mysite", LAST)
    text = (folder / new_project.SETTINGS).read_text("utf-8")
    assert (
        text.replace(f'"{secret_key(folder)}"', new_project.SECRET_KEY_PLACEHOLDER)
        == LAST.project()[new_project.SETTINGS]
    )


@pytest.mark.parametrize("key", ["'", '"', "\\", "{}%s"])
def test_a_secret_key_of_any_characters_is_written_as_python(folder, monkeypatch, key):
    monkeypatch.setattr(new_project, "_secret_key", lambda: key)
    assert secret_key(new_project.write_project("mysite", STEPS[0])) == key


@EVERY_STEP
def test_the_readme_is_five_lines(folder, step):
    lines = (
        new_project.write_project("mysite", step).joinpath("README").read_text("utf-8").splitlines()
    )
    assert len(lines) == 5
    assert f"step {step.number} of 7, {step.name}" in lines[0]
    assert "python -m pip install -r requirements.txt" in lines[1] and "Redis" not in lines[1]
    assert "python manage.py migrate && python manage.py runserver" in lines[2]
    assert "http://127.0.0.1:8000/chat/" in lines[3]
    assert ("python manage.py test" if step is LAST else "python manage.py check") in lines[4]


def test_with_redis_the_readme_says_what_must_run(folder):
    readme = (
        new_project.write_project("mysite", LAST, "redis").joinpath("README").read_text("utf-8")
    )
    assert "start a Redis server on 127.0.0.1:6379" in readme and len(readme.splitlines()) == 5


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such permission")
def test_manage_py_can_be_executed_as_far_as_the_umask_lets_it(folder):
    before = os.umask(0o027)
    try:
        root = new_project.write_project("mysite", LAST)
    finally:
        os.umask(before)
    assert stat.S_IMODE((root / "manage.py").stat().st_mode) == 0o750
    assert stat.S_IMODE((root / "README").stat().st_mode) == 0o640


@pytest.mark.parametrize(
    "name",
    ["mysite", "a/b/c", "./x", "my chat", "café", "日本語", "-x", ".hidden", "com", "conx", "a..b"],
)
def test_any_folder_that_is_not_there_yet_is_made_with_its_parents(folder, name):
    assert (new_project.write_project(name, STEPS[0]) / "manage.py").is_file()
    assert (folder / name / "manage.py").is_file()


def test_the_whole_path_of_a_folder_is_fine_too(folder):
    assert (new_project.write_project(str(folder / "mysite"), STEPS[0])) == folder / "mysite"


def test_an_empty_folder_is_filled(folder):
    (folder / "mysite").mkdir()
    new_project.write_project("mysite", STEPS[0])
    assert (folder / "mysite" / "manage.py").is_file()


@pytest.mark.parametrize("name", [".", "./", "../here", "a:b"])
def test_an_empty_folder_is_filled_whatever_it_is_called(tmp_path, monkeypatch, name):
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    if name == "a:b":
        Path(name).mkdir()
    new_project.write_project(name, STEPS[0])
    assert (here / name / "manage.py").is_file()


def test_an_empty_folder_behind_a_link_is_filled(folder):
    (folder / "real").mkdir()
    (folder / "link").symlink_to("real")
    new_project.write_project("link", STEPS[0])
    assert (folder / "real" / "manage.py").is_file()


def test_a_tilde_is_the_home_folder(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))
    assert new_project.write_project("~/mysite", STEPS[0]) == folder / "mysite"


def test_the_home_of_nobody_is_refused(folder):
    assert refused(UsageError, "~nobody-of-that-name/x") == (
        "'~nobody-of-that-name/x': that home folder doesn't exist.",
        NAME_HINT,
    )
    assert tree(folder) == set()


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (["notes.txt"], "'notes.txt' in it"),
        ([".git"], "'.git' in it"),
        (["c", "a", "b"], "'a', 'b', 'c' in it"),
        (["a", "b", "c", "d", "e"], "'a', 'b', 'c' and 2 more in it"),
        (["line\nbreak"], r"'line\nbreak' in it"),
    ],
)
def test_a_folder_that_is_not_empty_is_refused_with_what_is_in_it(folder, names, shown):
    (folder / "mysite").mkdir()
    for name in names:
        (folder / "mysite" / name).touch()
    before = tree(folder)
    message, hint = refused(ChatdemoError, "mysite")
    assert message == f"The folder 'mysite' isn't empty: {shown}."
    assert hint == "Give a folder that is empty or doesn't exist yet, such as mysite-2."
    assert tree(folder) == before


def test_the_folder_that_is_offered_instead_is_free_and_can_be_typed(folder):
    (folder / "my chat" / "full").mkdir(parents=True)
    (folder / "my chat-2").touch()
    assert refused(ChatdemoError, "my chat")[1].endswith("such as 'my chat-3'.")


def test_the_current_folder_if_it_is_not_empty_is_refused_and_one_in_it_offered(folder):
    (folder / "notes.txt").touch()
    assert refused(ChatdemoError, ".") == (
        "The folder '.' isn't empty: 'notes.txt' in it.",
        "Give a folder that is empty or doesn't exist yet, such as mysite.",
    )
    (folder / "mysite").mkdir()
    assert refused(ChatdemoError, ".")[1].endswith("such as mysite-2.")
    message, hint = refused(ChatdemoError, "..")
    assert message.startswith("The folder '..' isn't empty: ") and hint.endswith(
        f"such as {Path('../mysite')}."
    )


def test_a_project_is_not_written_over_itself(folder):
    new_project.write_project("mysite", STEPS[0])
    assert refused(ChatdemoError, "mysite")[0] == (
        "The folder 'mysite' isn't empty: 'README', 'chat', 'manage.py' and 2 more in it."
    )


@pytest.mark.parametrize("name", ["file", "file/in", "file/in/it", "broken", "broken/in"])
def test_a_file_in_the_way_is_refused(folder, name):
    (folder / "file").write_text("mine", "utf-8")
    (folder / "broken").symlink_to("nowhere")
    before = tree(folder)
    culprit = name.partition("/")[0]
    assert refused(ChatdemoError, name) == (
        f"'{culprit}' exists, and isn't a folder.",
        "Give another name, or move that file away.",
    )
    assert tree(folder) == before and (folder / "file").read_text("utf-8") == "mine"


@pytest.mark.parametrize(
    "name", ["", " ", "\t", "a\0b", "a\nb", "\x1b[31mred", "a\x7f", "a\x85", "\udcff", "a\ud800/b"]
)
def test_a_name_that_is_none_is_refused(folder, name):
    assert refused(UsageError, name) == (f"{name!r} is not the name of a folder.", NAME_HINT)
    assert tree(folder) == set()


@pytest.mark.parametrize("character", '<>:"\\|?*')
def test_a_name_with_a_character_that_windows_cannot_have_is_refused(folder, character):
    name = f"my{character}chat"
    message = (
        f"{name!r} can't be a folder's name everywhere: Windows doesn't allow {character} in it."
    )
    assert refused(UsageError, f"a/{name}/b") == (message, NAME_HINT)
    assert tree(folder) == set()


@pytest.mark.parametrize(
    "name", ["con", "NUL", "Aux", "prn", "COM1", "lpt9", "com¹", "nul.txt", "con .d", "CONIN$"]
)
def test_a_name_that_windows_keeps_for_a_device_is_refused(folder, name):
    message = f"{name!r} can't be a folder's name everywhere: it is reserved by Windows."
    assert refused(UsageError, name) == (message, NAME_HINT)


@pytest.mark.parametrize("name", ["mysite.", "mysite ", "...", "nowhere/.."])
def test_a_name_that_windows_would_shorten_is_refused(folder, name):
    message = f"{name.split('/')[-1]!r} can't be a folder's name everywhere: Windows doesn't allow a space or a dot at its end."
    assert refused(UsageError, name) == (message, NAME_HINT)
    assert tree(folder) == set()


@pytest.mark.parametrize("layer", ["", "Redis", "rabbit"])
def test_an_unknown_layer_is_refused_with_those_there_are(folder, layer):
    assert refused(UsageError, "mysite", LAST, layer) == (
        f"{layer!r} is not a channel layer.",
        "The layers are: memory, redis.",
    )
    assert tree(folder) == set()


@pytest.mark.parametrize("step", STEPS[:3], ids=["index", "room", "echo"])
def test_redis_for_a_step_without_a_layer_is_refused_with_the_steps_that_have_one(folder, step):
    assert refused(UsageError, "mysite", step, "redis") == (
        f"The step '{step.name}' has no channel layer yet, so it can't use 'redis'.",
        "Leave out --layer, or use one of these steps: layer, groups, async, tests.",
    )
    assert tree(folder) == set()


@pytest.fixture
def locked():
    """A folder that this user may not write in. As root the test becomes nobody: root may write anywhere."""
    if os.name != "posix":
        pytest.skip("these are POSIX's permissions")
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o555)
        root = os.geteuid() == 0
        if root:
            os.seteuid(65534)
        try:
            yield Path(name)
        finally:
            if root:
                os.seteuid(0)
            os.chmod(name, 0o700)


@pytest.mark.parametrize("name", ["", "mysite", "a/b"])
def test_a_folder_without_permission_to_write_is_refused(locked, name):
    message, hint = refused(ChatdemoError, locked / name)
    assert re.fullmatch(rf"'{locked}\S*' can't be written: Permission denied\.", message)
    assert hint == WRITABLE_HINT
    assert list(locked.iterdir()) == []


def test_a_name_that_is_too_long_is_refused_and_its_parents_are_gone_again(folder):
    message, hint = refused(ChatdemoError, f"a/b/{'x' * 300}")
    assert message == f"'a/b/{'x' * 300}' can't be written: File name too long."
    assert hint == "Give a shorter name."
    assert tree(folder) == set()


def fail_at(monkeypatch, path: str, error: BaseException) -> None:
    """Have the file that ends with ``path`` be opened, and then raise ``error`` when it is written."""
    really_open = builtins.open

    def open_and_fail(file, *arguments, **options):
        opened = really_open(file, *arguments, **options)
        if not str(file).endswith(path):
            return opened

        class Failing:
            def __enter__(self):
                return self

            def __exit__(self, *_):
                opened.close()

            def write(self, text):
                raise error

        return Failing()

    monkeypatch.setattr(builtins, "open", open_and_fail)


FAILURES = [
    OSError(errno.ENOSPC, "No space left on device"),
    KeyboardInterrupt(),
    MemoryError(),
    SystemExit(),
]


@pytest.mark.parametrize("path", ["chat/tests.py", "mysite/asgi.py", "README", "requirements.txt"])
@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
@pytest.mark.parametrize("directory", ["mysite", "a/b/c", "empty"])
def test_a_write_that_fails_half_way_leaves_nothing_behind(
    folder, monkeypatch, path, failure, directory
):
    (folder / "empty").mkdir()
    fail_at(monkeypatch, path, failure)
    with pytest.raises(ChatdemoError if isinstance(failure, OSError) else type(failure)):
        new_project.write_project(directory, LAST)
    assert tree(folder) == {"empty"}


def test_a_full_disk_is_named(folder, monkeypatch):
    fail_at(monkeypatch, "README", FAILURES[0])
    assert refused(ChatdemoError, "mysite") == (
        "'mysite' can't be written: No space left on device.",
        "Free some space on that disk, or give a folder on another.",
    )


@pytest.mark.parametrize("kind", ["file", "link"])
def test_what_came_there_meanwhile_is_neither_overwritten_nor_followed_nor_removed(
    folder, monkeypatch, kind
):
    (folder / "theirs").write_text("theirs", "utf-8")
    really_make = new_project._make_folders

    def make_and_be_overtaken(folders, made):
        really_make(folders, made)
        if kind == "link":
            Path("mysite/README").symlink_to(folder / "theirs")
        else:
            Path("mysite/README").write_text("theirs", "utf-8")

    monkeypatch.setattr(new_project, "_make_folders", make_and_be_overtaken)
    message, hint = refused(ChatdemoError, "mysite")
    assert message == "'mysite/README' can't be written: File exists."
    assert hint == "Another program has just created that. Give another folder."
    assert tree(folder) == {"theirs", "mysite", "mysite/README"}
    assert (
        (folder / "theirs").read_text("utf-8")
        == (folder / "mysite/README").read_text("utf-8")
        == "theirs"
    )


def test_of_two_that_write_one_folder_at_once_one_succeeds_and_the_other_is_refused(folder):
    results: list[object] = []

    def write():
        start.wait()
        try:
            results.append(new_project.write_project("mysite", LAST))
        except ChatdemoError as error:
            results.append(error)

    start = threading.Barrier(2)
    threads = [threading.Thread(target=write) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(type(result).__name__ for result in results) == [
        "ChatdemoError",
        type(Path()).__name__,
    ]
    assert {*LAST.project(), "README", "requirements.txt"} <= tree(folder / "mysite")


@pytest.mark.skipif(os.name != "posix", reason="os.kill ends the process on Windows")
def test_ctrl_c_while_it_writes_leaves_nothing_behind_and_is_heard(folder, monkeypatch):
    really_fill = new_project._write_files

    def fill_and_press(*arguments):
        os.kill(os.getpid(), signal.SIGINT)
        really_fill(*arguments)

    monkeypatch.setattr(new_project, "_write_files", fill_and_press)
    # Where these tests run in the background, SIGINT is ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            new_project.write_project("a/mysite", LAST)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert tree(folder) == set()
