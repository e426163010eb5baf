"""The consumer for each WebSocket URL."""

from django.apps import apps
from django.urls import path, re_path

from chatdemo.chat.consumers import ChatConsumer, RefusingConsumer

rooms = apps.get_app_config("chat").rooms
websocket_urlpatterns = [
    path("ws/chat/<str:room_name>/", ChatConsumer.as_asgi(rooms=rooms)),
    re_path("", RefusingConsumer.as_asgi()),
]
