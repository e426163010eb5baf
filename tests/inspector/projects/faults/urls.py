import logging

from django.contrib.auth.models import User
from django.http import HttpResponse, HttpResponseForbidden
from django.urls import path
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

logger = logging.getLogger("faults.views")


def raises(request):
    raise ZeroDivisionError("in a view")  # fault: view


async def raises_later(request):
    return HttpResponse(str(await User.objects.acount()))  # fault: table


def answers_500(request):  # fault: answers
    return HttpResponse("sorry", status=503)


class Busy(View):
    async def get(self, request, number):  # fault: answers in a class
        return HttpResponse("sorry", status=502)


@require_GET
@never_cache
def decorated(request):  # fault: decorated view
    return HttpResponse("sorry", status=500)


def forbids(request):
    return HttpResponseForbidden()


def logs(request):
    try:
        return {}["nothing"]  # fault: logged
    except KeyError:
        logger.exception("couldn't answer")
    return HttpResponse("never mind")


urlpatterns = [
    path("raises/", raises),
    path("raises_later/", raises_later),
    path("answers_500/", answers_500),
    path("busy/<int:number>/", Busy.as_view()),
    path("decorated/", decorated),
    path("forbids/", forbids),
    path("logs/", logs),
]


def answer_for_maintenance(get_response):
    """Middleware that answers some paths itself."""

    def middleware(request):
        if request.path.startswith("/maintenance/"):
            return HttpResponse("closed", status=503)
        return get_response(request)

    return middleware
