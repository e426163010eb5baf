"""Transcripts: a room's stored messages as a file."""
