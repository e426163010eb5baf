"""The URLs of all pages."""

from django.urls import include, path, re_path

from chatdemo.project import views

#: All but the chat's, which a step of the tutorial can replace (step_routing.py).
other_urlpatterns = [
    path("", views.start, name="start"),
    path("learn/", include("chatdemo.course.urls")),
    re_path(r"^ws/", views.websocket_only),
]
urlpatterns = [path("chat/", include("chatdemo.chat.urls")), *other_urlpatterns]
handler400 = "chatdemo.project.views.bad_request"
handler404 = "chatdemo.project.views.not_found"
handler500 = "chatdemo.project.views.server_error"
