"""The URLs of the chat's pages, below /chat/."""

from django.urls import path

from chatdemo.chat import views

urlpatterns = [
    path("", views.index, name="index"),
    path("<str:room_name>/", views.room, name="room"),
    path("<str:room_name>/messages/", views.older, name="older"),
    path("<str:room_name>/name/", views.name, name="name"),
    path("<str:room_name>/transcript/", views.transcript, name="transcript"),
    # A name with a slash: the room's page says why that isn't possible.
    path("<path:room_name>/", views.room),
]
