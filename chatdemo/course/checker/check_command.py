"""`chatdemo check`: runs the checks, and the learner's browser tests, in processes with a time
limit.
"""

import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path

from chatdemo.common.errors import UsageError
from chatdemo.course import outline
from chatdemo.course.checker.page_run.browser import find_browser
from chatdemo.course.checker.project_python import ProjectPython, find_python, missing_packages
from chatdemo.course.checker.report import REDIS_MISSING, CheckResult, Fault, Finding
from chatdemo.course.checker.source_files import Sources, settings_module_in, suggestion

#: For all checks, and for the project's own tests.
CHECKS_SECONDS, TESTS_SECONDS = 60.0, 180.0
#: What is appended to the settings, so that the browser tests have keys of their own in Redis.
OWN_KEYS = """
for _layer in globals().get("CHANNEL_LAYERS", {{}}).values():
    if _layer.get("BACKEND", "").startswith("channels_redis."):
        _layer["CONFIG"] = {{**_layer.get("CONFIG", {{}}), "prefix": "{prefix}"}}
"""

#: In a project without any of them, there are no tests to run.
WEBSOCKET_TESTS = "LiveServerTestCase|WebsocketCommunicator"
TESTS_HINT = "Run `{command}` and read its output"
#: Files that may configure pytest-django.
PYTEST_FILES = ("pytest.ini", "pyproject.toml", "setup.cfg", "tox.ini")
#: A line of the project's in a traceback, as unittest and pytest write it.
TEST_LINE = r"""^(?: *File ")?([^\s"]+\.py)(?:", line |:)(\d+)"""
#: Selenium's exceptions if no browser starts.
NO_BROWSER = re.compile(r"(SessionNotCreated|NoSuchDriver)Exception: Message: (.*)")


def check_project(folder: Path, target: outline.Step | None = None) -> CheckResult:
    """Check the project in ``folder`` up to ``target``.

    Raises UsageError if the folder doesn't exist.
    """
    if not folder.is_dir():
        hint = "Give the folder of a project, the one that manage.py is in."
        raise UsageError(f"{folder} is not a folder.", hint)
    folder = folder.resolve()
    python, last = find_python(folder), outline.steps()[-1]
    with ExitStack() as stack:
        # What ends with the browser may still write to its files.
        temporary = tempfile.TemporaryDirectory(
            prefix="chatdemo-check-", ignore_cleanup_errors=True
        )
        scratch = Path(stack.enter_context(temporary))
        results, output = scratch / "results", scratch / "output"
        results.touch()
        tests = None
        if target in (None, last) and _mentions(folder, WEBSOCKET_TESTS):
            tests = stack.enter_context(OwnTests(folder, python, scratch / "tests"))
        code = run_checks(python, folder, results, output, find_browser())
        result = _read_results(results.read_text("utf-8"), code, output)
        if tests and last.name in result.done:
            found: Fault | str = "they need the Redis server of CHANNEL_LAYERS."
            lacks_redis = any(note.startswith(REDIS_MISSING) for note in result.notes)
            if not lacks_redis or tests.have_passed:
                found = tests.result()
            if isinstance(found, Fault):
                result.fault = found.finding()
                result.done.remove(last.name)
            else:
                result.why_no_tests = found
    if python.note:
        result.notes.insert(0, python.note)
    return result


def _mentions(folder: Path, pattern: str, *files: str) -> bool:
    """Whether one of these files, by default each Python file, matches the regular expression."""
    sources = Sources(folder)
    lines = (line for file in files or sources.python for line in sources.lines(file))
    return any(re.search(pattern, line) for line in lines)


def run_checks(
    python: ProjectPython, folder: Path, results: Path, output: Path, browser: str | None
) -> int | None:
    """Run child_process.py. Returns its exit code, or None if it took too long."""
    command = python.module_command("chatdemo.course.checker.child_process")
    command += [str(folder), str(results), browser or ""]
    with LearnerProcess(command, results.parent, output) as process:
        return process.wait(CHECKS_SECONDS)


def _read_results(results: str, code: int | None, output: Path) -> CheckResult:
    *lines, _ = results.split("\n")  # without a last line that the end of the process has cut off
    values = json.loads(lines[-1]) if lines else {}
    fault = values.pop("fault", None)
    result = CheckResult(**values, fault=fault and Finding(**fault))
    if not result.is_whole:
        result.fault, result.begun = _ended_early(code, output), outline.steps()[-1].name
    return result


def _ended_early(code: int | None, output: Path) -> Finding:
    if code is None:
        return Fault("C004", line="it was ended", doing="the project's code").finding()
    lines = output.read_text("utf-8", "replace").strip().splitlines()
    last = f"its last line was: {lines[-1][:200]}" if lines else "it printed nothing"
    return Fault("C010", seen=f"exit code {code}; {last}").finding()


class LearnerProcess:
    """A command that runs the learner's code, until the block is left.

    It has nothing to read, prints to the file ``output``, and leaves no bytecode. What it started
    is killed with it.
    """

    def __init__(self, command: list[str], folder: Path, output: Path):
        environ = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
        environ.pop("DJANGO_SETTINGS_MODULE", None)
        with output.open("wb") as file:
            self.child = subprocess.Popen(
                command,
                cwd=folder,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                start_new_session=True,
            )

    def __enter__(self) -> "LearnerProcess":
        return self

    def wait(self, seconds: float) -> int | None:
        """Return the exit code, or None if the command takes too long."""
        try:
            return self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def __exit__(self, *_: object) -> None:
        if hasattr(os, "killpg"):
            with suppress(ProcessLookupError):
                os.killpg(self.child.pid, signal.SIGKILL)
        else:
            self.child.kill()
        self.child.wait()


class OwnTests:
    """The project's own tests, on a copy in ``scratch``, as they create and delete a database.

    They run beside the checks, which leave a computer with several cores time for them.
    """

    def __init__(self, folder: Path, python: ProjectPython, scratch: Path):
        packages = ["selenium"] if _mentions(folder, "selenium") else []
        is_pytest = _mentions(folder, "DJANGO_SETTINGS_MODULE", *PYTEST_FILES)
        packages += ["pytest", "pytest_django"] if is_pytest else []
        path = python.path if python.has(*packages) else sys.executable
        self.why_not = ""
        for missing in missing_packages(path, *packages):
            install = f"{python.path} -m pip install {missing.replace('_', '-')}"
            self.why_not = f"{missing} isn't installed. Install it: {install}"
        if "selenium" in packages and not self.why_not and not shutil.which("chromedriver"):
            self.why_not = "chromedriver isn't on the PATH."
        arguments = ["-m", "pytest"] if is_pytest else ["manage.py", "test"]
        self.command = [path, *arguments, *([] if is_pytest else ["--noinput"])]
        self.name = " ".join(["python", *arguments])
        self.folder, self.copy = folder, scratch / (folder.name or "project")
        self.output = scratch / "output"
        self.process: LearnerProcess | None = None

    def __enter__(self) -> "OwnTests":
        if not self.why_not and (self.folder / "manage.py").is_file():
            shutil.copytree(self.folder, self.copy, ignore=_excluded)
            _separate_redis_keys(self.copy)
            self.process = LearnerProcess(self.command, self.copy, self.output)
        return self

    def __exit__(self, *error: object) -> None:
        if self.process:
            self.process.__exit__(*error)

    @property
    def have_passed(self) -> bool:
        """Whether they have ended already, without a failure."""
        return self.process is not None and self.process.child.poll() == 0

    def result(self) -> Fault | str:
        """Return the fault that they show, or why they can't run here; "" if they pass."""
        if not self.process:
            return self.why_not
        code = self.process.wait(TESTS_SECONDS)
        if code and "TimeoutException" in self._printed():
            # A browser on a busy machine may be late once.
            with LearnerProcess(self.command, self.copy, self.output) as process:
                code = process.wait(TESTS_SECONDS)
        if code is None:
            error = f"they don't end within {TESTS_SECONDS:.0f} s"
            return Fault("C703", error=error, why="", fix=TESTS_HINT.format(command=self.name))
        return _read_test_output(self.copy, code, self._printed(), self.name)

    def _printed(self) -> str:
        return self.output.read_text("utf-8", "replace")


def _separate_redis_keys(copy: Path) -> None:
    """Give the copy's layer keys of its own: students may share a Redis server."""
    manage = (copy / "manage.py").read_text("utf-8")
    settings = copy / f"{(settings_module_in(manage) or '').replace('.', '/')}.py"
    if settings.is_file():
        with open(settings, "a", encoding="utf-8") as file:
            file.write(OWN_KEYS.format(prefix=f"check-{secrets.token_hex(8)}"))


def _excluded(folder: str, names: list[str]) -> list[str]:
    paths = (Path(folder, name) for name in names)
    return [path.name for path in paths if path.is_dir() and not Sources.is_included(path)]


def _read_test_output(copy: Path, code: int, output: str, command: str) -> Fault | str:
    """The fault that the output of ``command`` shows, or why no browser has started.

    The tests that need no browser are judged all the same.
    """
    failed = re.split(r"^={70}$", output, flags=re.MULTILINE)[1:]
    no_browser = [found for text in failed if (found := NO_BROWSER.search(text))]
    if no_browser and len(no_browser) == len(failed):
        reason = re.split(r"[.;] ", no_browser[0][2])[0].rstrip(".")
        return f"the browser doesn't start ({reason}).{_root_hint()}"
    printed = output
    output = "".join(text for text in failed if not NO_BROWSER.search(text)) or output
    if re.search(r"^Ran 0 tests|NO TESTS RAN|no tests ran", output, re.MULTILINE):
        return Fault("C701", seen=f"`{command}` finds no test")
    if code == 0:
        return ""
    sources, place = Sources(copy.resolve()), None
    for file, line in re.findall(TEST_LINE, output, re.MULTILINE):
        place = sources.place(copy / file, int(line)) or place
    pattern = r"^(?:E +)?(\w[\w.]*(?:Error|Exception|ImproperlyConfigured)\b.*)$"
    errors = re.findall(pattern, output, re.MULTILINE)
    errors = errors or re.findall(r"^E +(.+)$", output, re.MULTILINE) or output.splitlines()
    facts = {
        "error": errors[-1][:300] if errors else "no output",
        "why": "",
        "fix": TESTS_HINT.format(command=command),
    }
    for id in re.findall(r'NoSuchElementException.*\[id="(.+?)"\]', output):
        pages = " ".join(map(sources.read, sources.templates))
        near = suggestion(id, re.findall(r"""\bid\s*=\s*['"]?([\w-]+)""", pages), "{!r}")
        known = {"why": f". The pages have {near}", "fix": f"Write {near} there"}
        return Fault("C703", place, **facts | (known if near else {}))
    for name in re.findall(r"coroutine '(?:\w+\.)*(\w+)' was never awaited", printed):
        for test in sources.unawaited(name, place.file if place else ""):
            facts["why"] = f". await is missing before {name}() at {test}"
            return Fault("C703", test, **{**facts, "fix": "Write await before it"})
    return Fault("C703", place, **facts)


def _root_hint() -> str:
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return ""
    return (
        " Chromium and Chrome don't start as root without an option: run chatdemo check as another"
        ' user, or call options.add_argument("--no-sandbox") in the tests.'
    )
