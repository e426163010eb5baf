"""The course's pages."""

from django.http import HttpRequest, HttpResponse


def learn(request: HttpRequest) -> HttpResponse:
    return HttpResponse("learn")


def lesson(request: HttpRequest, name: str) -> HttpResponse:
    return HttpResponse(name)
