"""chatdemo: the Django Channels chat tutorial as one command."""

__version__ = "0.1.0"
