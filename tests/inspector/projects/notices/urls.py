import json

from django.http import HttpResponse, JsonResponse, StreamingHttpResponse
from django.urls import path

from tests.inspector.projects.notices.consumers import BoardConsumer, CountConsumer
from tests.inspector.projects.notices.models import Notice, Person


def register(request, name):
    Person.objects.create(name=name, key=f"key-{name}")
    response = HttpResponse(f"Welcome, {name}.")
    response.set_cookie("registered", name)
    return response


def pin(request, board):
    by = Person.objects.get(key=request.headers["X-Key"])
    notice = Notice.objects.create(board=board, by=by, **json.loads(request.body))  # hop: pinned by a page
    return JsonResponse(notice.as_json(), status=201)


def export(request, board):
    notices = Notice.objects.filter(board=board).order_by("pk")
    return StreamingHttpResponse((f"{notice.text}\n" for notice in list(notices)), content_type="text/plain")


def broken(request):
    raise ZeroDivisionError("in a view")  # hop: broken view


urlpatterns = [
    path("register/<name>/", register),
    path("boards/<board>/pin/", pin),
    path("boards/<board>/export/", export),
    path("broken/", broken),
]
websocket_urlpatterns = [path("ws/count/", CountConsumer.as_asgi()), path("ws/<board>/", BoardConsumer.as_asgi())]
