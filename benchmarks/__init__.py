"""Measures chatdemo against other servers, and against itself."""
