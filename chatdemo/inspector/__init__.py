"""Watches frames and channel layer traffic: ASGI middleware with a page of its own."""

from chatdemo.inspector.application import Inspector

__all__ = ["Inspector"]
