"""The embedded Django project: the one place that wires the chat, and what is round it, together."""
