import logging

from django.contrib.auth.models import User
from django.http import HttpResponse, HttpResponseForbidden
from django.urls import path

logger = logging.getLogger("faults.views")


def raises(request):
    raise ZeroDivisionError("in a view")  # fault: view


async def raises_later(request):
    return HttpResponse(str(await User.objects.acount()))  # fault: table


def answers_500(request):
    return HttpResponse("sorry", status=503)


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
    path("forbids/", forbids),
    path("logs/", logs),
]
