"""Every page's address."""

from django.urls import include, path, re_path

from chatdemo.project import views

#: All but the chat, whose place a step of the tutorial can take (project/steps.py).
around_the_chat = [
    path("", views.start, name="start"),
    path("learn/", include("chatdemo.course.urls")),
    re_path(r"^ws/", views.websocket_only),
]
urlpatterns = [path("chat/", include("chatdemo.chat.urls")), *around_the_chat]
handler400 = "chatdemo.project.views.bad_request"
handler403 = "chatdemo.project.views.forbidden"
handler404 = "chatdemo.project.views.not_found"
handler500 = "chatdemo.project.views.server_error"
