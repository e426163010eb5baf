"""Every page's address."""

from django.urls import include, path, re_path

from chatdemo.project import views

urlpatterns = [
    path("", views.start, name="start"),
    path("chat/", include("chatdemo.chat.urls")),
    re_path(r"^ws/", views.websocket_only),
]
handler400 = "chatdemo.project.views.bad_request"
handler403 = "chatdemo.project.views.forbidden"
handler404 = "chatdemo.project.views.not_found"
handler500 = "chatdemo.project.views.server_error"
