"""Which consumer a WebSocket's address leads to."""

from django.urls import path, re_path

from chatdemo.chat import consumers

websocket_urlpatterns = [
    path("ws/chat/<str:room_name>/", consumers.ChatConsumer.as_asgi()),
    re_path("", consumers.RefusingConsumer.as_asgi()),
]
