"""A process that has imported Django, Channels and the checks once, and forks for each project that it checks.

Run as a script, it reads jobs from its standard input, a JSON line each, and answers with the exit code of the fork.
A fork lives as the process of `chatdemo check` does: its own session, folder, environment and output.
"""

import gc
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from importlib import import_module
from pathlib import Path

#: Answers come within milliseconds; a busy machine may stop a process for some hundred.
REPLY_SECONDS, STUCK_SECONDS = 1.0, 2.0
LIMIT_SECONDS = 60.0
#: What a project that the course writes imports, as far as that needs no settings.
IMPORTED = (
    "channels.auth",
    "channels.generic.websocket",
    "channels.routing",
    "channels.security.websocket",
    "daphne.apps",
    "daphne.server",
    "django.contrib.admin",
    "django.contrib.auth.apps",
    "django.contrib.contenttypes.apps",
    "django.contrib.messages.apps",
    "django.contrib.messages.middleware",
    "django.contrib.messages.storage.fallback",
    "django.contrib.sessions.apps",
    "django.contrib.sessions.backends.db",
    "django.contrib.sessions.middleware",
    "django.contrib.staticfiles.apps",
    "django.contrib.staticfiles.handlers",
    "django.core.asgi",
    "django.core.cache.backends.locmem",
    "django.core.handlers.asgi",
    "django.core.management.commands.makemigrations",
    "django.core.management.commands.migrate",
    "django.db.backends.sqlite3.base",
    "django.middleware.clickjacking",
    "django.middleware.common",
    "django.middleware.csrf",
    "django.middleware.security",
    "django.template.backends.django",
    "django.template.loaders.app_directories",
    "django.template.loaders.cached",
    "django.templatetags.cache",
    "django.templatetags.l10n",
    "django.templatetags.tz",
    "django.test.testcases",
    "django.views.csrf",
)


class WarmChecker:
    """The process. ``run`` replaces check_command.run_checks; leaving the block ends it."""

    def __enter__(self) -> "WarmChecker":
        environ = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
        environ.pop("DJANGO_SETTINGS_MODULE", None)
        self.process = subprocess.Popen(
            [sys.executable, __file__],
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_) -> None:
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

    def run(self, python, folder: Path, results: Path, output: Path, browser) -> int | None:
        job = [str(folder), str(results), str(output), browser]
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


def serve() -> None:
    for module in IMPORTED:
        import_module(module)
    from chatdemo.course import outline
    from chatdemo.course.checker.child_process import main
    from chatdemo.course.checker.project import Timeouts
    from chatdemo.course.checker.report import catalogue

    outline.steps()  # parsed once, for all forks
    catalogue()

    gc.freeze()  # the checks collect garbage several times, and need not look at these modules
    for line in sys.stdin:
        *paths, browser = json.loads(line)
        folder, results, output = map(Path, paths)
        pid = os.fork()
        if pid == 0:
            become_a_child(results.parent, output)
            main(folder, results, browser, Timeouts(REPLY_SECONDS, STUCK_SECONDS))
        print(json.dumps(wait(pid)), flush=True)


def become_a_child(folder: Path, output: Path) -> None:
    """Do what starting a process for the checks does, without the imports."""
    os.setsid()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for stream in (1, 2):
        os.dup2(os.open(output, os.O_CREAT | os.O_WRONLY | os.O_APPEND), stream)
    sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w", 1), os.fdopen(2, "w", 1)
    os.chdir(folder)
    sys.path[0] = str(folder)


def wait(pid: int) -> int | None:
    deadline = time.monotonic() + LIMIT_SECONDS
    while not (ended := os.waitpid(pid, os.WNOHANG))[0] and time.monotonic() < deadline:
        time.sleep(0.01)
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    if not ended[0]:
        os.waitpid(pid, 0)
        return None
    return os.waitstatus_to_exitcode(ended[1])


if __name__ == "__main__":
    serve()
