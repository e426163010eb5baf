"""Transcripts: a room's stored messages as a file, and the commands export, rooms and forget."""
