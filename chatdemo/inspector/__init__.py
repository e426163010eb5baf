"""Watches an ASGI application: its frames, its channel layers' events, and each message's journey between them."""

from chatdemo.inspector.application import Inspector

__all__ = ["Inspector"]
