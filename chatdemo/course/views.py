"""The course's pages."""

from dataclasses import asdict
from urllib.parse import quote

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from chatdemo.common.errors import UsageError
from chatdemo.course import code, console, course, pins, progress, terminal, watching

# In the lesson's page rather than the session: it holds while the database is locked, and costs no look into it.
_signer = Signer(salt="chatdemo.course.console")
EXPIRED = "This page is of an earlier start of the server. Load it again."


@require_safe
def learn(request: HttpRequest) -> HttpResponse:
    """The steps, how far the visitor is, and how to go through them alone or with a class."""
    running = course.find(settings.CHATDEMO.step) if settings.CHATDEMO.step else None
    context = {"steps": course.steps(), "progress": progress.read(request), "running": running}
    return render(request, "learn/index.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def lesson(request: HttpRequest, name: str) -> HttpResponse:
    """A step's lesson. A POST says that the visitor has done the step, and leads on."""
    step = _find(name)
    if step.name != name:  # /learn/3/
        return redirect("lesson", step.name)
    return _done(request, step) if request.method == "POST" else _show(request, step)


@require_POST
async def layer_console(request: HttpRequest) -> JsonResponse:
    """One call on the channel layer, as console.run describes it. The answer has the fields of console.Answer."""
    try:
        token = _signer.unsign(request.POST.get("visitor", ""))
    except BadSignature:
        return JsonResponse(asdict(console.Answer(error=EXPIRED)), status=400)
    return JsonResponse(asdict(await console.run(token, request.POST)))


def _find(name: str) -> course.Step:
    try:
        return course.find(name)
    except UsageError:
        raise Http404 from None


def _done(request: HttpRequest, step: course.Step) -> HttpResponse:
    visitor = progress.read(request)
    visitor.done.add(step)
    progress.write(request, visitor)
    return redirect("lesson", step.next.name) if step.next else redirect("learn")


def _show(request: HttpRequest, step: course.Step) -> HttpResponse:
    visitor = progress.read(request)
    visitor.here = step
    progress.write(request, visitor)
    room = pins.pin(step, visitor.token)
    context = {
        "step": step,
        "steps": course.steps(),
        "progress": visitor,
        "files": [file for file in code.files(step) if file.state != code.UNCHANGED],
        "unchanged": [file for file in code.files(step) if file.state == code.UNCHANGED],
        "redis": lambda: [
            file for file in code.files(step, "redis") if file.state != code.UNCHANGED
        ],
        "tabs": step.tabs or [f"/chat/{quote(room)}/"] * 2,
        "watch": "" if step.tabs or settings.CHATDEMO.inspect == "off" else watching.sign(room),
        "port": terminal.beside(int(request.META["SERVER_PORT"])),
        "script": terminal.script(request),
        "visitor": _signer.sign(visitor.token),
        "calls": console.CALLS,
    }
    return render(request, f"learn/steps/{step.name}.html", context)
