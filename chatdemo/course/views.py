"""The course's pages."""

import shlex
import sys
from dataclasses import asdict
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chatdemo.common.errors import UsageError
from chatdemo.common.local_machine import is_own_browser, scope_of
from chatdemo.course import outline, step_rooms
from chatdemo.course.code_listing import UNCHANGED, listed_exercises, listed_files
from chatdemo.course.layer_console import CALLS, Answer, LayerConsole
from chatdemo.course.progress import load_progress, store_progress

#: The learner's port if the one after this server's can't be used.
DEFAULT_PORT = 8000
EXPIRED = "The server has restarted. Reload this page."
# The token is signed into the lesson's page, not read from the session: that works while the
# database is locked, and saves a query.
_signer = Signer(salt="chatdemo.course.console")
console = LayerConsole()


@require_safe
def learn(request: HttpRequest) -> HttpResponse:
    """Show the steps, the learner's progress, and how to go through them alone or with a class."""
    context = {
        "steps": outline.steps(),
        "progress": load_progress(request),
        "running": step_rooms.default_step(),
    }
    return render(request, "learn/index.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def lesson(request: HttpRequest, name: str) -> HttpResponse:
    """Show a step's lesson. A POST marks the step as done and redirects to the next one."""
    try:
        step = outline.find_step(name)
    except UsageError:
        raise Http404 from None
    if step.name != name:  # /learn/3/
        return redirect("lesson", step.name)
    progress = load_progress(request)
    if request.method == "POST":
        progress.done.add(step)
        store_progress(request, progress)
        return redirect("lesson", step.next.name) if step.next else redirect("learn")
    progress.here = step
    store_progress(request, progress)
    room = step_rooms.pinned_name(step, progress.token)
    rooms = [step_rooms.pinned_name(step, f"{one}_{progress.token}") for one in step.rooms]
    is_watched = step.journey and settings.CHATDEMO.inspect != "off"
    files = listed_files(step)
    context = {
        "step": step,
        "steps": outline.steps(),
        "progress": progress,
        "files": [file for file in files if file.state != UNCHANGED],
        "unchanged": [file for file in files if file.state == UNCHANGED],
        "exercises": listed_exercises(step),
        "redis": lambda: [file for file in listed_files(step, "redis") if file.state != UNCHANGED],
        "tabs": step.tabs or [f"/chat/{quote(room)}/"] * 2,
        "room": room,
        "rooms": rooms,
        "watch": step_rooms.watch_token([room, *rooms]) if is_watched else "",
        "port": _learners_port(int(request.META["SERVER_PORT"])),
        "script": (command := _command_path(request)),
        "activate": _activation(command),
        "visitor": _signer.sign(progress.token),
        "calls": CALLS,
    }
    return render(request, f"learn/steps/{step.name}.html", context)


@require_POST
async def layer_console(request: HttpRequest) -> JsonResponse:
    """Make one call on the channel layer. The answer has the fields of layer_console.Answer."""
    try:
        token = _signer.unsign(request.POST.get("visitor", ""))
    except BadSignature:
        return JsonResponse(asdict(Answer(error=EXPIRED)), status=400)
    return JsonResponse(asdict(await console.run(token, request.POST)))


def _learners_port(port: int) -> int:
    """A port beside ours for the learner's own project, which needs no privileges."""
    return port + 1 if 1024 <= port < 65535 else DEFAULT_PORT


def _command_path(request: HttpRequest) -> str:
    """The absolute path of the command ``chatdemo``; empty for a browser of another machine."""
    path = Path(sys.executable).with_name("chatdemo.exe" if sys.platform == "win32" else "chatdemo")
    return str(path) if path.exists() and is_own_browser(scope_of(request)) else ""


def _activation(command: str) -> str:
    """What to type to activate the virtual environment of ``command``; empty if there is none."""
    script = Path(command).with_name("activate") if command else Path()
    if not script.is_file():
        return ""
    return str(script) if sys.platform == "win32" else f"source {shlex.quote(str(script))}"
