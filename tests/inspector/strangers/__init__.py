"""Channels projects as strangers write them: nothing in them knows of the inspector, but for watched.py."""
